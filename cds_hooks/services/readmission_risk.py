"""Readmission within 30 days of an inpatient with diabetes, by a trained model of each moment."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.model_cards import model_detail
from cds_hooks.clinical.readmission import MODELS, alert_with_diabetes, from_80
from cds_hooks.engine.card_text import computed, percent
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card


@service(
    "readmission-risk",
    title="Readmission risk",
    usage_requirements=(
        "Needs the Encounters of the present stay and of earlier years, the problem list and the "
        "medication list. Off outside the demo until the site turns it on: validate it on your "
        "own patients, then run it silent, first."
    ),
    uses=MODELS,
    also=("diabetes",),
    eligible="inpatient",
    excluded=("pregnancy", "palliative"),
    youngest=20,
    required=("patient", "encounters", "conditions"),
    off_by_default=True,
    thresholds=("high",),
)
def readmission(patient: Assessed) -> Iterator[Finding]:
    """Shows a high risk of readmission within 30 days if the inpatient went home today."""
    high = alert_with_diabetes(patient, at="high")
    if high is None:
        return
    risk, alert = high
    found = f"Readmission within 30 days: {percent(alert.prediction.value)} if discharged today"
    card = Card(
        summary=found,
        indicator="info",
        source=computed(risk.assessment.predictor, topic="ReadmissionRisk"),
        detail=model_detail(
            risk,
            per="stays",
            alert=alert.sentence,
            beside=_beside(risk),
            limits=from_80(risk),
        ),
    )
    visit = suggest("early-follow-up", patient, reason=found)
    yield Finding(offering(card, visit), alert.over, about=alert.prediction)


def _beside(risk: Risk) -> str:
    """What predicts it best alone, and whether the discharge was taken into account."""
    visits = risk.assessment.inputs["inpatient_visits"]
    planned = risk.assessment.inputs.get("discharge_disposition")
    discharge = (
        "The planned discharge is counted in." if planned else "No discharge is planned yet."
    )
    return f"Inpatient stays in the year before, beside it: {visits:g}. {discharge}"
