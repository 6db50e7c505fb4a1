"""Cards of cardiovascular risk: organ damage that needs no score, and what else is predicted."""

from contextlib import suppress

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import Advice
from cds_hooks.clinical.lipid_advice import organ_damage
from cds_hooks.engine.card_text import cited, detail, remarks_of, span
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.guidelines import GUIDELINES
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.protocol.cards import Card
from predictors.predictor import NotAssessed
from predictors.scores.prevent import HEART_FAILURE, prevent_30y

OLDEST = 69
"""Years up to which SCORE2-Diabetes would be asked."""


def organ_damage_card(patient: Assessed, years: float) -> Finding | None:
    """The card of severe target-organ damage where no statin is on the list, else None."""
    diabetes = patient.recorded("diabetes") and not patient.recorded("diabetes_t1")
    elsewhere = patient.recorded("ascvd") or patient.recorded("statin")
    if not diabetes or elsewhere or years > OLDEST or not (damage := organ_damage(patient)):
        return None
    guideline = GUIDELINES["diabetes-organ-damage"]
    band = guideline.bands[-1]
    advice = Advice(guideline.publication(band), band, band, patient.doubt("statin"))
    found = f"Type 2 diabetes with {damage}: very high cardiovascular risk"
    card = Card(
        summary=found,
        indicator=advice.indicator,
        source=cited(advice.guideline, topic="CardiovascularRisk"),
        detail=detail(
            advice.text,
            remarks=remarks_of((patient.fact("egfr"), patient.fact("uacr"))),
        ),
    )
    return Finding(offering(card, *advice.suggestions(patient, reason=found)), subjects=("statin",))


def other_outcomes(patient: Assessed, risk: Risk) -> str:
    """What else PREVENT predicts than the card is about; heart failure only where BMI is known."""
    failing = [each for each in risk.assessment.predictions if each.outcome == HEART_FAILURE]
    failure = f"heart failure {span(failing[0])}" if failing else "heart failure needs BMI"
    told = f"10 years: any cardiovascular disease {span(risk['CVD'])}, {failure}."
    with suppress(NotAssessed):  # Over 59 years there is no 30-year equation.
        told += f" 30 years: any cardiovascular disease {span(patient.risk(prevent_30y)['CVD'])}."
    return told


def told_subjects(lipids: Advice | None, pressure: Advice | None) -> tuple[str, ...]:
    """What a card with this advice tells of that another service may tell of too."""
    given = (("statin", lipids), ("blood-pressure", pressure))
    return tuple(subject for subject, advice in given if advice)
