"""How fast kidney function is lost: slope of eGFR over the years, doi:10.1681/ASN.2019010008."""

from statistics import linear_regression, median
from typing import Annotated

from predictors.predictor import NotAssessed, Prediction, Problem, Reason, Series, predict
from predictors.score import age, score, series, sex
from predictors.scores.ckd_epi_2021 import YEAR, egfr_over_time

QUARTER = YEAR / 4
"""Days."""

FEWEST = 3
"""Quarters: a line through two points has no scatter to judge it by."""


@score(
    "egfr-slope",
    title="eGFR slope",
    version="2021",
    citation="Grams ME et al. J Am Soc Nephrol 2019;30:1746-55",
    url="https://doi.org/10.1681/ASN.2019010008",
    population="Adults from 20 years, not on dialysis and without a kidney transplant.",
    excludes=("dialysis", "kidney_transplant"),
)
def egfr_slope(
    *,
    creatinine: Annotated[Series, series("mg/dL", years=5)],
    age: Annotated[float, age(20)],
    sex: Annotated[str, sex()],
) -> tuple[Prediction, ...]:
    """Fits a straight line to CKD-EPI 2021 eGFR, in mL/min/1.73 m2 a year; falling is negative.

    Each quarter of a year counts once, with the median of its results: an admission with daily
    creatinine must not outweigh the years. Refuses fewer than three quarters or less than a year.
    """
    rates = egfr_over_time(creatinine, age=age, sex=sex)
    quarters = _quarters(rates)
    years = (quarters[0][0] - quarters[-1][0]) / YEAR if quarters else 0.0
    if len(quarters) < FEWEST or years < 1:
        text = "fewer than three quarters with creatinine over at least a year"
        raise NotAssessed("egfr-slope", (Reason("creatinine", Problem.MISSING, text),))
    slope, _ = linear_regression([-days / YEAR for days, _ in quarters], [r for _, r in quarters])
    note = f"{len(rates)} results over {years:.1f} years"
    return (predict("eGFR slope", {"creatinine": slope}, unit="mL/min/{1.73_m2}/a", note=note),)


def _quarters(rates: Series) -> Series:
    """The median day and eGFR of each quarter before the assessment that has any, oldest first."""
    places = sorted({int(days // QUARTER) for days, _ in rates}, reverse=True)
    held = [[each for each in rates if each[0] // QUARTER == place] for place in places]
    return tuple((median(d for d, _ in each), median(r for _, r in each)) for each in held)
