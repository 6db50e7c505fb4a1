"""Cardiovascular risk before a first event, by PREVENT or by SCORE2 as the site chooses."""

from collections.abc import Iterator

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import Advice, most_urgent
from cds_hooks.clinical.cardiovascular_cards import organ_damage_card, other_outcomes, told_subjects
from cds_hooks.clinical.lipid_advice import (
    EGFR,
    INTOLERANCE,
    LDL,
    UACR,
    WEIGHED,
    require_moderate_ldl,
    statin_advice,
)
from cds_hooks.clinical.pressure_advice import DIASTOLIC, SYSTOLIC, pressure_advice
from cds_hooks.engine.card_text import (
    computed,
    detail,
    frequency,
    inputs_table,
    remarks,
    span,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.guidelines import score2_categories
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import Prediction
from predictors.scores.prevent import prevent_10y, prevent_30y
from predictors.scores.score2 import member, score2, score2_diabetes, score2_op


@service(
    "cardiovascular-risk",
    title="Cardiovascular risk",
    usage_requirements=(
        "Needs blood pressure, cholesterol, creatinine and smoking status; BMI for heart failure."
    ),
    uses=(prevent_10y, prevent_30y, score2, score2_op, score2_diabetes),
    also=(
        *(LDL, SYSTOLIC, DIASTOLIC, EGFR, UACR, "statin", "antihypertensive", "diabetes"),
        *("diabetes_t1", "ascvd", "inpatient", INTOLERANCE, *WEIGHED),
    ),
    excluded=("palliative",),
    required=("patient", "conditions"),
)
def cardiovascular_risk(patient: Assessed) -> Iterator[Finding]:
    """Predicts cardiovascular risk before a first event, when a treatment it calls for is open."""
    require_moderate_ldl(patient)
    yield from {"prevent": _prevent, "score2": _score2}[patient.site.cardiovascular_model](patient)


def _prevent(patient: Assessed) -> Iterator[Finding]:
    risk = patient.risk(prevent_10y)
    ascvd, cvd = risk["ASCVD"], risk["CVD"]
    lipids = statin_advice(patient, "prevent-ascvd", ascvd)
    high, elevated = "high-blood-pressure-aha-acc-2025", "prevent-blood-pressure"
    pressure = pressure_advice(patient, cvd, high=high, elevated=elevated)
    years = other_outcomes(patient, risk)
    yield from _card(patient, risk, ((lipids, ascvd), (pressure, cvd)), years=years)


def _score2(patient: Assessed) -> Iterator[Finding]:
    age = patient.fact("age")
    years = min(y for y in (*age.alternatives, age.value) if isinstance(y, int | float))
    if damage := organ_damage_card(patient, years):
        yield damage
        return
    chosen = member(years, diabetes=patient.recorded("diabetes"))
    risk = patient.risk(chosen)
    key = score2_categories(patient.site.score2_categories, years)
    key = "esc-2023-diabetes" if chosen is score2_diabetes else key
    cvd = risk["CVD"]
    high, elevated = "high-blood-pressure-esc-2024", "elevated-blood-pressure-esc-2024"
    pressure = pressure_advice(patient, cvd, high=high, elevated=elevated)
    yield from _card(patient, risk, ((statin_advice(patient, key, cvd), cvd), (pressure, cvd)))


def _card(
    patient: Assessed,
    risk: Risk,
    advised: tuple[tuple[Advice | None, Prediction], ...],
    years: str = "",
) -> Iterator[Finding]:
    """The card of what is advised, which begins with the risk that the first advice is about."""
    told = [(advice, prediction) for advice, prediction in advised if advice]
    if not told:
        return
    advice = [each for each, _ in told]
    prediction = told[0][1]
    subjects = told_subjects(advised[0][0], advised[1][0])
    found = f"10-year {prediction.outcome} risk {span(prediction)} ({frequency(prediction)})"
    card = Card(
        summary=f"{found}: {advice[0].name}",
        indicator=most_urgent(advice),
        source=computed(risk.assessment.predictor, topic="CardiovascularRisk"),
        detail=detail(
            *(each.text for each in advice),
            years,
            inputs_table(risk, prediction),
            remarks=remarks(risk),
        ),
    )
    card = offering(card, *(s for a in advice for s in a.suggestions(patient, reason=found)))
    over = max(a.over for a in advice)
    yield Finding(card, over, about=prediction, subjects=subjects)
