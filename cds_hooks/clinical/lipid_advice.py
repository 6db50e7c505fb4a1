"""When a statin is advised before a first event, and what changes that advice."""

from collections.abc import Iterator
from dataclasses import replace

from cds_hooks.clinical.advice import Advice, advise
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.guidelines import GUIDELINES
from cds_hooks.engine.patient import Assessed
from fhir_adapters.terminology import value_sets
from predictors.predictor import Input, Kind, NotAssessed, Prediction, Problem, Reason
from predictors.scores.ckd_epi_2021 import ckd_epi_2021

LDL = Input("ldl", Kind.VALUE, "mg/dL")
EGFR = Input("egfr", Kind.VALUE, "mL/min/{1.73_m2}", derived_by=ckd_epi_2021)
UACR = Input("uacr", Kind.VALUE, "mg/g{creat}")
WEIGHED = ("falls_frailty", "dementia")
INTOLERANCE = "statin_intolerance"
INSTEAD = "a statin is recorded as not tolerated: ezetimibe or bempedoic acid instead (class I)"

OLD = 76
"""Years from which a statin's benefit before a first event is uncertain."""


def require_moderate_ldl(patient: Assessed) -> None:
    """Raises NotAssessed from an LDL cholesterol of 190 mg/dL, treated whatever the risk."""
    if proves(patient.fact("ldl"), ">=", 190.0):
        text = "LDL cholesterol is 190 mg/dL or more: treated as such, risk equations do not apply"
        raise NotAssessed("ldl", (Reason("ldl", Problem.NOT_APPLICABLE, text),))


def statin_advice(patient: Assessed, key: str, prediction: Prediction) -> Advice | None:
    """What that guideline advises at that risk, as age, frailty and intolerance change it."""
    advice = advise(patient, key, prediction=prediction, unless="statin")
    if advice is None:
        return None
    cautions = "; ".join(_cautions(patient))
    age = patient.fact("age").value
    if isinstance(age, int | float) and age >= OLD:
        guideline = GUIDELINES["statin-over-75"]
        band = guideline.band(age)
        return replace(
            advice, guideline=guideline.publication(band), advised=band, caution=cautions
        )
    return replace(advice, caution=cautions)


def _cautions(patient: Assessed) -> Iterator[str]:
    if found := [value_sets.label(name) for name in WEIGHED if patient.recorded(name)]:
        yield f"{' and '.join(found)} recorded: weigh expected years of life and preference first"
    if patient.recorded(INTOLERANCE):
        yield INSTEAD


def organ_damage(patient: Assessed) -> str:
    """The severe target-organ damage of type 2 diabetes, in words; "" if there is none (ESC 2023).

    Of three microvascular sites nothing is read.
    """
    egfr, uacr = patient.fact("egfr"), patient.fact("uacr")
    if proves(egfr, "<", 45.0):
        return "eGFR below 45"
    if proves(uacr, ">", 300.0):
        return "urine albumin/creatinine above 300 mg/g"
    if proves(egfr, "<", 60.0) and proves(uacr, ">=", 30.0):
        return "eGFR below 60 with urine albumin/creatinine of 30 mg/g or more"
    return ""
