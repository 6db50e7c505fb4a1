"""The risk of kidney failure, asked for only where its equation is meant for the kidneys."""

from cds_hooks.clinical.advice import Advice, advise
from cds_hooks.engine.card_text import span
from cds_hooks.engine.eligibility import unusable
from cds_hooks.engine.patient import Assessed, Risk
from predictors.predictor import NotAssessed, Problem, Reason
from predictors.scores.ckd_criteria import LOW_GFR
from predictors.scores.kdigo_aki import kdigo_aki
from predictors.scores.kfre import kfre_4

BOUNDS = {"<": "at most ", ">": "at least "}
"""What a risk is where urine albumin is known only to lie on that side of a limit."""


def require_steady(patient: Assessed) -> None:
    """Raises NotAssessed in acute kidney injury, and for an eGFR known only to be above a limit."""
    if patient.fact("egfr").bound.startswith(">"):
        raise _not_applicable("egfr", "eGFR is reported only as above a limit")
    try:
        stage = patient.risk(kdigo_aki)["AKI stage"]
    except NotAssessed:
        return
    if stage.low >= 1:
        raise _not_applicable("creatinine", "creatinine is rising: acute kidney injury")


def failure_risk(patient: Assessed) -> Risk | None:
    """KFRE; None for an eGFR that is not low or if urine albumin was just not measured lately.

    Raises NotAssessed where something of it was measured but cannot be used.
    """
    egfr = patient.fact("egfr")
    rates = [rate for rate in (*egfr.alternatives, egfr.value) if isinstance(rate, int | float)]
    if rates and max(rates) >= LOW_GFR:
        return None
    try:
        return patient.risk(kfre_4)
    except NotAssessed as refusal:
        lacking = {reason.input for reason in refusal.reasons}
        if lacking == {"uacr"} and not unusable(patient.fact("uacr")):
            return None
        raise


def referral(patient: Assessed, risk: Risk) -> Advice | None:
    """What the 2-year risk calls for, or else the 5-year risk; None below both."""
    two, five = risk.assessment.predictions
    soon = advise(patient, "kidney-failure-2-years", prediction=two)
    return soon or advise(patient, "kidney-failure-5-years", prediction=five)


def failure_text(risk: Risk) -> str:
    """Both risks in words."""
    bound = BOUNDS.get(risk.facts["uacr"].bound[:1], "")
    two, five = (bound + span(each) for each in risk.assessment.predictions)
    return f"Kidney failure risk {five} in 5 years and {two} in 2 years"


def _not_applicable(name: str, text: str) -> NotAssessed:
    return NotAssessed("kfre-4", (Reason(name, Problem.NOT_APPLICABLE, text),))
