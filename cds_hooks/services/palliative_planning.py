"""Death within 180 days of a seriously ill inpatient: context for planning care, no alarm."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.model_cards import alert_of, in_subgroup, model_detail
from cds_hooks.engine.card_text import computed, percent
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.models.serious_illness_mortality import serious_illness_mortality

SERIOUS = (
    "sepsis",
    "respiratory_failure",
    "heart_failure",
    "copd",
    "cirrhosis",
    "malignancy",
)
"""What let patients into SUPPORT, as a chart records it: one of these must be recorded."""

OLD = 80
CONTEXT = (
    "For planning care with the patient; never by itself a reason to limit or to withdraw "
    "treatment. Learnt from patients of 1989-94: today's risk is probably lower, and their "
    "physicians' own estimates ranked better."
)


@service(
    "palliative-planning",
    title="Palliative planning",
    usage_requirements=(
        "Needs the Encounter of the present stay, the problem list, and vital signs, level of "
        "consciousness (AVPU) and laboratory results of the last days. Off outside the demo until "
        "the site turns it on: the patients were ill in 1989-94. Validate it on your own patients, "
        "then run it silent, first."
    ),
    uses=(serious_illness_mortality,),
    also=SERIOUS,
    eligible="inpatient",
    excluded=("pregnancy", "palliative"),
    required=("patient", "encounters", "conditions", "vitals"),
    off_by_default=True,
    thresholds=("high",),
)
def palliative_planning(patient: Assessed) -> Iterator[Finding]:
    """Shows a high risk of death within 180 days, where a talk about the goals of care is due."""
    if not any(map(patient.recorded, SERIOUS)):
        return
    risk = patient.risk(serious_illness_mortality)
    alert = alert_of(patient, risk, at="high")
    if alert is None:
        return
    found = f"Serious illness: {percent(alert.prediction.value)} risk of death within 180 days"
    card = Card(
        summary=found,
        indicator="info",
        source=computed(serious_illness_mortality, topic="PalliativePlanning"),
        detail=model_detail(
            risk,
            per="patients",
            alert=alert.sentence,
            trend=CONTEXT,
            limits=_from_80(risk),
        ),
    )
    goals = suggest("goals-of-care-review", patient, reason=found)
    yield Finding(offering(card, goals), alert.over, about=alert.prediction)


def _from_80(risk: Risk) -> str:
    if float(str(risk.assessment.inputs["age"])) < OLD:
        return ""
    return in_subgroup(risk, "age=80 and over", saying="From 80 years on", per="patients")
