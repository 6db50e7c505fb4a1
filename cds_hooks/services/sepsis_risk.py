"""Sepsis in the next hours of intensive care, by a trained model, with NEWS2 beside it."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering, suggest
from cds_hooks.clinical.end_of_life import NO_SCORE, comfort_measures_now
from cds_hooks.clinical.model_cards import (
    alert_of,
    comparator,
    course,
    model_detail,
    unfamiliar,
    unlike_training,
)
from cds_hooks.clinical.vital_cards import vital_card
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.engine.card_text import computed, percent, points
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.models.sepsis_risk import sepsis_risk
from predictors.predictor import NotAssessed
from predictors.scores.news2 import news2

TOPIC = "SepsisRisk"
NOT_HELD = "Sepsis risk: not for pregnancy or the six weeks after"
BEFORE = (6, 4, 2)
"""How many hours ago the risk is told as well."""


@service(
    "sepsis-risk",
    title="Sepsis risk",
    usage_requirements=(
        "Needs the Encounter with its place in intensive care, and vital signs and laboratory "
        "results of the last three days with their times. Off outside the demo until the site "
        "turns it on: to the FDA and under the EU's MDR a time-critical alarm is a medical device. "
        "Validate it on your own patients, set your alert budget, and run it silent first."
    ),
    uses=(sepsis_risk, news2),
    also=("sepsis", "pregnancy", "postpartum", "comfort_measures"),
    eligible="intensive_care",
    excluded=("sepsis",),
    oldest=89,
    required=("patient", "encounters", "vitals"),
    acute=True,
    off_by_default=True,
    thresholds=("alerts",),
)
def sepsis(patient: Assessed) -> Iterator[Finding]:
    """Shows the risk of sepsis within the alert budget; of whom it refuses, NEWS2 alone."""
    if comfort_measures_now(patient):
        raise NotAssessed(sepsis_risk.name, (NO_SCORE,))
    if patient.recorded("pregnancy") or patient.recorded("postpartum"):
        yield Finding(vital_card(patient, VITALS.maternity, found=NOT_HELD, indicator="info"), 0.0)
        return
    try:
        risk = patient.risk(sepsis_risk)
    except NotAssessed as refusal:
        if unfamiliar(refusal):
            card = unlike_training(sepsis_risk, topic=TOPIC, beside=_news2(patient))
            yield Finding(card, over=0.0)
        raise
    alert = alert_of(patient, risk, at="alerts")
    if alert is None:
        return
    now = alert.prediction
    found = f"Sepsis risk {percent(now.value)}: onset within {now.hours} h, or already there"
    card = Card(
        summary=found,
        indicator="warning",
        source=computed(sepsis_risk, topic=TOPIC),
        detail=model_detail(
            risk,
            per="patient-hours",
            happened="followed or was already there",
            alert=alert.sentence,
            trend=course(patient, sepsis_risk, now, hours=BEFORE),
            beside=_news2(patient),
        ),
    )
    cultures = suggest("sepsis-blood-culture", patient, reason=found)
    yield Finding(offering(card, cultures), alert.over, about=now)


def _news2(patient: Assessed) -> str:
    return comparator(patient, news2, name="NEWS2", told=points)
