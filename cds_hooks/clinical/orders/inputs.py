"""What the rules on orders read of a chart."""

from cds_hooks.clinical.end_of_life import COMFORT
from cds_hooks.clinical.orders.rule_table import LISTED, RULES
from predictors.predictor import Input

MEASURED: tuple[Input, ...] = ()
"""The measured facts that checks read."""

INPUTS: tuple[str | Input, ...] = (*LISTED, COMFORT, *MEASURED)
"""Everything that the service declares."""

THRESHOLDS = tuple(key for key, rule in RULES.items() if rule.limit)
"""The keys of what a site may set."""
