"""Readmission within 30 days of a discharge: a trained model, HOSPITAL and LACE beside it."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.model_cards import comparator, model_detail
from cds_hooks.clinical.readmission import MODELS, alert_with_diabetes, from_80
from cds_hooks.engine.card_text import computed, percent, points
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.scores.hospital import hospital_simplified
from predictors.scores.lace import lace


@service(
    "discharge-readmission",
    hook="encounter-discharge",
    title="Readmission risk at discharge",
    usage_requirements=(
        "Needs the Encounters of the stay that ends and of earlier years, the problem list and the "
        "medication list; haemoglobin and sodium of the last two days for the HOSPITAL score. Off "
        "outside the demo until the site turns it on: validate it on your own patients, then run "
        "it silent, first."
    ),
    uses=(*MODELS, hospital_simplified, lace),
    also=("diabetes",),
    eligible="hospital_stay",
    excluded=("pregnancy", "palliative"),
    youngest=20,
    required=("patient", "encounters", "conditions"),
    off_by_default=True,
    thresholds=("high",),
)
def discharge_readmission(patient: Assessed) -> Iterator[Finding]:
    """Proposes an early follow-up where a patient with diabetes is likely to be readmitted."""
    high = alert_with_diabetes(patient, at="high")
    if high is None:
        return
    risk, alert = high
    found = f"Readmission within 30 days: {percent(alert.prediction.value)}"
    card = Card(
        summary="Plan a follow-up visit within 7 days: high risk of readmission",
        indicator="info",
        source=computed(risk.assessment.predictor, topic="DischargeReadmission"),
        detail=model_detail(
            risk,
            lead=f"**{found}.** {_scores(patient)}".strip(),
            per="stays",
            alert=alert.sentence,
            beside=_destination(risk),
            limits=from_80(risk),
        ),
    )
    visit = suggest("early-follow-up", patient, reason=found)
    yield Finding(offering(card, visit), alert.over, about=alert.prediction)


def _scores(patient: Assessed) -> str:
    """The published scores that can be computed, each with the most points that it gives."""
    beside = (
        comparator(patient, lace, name="LACE", told=lambda each: f"{points(each)} of 19"),
        comparator(
            patient,
            hospital_simplified,
            name="Simplified HOSPITAL",
            told=lambda each: f"{points(each)} of 12",
        ),
    )
    return " ".join(filter(None, beside))


def _destination(risk: Risk) -> str:
    if "discharge_disposition" in risk.assessment.inputs:
        return "Where the patient goes is counted in."
    return "Where the patient goes is not told, and so not counted in."
