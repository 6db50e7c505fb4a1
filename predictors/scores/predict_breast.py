"""Survival after surgery for breast cancer: PREDICT 2.2, doi:10.1186/s13058-017-0852-3."""

import math
from collections.abc import Iterator, Mapping
from typing import Annotated

from predictors.predictor import Link, Prediction, predict
from predictors.score import age, coded, score, stated, value

YEARS = (5, 10, 15)
UNKNOWN_GRADE = 2.13
UNKNOWN_SCREENING = 0.204
ENDOCRINE, CHEMOTHERAPY = -0.3857, -0.446
"""Log hazard ratios of endocrine therapy and of third-generation chemotherapy."""

HER2 = {"positive": 0.2413, "negative": -0.0762}

Status = Annotated[str, coded("positive", "negative")]


@score(
    "predict-breast",
    title="PREDICT Breast 2.2",
    version="2.2",
    citation="Candido dos Reis FJ et al. Breast Cancer Res 2017;19:58",
    url="https://doi.org/10.1186/s13058-017-0852-3",
    population="Women aged 25 to 85 operated for invasive breast cancer that has not spread.",
    excludes=("metastatic",),
    discrimination="AUC about 0.77 for 10-year survival: Vreven, Breast 2025, PMC12771499",
)
def predict_breast(
    *,
    age: Annotated[float, age(25, 85)],
    tumor_size: Annotated[float, value("mm", 1, 500)],
    nodes_positive: Annotated[float, value("{#}", 0, 100)],
    er_status: Status,
    histologic_grade: Annotated[str | None, coded("1", "2", "3")] = None,
    her2_status: Annotated[str | None, coded("positive", "negative", "equivocal")] = None,
    ki67: Annotated[float | None, value("%", 0, 100)] = None,
    screen_detected: Annotated[bool | None, stated("Found by screening")] = None,
) -> tuple[Prediction, ...]:
    """Predicts overall survival at 5, 10 and 15 years, by treatment after surgery.

    Each input adds to the negative of the cumulative hazard of death; its part of the hazard from
    breast cancer is its Aumann-Shapley share.
    """
    grade = UNKNOWN_GRADE if histologic_grade is None else float(histologic_grade)
    positive = er_status == "positive"
    if positive:
        screened = UNKNOWN_SCREENING if screen_detected is None else float(screen_detected)
        index = {
            **_er_positive(age, tumor_size, nodes=nodes_positive, grade=grade),
            "screen_detected": -0.22763366 * screened,
            "ki67": 0.0 if ki67 is None else 0.14904 if ki67 > 10 else -0.11333,
        }
    else:
        index = _er_negative(age, tumor_size, nodes=nodes_positive, grade=grade)
    index["her2_status"] = HER2.get(her2_status or "", 0.0)
    return tuple(_survival(age, positive, index=index))


def _er_positive(age: float, size: float, *, nodes: float, grade: float) -> dict[str, float]:
    inverse = (age / 10) ** -2
    return {
        "age": 34.53642 * (inverse - 0.0287449295)
        - 34.20342 * (inverse * math.log(age / 10) - 0.0510121013),
        "tumor_size": 0.7530729 * (math.log(size / 100) + 1.545233938),
        "nodes_positive": 0.7060723 * (math.log((nodes + 1) / 10) + 1.387566896),
        "histologic_grade": 0.746655 * grade,
    }


def _er_negative(age: float, size: float, *, nodes: float, grade: float) -> dict[str, float]:
    return {
        "age": 0.0089827 * (age - 56.3254902),
        "tumor_size": 2.093446 * (math.sqrt(size / 100) - 0.5090456276),
        "nodes_positive": 0.6260541 * (math.log((nodes + 1) / 10) + 1.086916249),
        "histologic_grade": 1.129091 if grade > 1 else 0.0,
    }


def _survival(age: float, positive: bool, *, index: Mapping[str, float]) -> Iterator[Prediction]:
    endocrine = ENDOCRINE if positive else 0.0
    treatments = {
        "surgery alone": 0.0,
        "endocrine therapy": endocrine,
        "endocrine therapy and third-generation chemotherapy": endocrine + CHEMOTHERAPY,
    }
    total = math.fsum(index.values())
    share = math.expm1(total) / total if total else 1.0
    for treatment, effect in treatments.items():
        for years in YEARS:
            hazard = _breast_hazard(years, positive) * math.exp(effect)
            parts = {name: -hazard * share * amount for name, amount in index.items()}
            parts["age"] -= _other_hazard(years, age)
            outcome = f"survival at {years} years with {treatment}"
            yield predict(outcome, parts, link=Link.LOG, baseline=-hazard, years=years)


def _breast_hazard(years: float, positive: bool) -> float:
    if positive:
        root = math.sqrt(years)
        return math.exp(0.7424402 - 7.527762 / root - 1.812513 * math.log(years) / root)
    return math.exp(-1.156036 + 0.4707332 / years**2 - 3.51355 / years)


def _other_hazard(years: float, age: float) -> float:
    by_age = 0.0698252 * ((age / 10) ** 2 - 34.23391957)
    return math.exp(by_age - 6.052919 + 1.079863 * math.log(years) + 0.3255321 * math.sqrt(years))
