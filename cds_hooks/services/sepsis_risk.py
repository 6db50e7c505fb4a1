"""Sepsis in the next hours of intensive care, by a trained model, with NEWS2 beside it."""

from collections.abc import Iterator
from datetime import timedelta

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.model_cards import alert_of, comparator, model_detail, trend
from cds_hooks.engine.card_text import computed, percent, points
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.models.sepsis_risk import OUTCOME, sepsis_risk
from predictors.predictor import NotAssessed, Prediction
from predictors.scores.news2 import news2

BEFORE = (6, 4, 2)
"""How many hours ago the risk is told as well."""


@service(
    "sepsis-risk",
    title="Sepsis risk",
    usage_requirements=(
        "Needs the Encounter with its place in intensive care, and vital signs and laboratory "
        "results of the last two days with their times. Off outside the demo until the site turns "
        "it on: to the FDA and under the EU's MDR a time-critical alarm is a medical device. "
        "Validate it on your own patients, then run it silent, first."
    ),
    uses=(sepsis_risk, news2),
    also=("sepsis",),
    eligible="intensive_care",
    excluded=("sepsis", "pregnancy", "palliative"),
    oldest=89,
    required=("patient", "encounters", "vitals"),
    acute=True,
    off_by_default=True,
    thresholds=("alerts",),
)
def sepsis(patient: Assessed) -> Iterator[Finding]:
    """Shows the risk of sepsis in the next 6 hours if it is within the site's alert budget."""
    risk = patient.risk(sepsis_risk)
    alert = alert_of(patient, risk, at="alerts")
    if alert is None:
        return
    now = alert.prediction
    found = f"Sepsis risk {percent(now.value)} in the next {now.hours} hours"
    card = Card(
        summary=found,
        indicator="warning",
        source=computed(sepsis_risk, topic="SepsisRisk"),
        detail=model_detail(
            risk,
            per="patient-hours",
            alert=alert.sentence,
            trend=trend(tuple(_earlier(patient)), now),
            beside=comparator(patient, news2, name="NEWS2", told=points),
        ),
    )
    cultures = suggest("sepsis-blood-culture", patient, reason=found)
    yield Finding(offering(card, cultures), alert.over, about=now)


def _earlier(patient: Assessed) -> Iterator[tuple[float, Prediction]]:
    """The risk of some hours ago, on what was measured by then; left out where there is none."""
    for hours in BEFORE:
        try:
            then = patient.before(patient.as_of - timedelta(hours=hours)).risk(sepsis_risk)
        except NotAssessed:
            continue
        yield hours, then[OUTCOME]
