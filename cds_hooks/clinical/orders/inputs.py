"""What the rules on orders read of a chart."""

from cds_hooks.clinical.orders.rule_table import LISTED, RULES
from predictors.predictor import Input, Kind

MEASURED = (
    Input("sex", Kind.SEX),
    Input("potassium", Kind.VALUE, "mmol/L"),
    Input("inr", Kind.VALUE, "{INR}", window="acute"),
    Input("allergies", Kind.ALLERGY),
)
"""The facts that checks read beside conditions and drug classes."""

INPUTS: tuple[str | Input, ...] = (*dict.fromkeys((*LISTED, "pregnancy")), *MEASURED)
"""Everything that the service declares."""

THRESHOLDS = tuple(key for key, rule in RULES.items() if rule.limit)
"""The keys of what a site may set."""
