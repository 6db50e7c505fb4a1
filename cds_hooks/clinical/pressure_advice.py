"""When a blood-pressure-lowering drug is advised: by office pressure, also the diastolic alone."""

from cds_hooks.clinical.advice import Advice, advise
from cds_hooks.clinical.lab_rules import proves
from cds_hooks.engine.patient import Assessed
from predictors.predictor import Input, Kind, Prediction

SYSTOLIC = Input("sbp", Kind.VALUE, "mm[Hg]", visits=2)
DIASTOLIC = Input("dbp", Kind.VALUE, "mm[Hg]", visits=2)

HIGH, ELEVATED = (140.0, 90.0), (130.0, 80.0)
"""mmHg, included: hypertension whatever the risk, and what is treated at a high risk."""


def pressure_advice(
    patient: Assessed, prediction: Prediction, *, high: str, elevated: str
) -> Advice | None:
    """What the guideline of that key advises at the mean office pressure and that risk."""
    for key, limits in ((high, HIGH), (elevated, ELEVATED)):
        if _reaches(patient, limits):
            return advise(patient, key, prediction=prediction, unless="antihypertensive")
    return None


def _reaches(patient: Assessed, limits: tuple[float, float]) -> bool:
    pressures = patient.fact("sbp"), patient.fact("dbp")
    return any(proves(fact, ">=", limit) for fact, limit in zip(pressures, limits, strict=True))
