"""Cardiovascular risk before a first event in Europe: SCORE2, doi:10.1093/eurheartj/ehab309."""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

from predictors.predictor import (
    Link,
    NotAssessed,
    Prediction,
    Predictor,
    Problem,
    Reason,
    Value,
    predict,
)
from predictors.score import age, coded, condition, onset_age, score, setting, sex, value
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from predictors.tables import rows

EXCLUDES = ("ascvd", "stroke_hemorrhagic", "familial_hypercholesterolemia", "pregnancy")

REFERENCE: Mapping[str, Value] = {
    "age": 60,
    "smoking_status": "never",
    "sbp": 120.0,
    "chol_total": 6.0,
    "hdl": 1.3,
}
"""Where the equation is centred: a person of the same sex that each input is measured against."""

Region = Annotated[str, setting("low", "moderate", "high", "very_high")]
# Its papers print no range of the inputs: that of PREVENT refuses what nobody was.
Pressure = Annotated[float, value("mm[Hg]", 90, 200, visits=2)]
Total = Annotated[float, value("mmol/L", 2.5, 8.3)]
HDL = Annotated[float, value("mmol/L", 0.5, 2.6)]
Smoking = Annotated[str, coded("current", "former", "never")]


@score(
    "score2",
    title="SCORE2",
    version="2021",
    citation="SCORE2 working group. Eur Heart J 2021;42:2439-54",
    url="https://doi.org/10.1093/eurheartj/ehab309",
    population="Europeans aged 40 to 69 without cardiovascular or kidney disease or diabetes.",
    excludes=(*EXCLUDES, "diabetes", "ckd"),
    reference=REFERENCE,
    discrimination="C 0.67 to 0.81 in external validation: Eur Heart J 2021;42:2439",
)
def score2(
    *,
    score2_region: Region,
    age: Annotated[float, age(40, 69)],
    sex: Annotated[str, sex()],
    smoking_status: Smoking,
    sbp: Pressure,
    chol_total: Total,
    hdl: HDL,
) -> tuple[Prediction, ...]:
    """Predicts the 10-year risk of fatal and non-fatal cardiovascular events (CVD)."""
    terms = _middle_aged(smoking_status, sbp, chol_total=chol_total, hdl=hdl)
    return (_calibrated("score2", terms, years=(age - 60) / 5, region=score2_region, sex=sex),)


@score(
    "score2-op",
    title="SCORE2-OP",
    version="2021",
    citation="SCORE2-OP working group. Eur Heart J 2021;42:2455-67",
    url="https://doi.org/10.1093/eurheartj/ehab312",
    population="Europeans aged 70 to 89 without cardiovascular or kidney disease.",
    excludes=(*EXCLUDES, "ckd"),
    reference={**REFERENCE, "age": 73, "sbp": 150.0, "hdl": 1.4, "diabetes": False},
    discrimination=(
        "C 0.63 to 0.67 in external validation, 338,615 people: Eur Heart J 2021;42:2455"
    ),
)
def score2_op(
    *,
    score2_region: Region,
    age: Annotated[float, age(70, 89)],
    sex: Annotated[str, sex()],
    smoking_status: Smoking,
    sbp: Pressure,
    chol_total: Total,
    hdl: HDL,
    diabetes: Annotated[bool, condition()],
) -> tuple[Prediction, ...]:
    """Predicts the 10-year risk of fatal and non-fatal cardiovascular events (CVD)."""
    terms = {
        "diabetes": float(diabetes),
        "smoking_status": float(smoking_status == "current"),
        "sbp": sbp - 150,
        "chol_total": chol_total - 6,
        "hdl": hdl - 1.4,
    }
    return (_calibrated("score2-op", terms, years=age - 73, region=score2_region, sex=sex),)


