"""Cardiovascular risk before a first event: PREVENT, doi:10.1161/CIRCULATIONAHA.123.067626.

Independent work from the published coefficients; not endorsed by the American Heart Association.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated

from predictors.predictor import Link, Prediction, Value, predict
from predictors.score import age, coded, condition, medication, score, sex, value
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.tables import rows

CITATION = "Khan SS et al. Circulation 2024;149:430-49"
URL = "https://doi.org/10.1161/CIRCULATIONAHA.123.067626"
MMOL_PER_MG_DL = 0.02586
EXCLUDES = (
    "ascvd",
    "stroke_hemorrhagic",
    "heart_failure",
    "familial_hypercholesterolemia",
    "dialysis",
    "pregnancy",
)

REFERENCE: Mapping[str, Value] = {
    "age": 55,
    "chol_total": 4.8 / MMOL_PER_MG_DL,
    "hdl": 1.3 / MMOL_PER_MG_DL,
    "sbp": 130.0,
    "bmi": 25.0,
    "egfr": 90.0,
    "diabetes": False,
    "smoking_status": "never",
    "antihypertensive": False,
    "statin": False,
}
"""Where the equation is centred: a person of the same sex that each input is measured against."""

Cholesterol = Annotated[float, value("mg/dL", 130, 320)]
HDL = Annotated[float, value("mg/dL", 20, 100)]
Pressure = Annotated[float, value("mm[Hg]", 90, 200, visits=2)]
BMI = Annotated[float | None, value("kg/m2", 18.5, 39.9)]
Filtration = Annotated[float, value("mL/min/{1.73_m2}", 15, 150, derived_by=ckd_epi_2021)]
Smoking = Annotated[str, coded("current", "former", "never")]
Condition = Annotated[bool, condition()]
Medication = Annotated[bool, medication()]

HEART_FAILURE = "HF"
"""The outcome that alone needs BMI."""

Term = tuple[str, str, float]
"""The input a term is credited to, its column in the coefficient table, and its value."""


@score(
    "prevent",
    title="PREVENT (10 years)",
    version="2024 base",
    citation=CITATION,
    url=URL,
    population="Ages 30 to 79 without known cardiovascular disease.",
    excludes=EXCLUDES,
    reference=REFERENCE,
    discrimination=(
        "C 0.794 (women), 0.757 (men), median of external validations: Khan, Circulation "
        "2024;149:430"
    ),
)
def prevent_10y(
    *,
    age: Annotated[float, age(30, 79)],
    sex: Annotated[str, sex()],
    chol_total: Cholesterol,
    hdl: HDL,
    sbp: Pressure,
    bmi: BMI = None,
    egfr: Filtration,
    diabetes: Condition,
    smoking_status: Smoking,
    antihypertensive: Medication,
    statin: Medication,
) -> tuple[Prediction, ...]:
    """Predicts the 10-year risk of CVD, ASCVD, CHD and stroke and, with BMI, heart failure (HF)."""
    terms = (
        *_lipids(age, chol_total, hdl=hdl, statin=statin),
        *_pressure(age, sbp, antihypertensive=antihypertensive),
        *_others(age, egfr, diabetes=diabetes, smokes=smoking_status == "current"),
        *_weight(age, bmi),
    )
    return tuple(_predictions(10, sex, terms=terms))


@score(
    "prevent-30-years",
    title="PREVENT (30 years)",
    version="2024 base",
    citation=CITATION,
    url=URL,
    population="Ages 30 to 59 without known cardiovascular disease.",
    excludes=EXCLUDES,
    reference=REFERENCE,
    discrimination=(
        "no figure of the 30-year equations was read; 10 years: 0.794 (women), 0.757 (men)"
    ),
)
def prevent_30y(
    *,
    age: Annotated[float, age(30, 59)],
    sex: Annotated[str, sex()],
    chol_total: Cholesterol,
    hdl: HDL,
    sbp: Pressure,
    bmi: BMI = None,
    egfr: Filtration,
    diabetes: Condition,
    smoking_status: Smoking,
    antihypertensive: Medication,
    statin: Medication,
) -> tuple[Prediction, ...]:
    """Predicts the 30-year risk of CVD, ASCVD, CHD and stroke and, with BMI, heart failure (HF)."""
    terms = (
        *_lipids(age, chol_total, hdl=hdl, statin=statin),
        *_pressure(age, sbp, antihypertensive=antihypertensive),
        *_others(age, egfr, diabetes=diabetes, smokes=smoking_status == "current"),
        *_weight(age, bmi),
    )
    return tuple(_predictions(30, sex, terms=terms))


def _decades(age: float) -> float:
    return (age - 55) / 10


def _lipids(age: float, chol_total: float, *, hdl: float, statin: bool) -> Iterator[Term]:
    # The equation centres non-HDL at 3.5 and HDL at 1.3 mmol/L, so total cholesterol at 4.8.
    high = hdl * MMOL_PER_MG_DL - 1.3
    for name, non_hdl in (("chol_total", chol_total * MMOL_PER_MG_DL - 4.8), ("hdl", -high)):
        yield name, "non_hdl", non_hdl
        yield name, "age_x_non_hdl", _decades(age) * non_hdl
        yield "statin", "statin_x_non_hdl", statin * non_hdl
    yield "hdl", "hdl", high / 0.3
    yield "hdl", "age_x_hdl", _decades(age) * high / 0.3
    yield "statin", "statin", statin


def _pressure(age: float, sbp: float, *, antihypertensive: bool) -> Iterator[Term]:
    above = (max(sbp, 110) - 130) / 20
    yield "sbp", "sbp_below_110", (min(sbp, 110) - 110) / 20
    yield "sbp", "sbp_from_110", above
    yield "sbp", "age_x_sbp", _decades(age) * above
    yield "antihypertensive", "treated", antihypertensive
    yield "antihypertensive", "treated_x_sbp", antihypertensive * above


def _weight(age: float, bmi: float | None) -> Iterator[Term]:
    """The terms of heart failure alone: those of every other outcome are 0."""
    if bmi is None:
        return
    obese = (max(bmi, 30) - 30) / 5
    yield "bmi", "bmi_below_30", (min(bmi, 30) - 25) / 5
    yield "bmi", "bmi_from_30", obese
    yield "bmi", "age_x_bmi", _decades(age) * obese


def _others(age: float, egfr: float, *, diabetes: bool, smokes: bool) -> Iterator[Term]:
    decades, impaired = _decades(age), (min(egfr, 60) - 60) / -15
    yield "age", "age", decades
    yield "age", "age_squared", decades**2
    yield "egfr", "egfr_below_60", impaired
    yield "egfr", "egfr_from_60", (max(egfr, 60) - 90) / -15
    yield "egfr", "age_x_egfr", decades * impaired
    yield "diabetes", "diabetes", diabetes
    yield "diabetes", "age_x_diabetes", decades * diabetes
    yield "smoking_status", "smoking", smokes
    yield "smoking_status", "age_x_smoking", decades * smokes


def _predictions(years: int, sex: str, *, terms: tuple[Term, ...]) -> Iterator[Prediction]:
    """One for each outcome; not of heart failure where no BMI is among the terms."""
    weighed = any(name == "bmi" for name, _, _ in terms)
    for outcome, coefficients in COEFFICIENTS[years, sex].items():
        if outcome == HEART_FAILURE and not weighed:
            continue
        parts: dict[str, list[float]] = defaultdict(list)
        for name, column, amount in terms:
            parts[name].append(coefficients[column] * amount)
        yield predict(
            outcome,
            {name: math.fsum(amounts) for name, amounts in parts.items()},
            link=Link.LOGISTIC,
            baseline=coefficients["constant"],
            years=years,
        )


def _coefficients() -> Mapping[tuple[int, str], Mapping[str, Mapping[str, float]]]:
    tables: dict[tuple[int, str], dict[str, Mapping[str, float]]] = defaultdict(dict)
    for row in rows("prevent"):
        years, sex, outcome = int(row.pop("years")), row.pop("sex"), row.pop("outcome")
        tables[years, sex][outcome] = {column: float(cell) for column, cell in row.items()}
    return tables


COEFFICIENTS = _coefficients()
