"""The orders for after a discharge, against kidney function and the drugs begun in the stay."""

from collections.abc import Iterator

from cds_hooks.clinical.orders.discharge_list import DOSES, LASTING, STAY, findings
from cds_hooks.clinical.orders.inputs import INPUTS, THRESHOLDS, USES
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from predictors.predictor import NotAssessed


@service(
    "discharge-medication",
    hook="encounter-discharge",
    title="Discharge medication",
    usage_requirements=(
        "Adults only. Needs the medication list with the orders for after the discharge, told by "
        "the category discharge, and the Encounter of the stay. It looks at kidney function and "
        "potassium by the published table of rules on orders, and is no interaction checker."
    ),
    uses=USES,
    also=(*INPUTS, *(each for each in (*LASTING, STAY) if each not in INPUTS)),
    acute=True,
    thresholds=tuple(key for key in THRESHOLDS if key in DOSES),
    rules=DOSES,
    purpose="treatment",
)
def discharge_medication(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Looks at doses of the discharge list, and for drugs of the stay that are missing from it."""
    yield from findings(patient)
