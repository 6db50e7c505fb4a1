"""Cardiovascular risk before a first event, by PREVENT or by SCORE2 as the site chooses."""

from collections.abc import Iterator
from contextlib import suppress

from cds_hooks.clinical.actions import offering
from cds_hooks.clinical.advice import Advice, advise, most_urgent
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.card_text import (
    computed,
    detail,
    frequency,
    inputs_table,
    remarks,
    span,
    validity,
)
from cds_hooks.engine.finding import Finding
from cds_hooks.engine.guidelines import score2_categories
from cds_hooks.engine.patient import Assessed, Risk
from cds_hooks.engine.service import service
from cds_hooks.protocol.cards import Card
from predictors.predictor import Input, Kind, NotAssessed, Prediction, Problem, Reason
from predictors.scores.prevent import prevent_10y, prevent_30y
from predictors.scores.score2 import member, score2, score2_diabetes, score2_op

LDL = Input("ldl", Kind.VALUE, "mg/dL")
SEVERE_LDL = "LDL cholesterol is 190 mg/dL or more: treated as such, risk equations do not apply"


@service(
    "cardiovascular-risk",
    title="Cardiovascular risk",
    usage_requirements="Needs blood pressure, cholesterol, creatinine, BMI and smoking status.",
    uses=(prevent_10y, prevent_30y, score2, score2_op, score2_diabetes),
    also=(LDL, "statin", "antihypertensive", "diabetes"),
    excluded=("palliative",),
    required=("patient", "conditions"),
)
def cardiovascular_risk(patient: Assessed) -> Iterator[Finding]:
    """Predicts cardiovascular risk before a first event, when a treatment it calls for is open."""
    if proves(patient.fact("ldl"), ">=", 190.0):
        raise NotAssessed("ldl", (Reason("ldl", Problem.NOT_APPLICABLE, SEVERE_LDL),))
    yield from {"prevent": _prevent, "score2": _score2}[patient.site.cardiovascular_model](patient)


def _prevent(patient: Assessed) -> Iterator[Finding]:
    risk = patient.risk(prevent_10y)
    ascvd, cvd = risk["ASCVD"], risk["CVD"]
    advice = [advise(patient, "prevent-ascvd", prediction=ascvd, unless="statin")]
    if proves(risk.facts["sbp"], ">=", 130.0):
        key = "prevent-blood-pressure"
        advice.append(advise(patient, key, prediction=cvd, unless="antihypertensive"))
    years = f"10 years: any cardiovascular disease {span(cvd)}, heart failure {span(risk['HF'])}."
    with suppress(NotAssessed):  # Over 59 years there is no 30-year equation.
        years += f" 30 years: any cardiovascular disease {span(patient.risk(prevent_30y)['CVD'])}."
    yield from _card(patient, risk, ascvd, advice=[a for a in advice if a], years=years)


def _score2(patient: Assessed) -> Iterator[Finding]:
    age = patient.fact("age")
    years = min(y for y in (*age.alternatives, age.value) if isinstance(y, int | float))
    risk = patient.risk(member(years, diabetes=patient.recorded("diabetes")))
    key = score2_categories(patient.site.score2_categories, years)
    advice = advise(patient, key, prediction=risk["CVD"], unless="statin")
    yield from _card(patient, risk, risk["CVD"], advice=[advice] if advice else [], years="")


def _card(
    patient: Assessed, risk: Risk, prediction: Prediction, *, advice: list[Advice], years: str
) -> Iterator[Finding]:
    if not advice:
        return
    found = f"10-year {prediction.outcome} risk {span(prediction)} ({frequency(prediction)})"
    card = Card(
        summary=f"{found}: {advice[0].band.name}",
        indicator=most_urgent(advice),
        source=computed(risk.assessment.predictor, topic="CardiovascularRisk"),
        detail=detail(
            *(each.text for each in advice),
            years,
            inputs_table(risk, prediction),
            remarks=remarks(risk),
            closing=validity(risk.assessment.predictor),
        ),
    )
    card = offering(card, *(s for a in advice for s in a.suggestions(patient, reason=found)))
    yield Finding(card, max(a.over for a in advice), about=prediction)
