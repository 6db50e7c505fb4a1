"""Draft orders against the chart and against each other: few rules, severe and of this patient."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.checks import findings
from cds_hooks.clinical.orders.inputs import INPUTS, THRESHOLDS, USES
from cds_hooks.clinical.orders.rule_table import RULES
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import answering, service
from predictors.predictor import NotAssessed


@service(
    "medication-safety",
    hook="order-sign",
    title="Medication safety",
    usage_requirements=(
        "Adults only. Needs the draft orders and the medication list. This is no complete "
        "interaction checker: it looks for the rules of its published table and for no others."
    ),
    uses=USES,
    also=INPUTS,
    acute=True,
    thresholds=THRESHOLDS,
    rules=tuple(RULES),
    purpose="treatment",
)
def medication_safety(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Looks in draft orders for severe, tabled dangers to this patient; no interaction checker."""
    yield from findings(patient)


# One declaration, two services: asked while orders are chosen, and again when they are signed.
medication_safety_select = answering(
    medication_safety, "order-select", id="medication-safety-select"
)