@score(
    "score2-diabetes",
    title="SCORE2-Diabetes",
    version="2023",
    citation="SCORE2-Diabetes working group. Eur Heart J 2023;44:2544-56",
    url="https://doi.org/10.1093/eurheartj/ehad260",
    population="Europeans aged 40 to 69 with type 2 diabetes, without cardiovascular disease.",
    excludes=(*EXCLUDES, "diabetes_t1", "dialysis"),
    reference={
        **REFERENCE,
        "diabetes_onset_age": 50,
        "hba1c": 31.0,
        "egfr": math.exp(4.5),
    },
    discrimination=(
        "C better than SCORE2 by 0.009 to 0.031 in 217,036 people: Eur Heart J 2023;44:2544"
    ),
)
def score2_diabetes(
    *,
    score2_region: Region,
    age: Annotated[float, age(40, 69)],
    sex: Annotated[str, sex()],
    smoking_status: Smoking,
    sbp: Pressure,
    chol_total: Total,
    hdl: HDL,
    diabetes: Annotated[bool, condition()],
    diabetes_onset_age: Annotated[float, onset_age()],
    hba1c: Annotated[float, value("mmol/mol")],
    egfr: Annotated[float, value("mL/min/{1.73_m2}", 1, derived_by=ckd_epi_2021)],
) -> tuple[Prediction, ...]:
    """Predicts the 10-year risk of fatal and non-fatal cardiovascular events (CVD)."""
    _require_diabetes(diabetes, diabetes_onset_age, age=age)
    filtration = (math.log(egfr) - 4.5) / 0.15
    terms = {
        **_middle_aged(smoking_status, sbp, chol_total=chol_total, hdl=hdl),
        "diabetes": 1.0,
        "diabetes_onset_age": (diabetes_onset_age - 50) / 5,
        "hba1c": (hba1c - 31) / 9.34,
        "egfr": filtration,
        "egfr_squared": filtration**2,
    }
    years = (age - 60) / 5
    return (_calibrated("score2-diabetes", terms, years=years, region=score2_region, sex=sex),)


def member(age: float, *, diabetes: bool) -> Predictor:
    """The equation of the family for people of that age, with diabetes or without."""
    if age >= 70:
        return score2_op
    return score2_diabetes if diabetes else score2


def _middle_aged(
    smoking_status: str, sbp: float, *, chol_total: float, hdl: float
) -> dict[str, float]:
    return {
        "smoking_status": float(smoking_status == "current"),
        "sbp": (sbp - 120) / 20,
        "chol_total": chol_total - 6,
        "hdl": (hdl - 1.3) / 0.5,
    }


def _require_diabetes(diabetes: bool, onset: float, *, age: float) -> None:
    if not diabetes:
        reason = Reason("diabetes", Problem.NOT_APPLICABLE, "only for people with diabetes")
        raise NotAssessed("score2-diabetes", (reason,))
    if onset >= age + 1:
        text = "the recorded onset of diabetes lies after the present age"
        reason = Reason("diabetes_onset_age", Problem.OUT_OF_RANGE, text)
        raise NotAssessed("score2-diabetes", (reason,))


def _calibrated(
    name: str, terms: Mapping[str, float], *, years: float, region: str, sex: str
) -> Prediction:
    scale_1, scale_2 = SCALES[name, region, sex]
    survival, mean = BASELINES[name, sex]
    parts: dict[str, float] = defaultdict(float)
    for term, amount in {"age": years, **terms}.items():
        main, with_age = COEFFICIENTS[name, sex][term]
        parts[term.removesuffix("_squared")] += scale_2 * amount * (main + with_age * years)
    baseline = scale_1 + scale_2 * (math.log(-math.log(survival)) - mean)
    return predict("CVD", parts, link=Link.CLOGLOG, baseline=baseline, years=10)


def _coefficients() -> Mapping[tuple[str, str], Mapping[str, tuple[float, float]]]:
    tables: dict[tuple[str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for row in rows("score2"):
        pair = float(row["coefficient"]), float(row["with_age"])
        tables[row["score"], row["sex"]][row["term"]] = pair
    return tables


COEFFICIENTS = _coefficients()

BASELINES = {
    (row["score"], row["sex"]): (float(row["survival"]), float(row["mean"]))
    for row in rows("score2_baselines")
}

SCALES = {
    (score, row["region"], row["sex"]): (float(row["scale_1"]), float(row["scale_2"]))
    for row in rows("score2_regions")
    for score in row["scores"].split()
}
