"""Kidney failure risk in chronic kidney disease: KFRE, doi:10.1001/jama.2015.18202."""

import math
from collections.abc import Mapping
from typing import Annotated

from predictors.predictor import Link, NotAssessed, Prediction, Problem, Reason, Value, predict
from predictors.score import age, score, setting, sex, value
from predictors.scores.ckd_epi_2021 import ckd_epi_2021

CITATION = "Tangri N et al. JAMA 2016;315:164-74"
URL = "https://doi.org/10.1001/jama.2015.18202"
POPULATION = "Adults with an eGFR below 60, not on dialysis and without a kidney transplant."
EXCLUDES = ("dialysis", "kidney_transplant")

SURVIVAL = {
    ("kfre-4", "north_america"): {2: 0.975, 5: 0.924},
    ("kfre-4", "other"): {2: 0.9832, 5: 0.9365},
    ("kfre-8", "north_america"): {2: 0.978, 5: 0.9301},
    ("kfre-8", "other"): {2: 0.9827, 5: 0.9245},
}
"""Baseline survival by equation and calibration, at each horizon in years."""

REFERENCE: Mapping[str, Value] = {
    "age": 70.36,
    "sex": "male",
    "egfr": 36.11,
    "uacr": math.exp(5.137),
}
"""The mean person of the equations' cohorts, as a man: what each input is measured against."""

REFERENCE_8: Mapping[str, Value] = {
    **REFERENCE,
    "albumin": 3.997,
    "phosphate": 3.916,
    "bicarbonate": 25.57,
    "calcium": 9.355,
}

Calibration = Annotated[str, setting("north_america", "other")]
Age = Annotated[float, age(18)]
Sex = Annotated[str, sex()]
Filtration = Annotated[float, value("mL/min/{1.73_m2}", 1, derived_by=ckd_epi_2021)]
Albuminuria = Annotated[float, value("mg/g{creat}", 0.1)]


@score(
    "kfre-4",
    title="Kidney Failure Risk Equation (4 variables)",
    version="2016",
    citation=CITATION,
    url=URL,
    population=POPULATION,
    excludes=EXCLUDES,
    reference=REFERENCE,
    discrimination=(
        "C 0.932 (2 years), 0.924 (5 years), 35,539 people: Major, PLoS Med 2019;16:e1002955"
    ),
)
def kfre_4(
    *,
    kfre_calibration: Calibration,
    age: Age,
    sex: Sex,
    egfr: Filtration,
    uacr: Albuminuria,
) -> tuple[Prediction, ...]:
    """Predicts the risk of kidney failure within 2 and within 5 years."""
    _require_impaired("kfre-4", egfr)
    parts = {
        "age": -0.2201 * (age / 10 - 7.036),
        "sex": 0.2467 * ((sex == "male") - 1),
        "egfr": -0.5567 * (egfr / 5 - 7.222),
        "uacr": 0.4510 * (math.log(uacr) - 5.137),
    }
    return _predictions("kfre-4", kfre_calibration, parts=parts, men=0.2467 * (1 - 0.5642))


@score(
    "kfre-8",
    title="Kidney Failure Risk Equation (8 variables)",
    version="2016",
    citation=CITATION,
    url=URL,
    population=POPULATION,
    excludes=EXCLUDES,
    reference=REFERENCE_8,
)
def kfre_8(
    *,
    kfre_calibration: Calibration,
    age: Age,
    sex: Sex,
    egfr: Filtration,
    uacr: Albuminuria,
    albumin: Annotated[float, value("g/dL")],
    phosphate: Annotated[float, value("mg/dL")],
    bicarbonate: Annotated[float, value("mmol/L")],
    calcium: Annotated[float, value("mg/dL")],
) -> tuple[Prediction, ...]:
    """Predicts the risk of kidney failure within 2 and within 5 years."""
    _require_impaired("kfre-8", egfr)
    parts = {
        "age": -0.1992 * (age / 10 - 7.036),
        "sex": 0.1602 * ((sex == "male") - 1),
        "egfr": -0.4919 * (egfr / 5 - 7.222),
        "uacr": 0.3364 * (math.log(uacr) - 5.137),
        "albumin": -0.3441 * (albumin - 3.997),
        "phosphate": 0.2604 * (phosphate - 3.916),
        "bicarbonate": -0.07354 * (bicarbonate - 25.57),
        "calcium": -0.2228 * (calcium - 9.355),
    }
    return _predictions("kfre-8", kfre_calibration, parts=parts, men=0.1602 * (1 - 0.5642))


def _require_impaired(name: str, egfr: float) -> None:
    if egfr >= 60:
        text = "only for an eGFR below 60 mL/min/1.73 m2"
        raise NotAssessed(name, (Reason("egfr", Problem.NOT_APPLICABLE, text),))


def _predictions(
    name: str, calibration: str, *, parts: Mapping[str, float], men: float
) -> tuple[Prediction, ...]:
    return tuple(
        predict(
            f"kidney failure within {years} years",
            parts,
            link=Link.CLOGLOG,
            baseline=math.log(-math.log(survival)) + men,
            years=years,
        )
        for years, survival in SURVIVAL[name, calibration].items()
    )
