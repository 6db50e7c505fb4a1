"""Death in hospital, foreseen from the first 48 hours in intensive care: context, no alarm."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.model_cards import alert_of, comparator, model_detail
from cds_hooks.engine.card_text import computed, percent, points
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.models.icu_mortality_risk import icu_mortality_risk
from predictors.scores.news2 import news2

CONTEXT = (
    "For the review of this stay and talks about the goals of care: no alarm, and never by itself "
    "a reason to limit or to withdraw treatment."
)


@service(
    "icu-mortality-risk",
    title="ICU mortality risk",
    usage_requirements=(
        "Needs the Encounter with its place in intensive care since admission there, and the vital "
        "signs, laboratory results, urine volumes (LOINC 9187-6) and PEEP (20077-4) of the first "
        "48 hours. Off outside the demo until the site turns it on: validate it on your own "
        "patients, then run it silent, first."
    ),
    uses=(icu_mortality_risk, news2),
    eligible="intensive_care",
    excluded=("pregnancy", "palliative"),
    required=("patient", "encounters", "vitals"),
    off_by_default=True,
    thresholds=("high",),
)
def icu_mortality(patient: Assessed) -> Iterator[Finding]:
    """Shows a high risk of death in hospital on the third day in intensive care, for the review."""
    risk = patient.risk(icu_mortality_risk)
    alert = alert_of(patient, risk, at="high")
    if alert is None:
        return
    high = percent(alert.prediction.value)
    found = f"Risk of death in hospital {high}, by the first 48 hours in the ICU"
    card = Card(
        summary=found,
        indicator="info",
        source=computed(icu_mortality_risk, topic="IcuMortalityRisk"),
        detail=model_detail(
            risk,
            per="stays",
            alert=alert.sentence,
            trend=CONTEXT,
            beside=comparator(patient, news2, name="NEWS2", told=points),
        ),
    )
    goals = suggest("goals-of-care-review", patient, reason=found)
    yield Finding(offering(card, goals), alert.over, about=alert.prediction)
