"""Results that are open when a patient leaves: critical, not repeated since, or not there yet."""

from collections.abc import Iterator

from cds_hooks.clinical.critical_results import critical_results
from cds_hooks.clinical.kidney_injury import CREATININE
from cds_hooks.clinical.lab_cards import critical_finding
from cds_hooks.clinical.lab_changes import acute_kidney_injury
from cds_hooks.clinical.lab_inputs import CONDITIONS
from cds_hooks.clinical.lab_rules import RESULTS, RULES
from cds_hooks.clinical.pending_results import pending
from cds_hooks.clinical.potassium import DRUGS
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from predictors.predictor import NotAssessed
from predictors.scores.kdigo_aki import kdigo_aki


@service(
    "discharge-results",
    hook="encounter-discharge",
    title="Open results at discharge",
    usage_requirements="Needs the laboratory results of the stay, those too that are registered.",
    uses=(kdigo_aki,),
    also=(*RESULTS, CREATININE, *CONDITIONS, *DRUGS),
    acute=True,
    any_age=True,
    thresholds=(*RULES.limits, *RULES.course),
)
def discharge_results(patient: Assessed) -> Iterator[Finding | NotAssessed]:
    """Shows critical results that nobody repeated, acute kidney injury, and pending results."""
    for found in critical_results(patient):
        if finding := critical_finding(patient, found):
            yield finding
    if not patient.recorded("dialysis"):
        yield from acute_kidney_injury(patient)
    yield from pending(patient)
