"""The conditions that the rules on laboratory results read beside the results."""

from cds_hooks.clinical.lab_rules import RULES

STABLE = tuple(dict.fromkeys(each for limit in RULES.limits.values() for each in limit.stable_with))
"""Under which a known and unchanged result is quiet."""

CONDITIONS = tuple(
    dict.fromkeys(
        (*STABLE, "dialysis", "aki", "abnormal_ecg", "comfort_measures", "infection_suspected")
    )
)
