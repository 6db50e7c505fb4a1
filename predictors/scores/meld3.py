"""Severity of end-stage liver disease: MELD 3.0, doi:10.1053/j.gastro.2021.08.050."""

import math
from typing import Annotated

from predictors.predictor import Link, Prediction, predict
from predictors.score import age, condition, score, sex, value

HIGHEST = 40.0


@score(
    "meld-3",
    title="MELD 3.0",
    version="3.0",
    citation="Kim WR et al. Gastroenterology 2021;161:1887-95",
    url="https://doi.org/10.1053/j.gastro.2021.08.050",
    population="People from 12 years with end-stage liver disease; results of the same week.",
    within_hours=7 * 24,
    reference={
        "age": 50,
        "sex": "male",
        "bilirubin_total": 1.0,
        "inr": 1.0,
        "creatinine": 1.0,
        "sodium": 137.0,
        "albumin": 3.5,
        "dialysis": False,
    },
    discrimination=(
        "C 0.869 for 90-day survival on the waitlist: Kim, Gastroenterology 2021;161:1887"
    ),
)
def meld_3(
    *,
    age: Annotated[float, age(12)],
    sex: Annotated[str, sex()],
    bilirubin_total: Annotated[float, value("mg/dL", 0)],
    inr: Annotated[float, value("{INR}", 0)],
    creatinine: Annotated[float, value("mg/dL", 0)],
    sodium: Annotated[float, value("mmol/L", 0)],
    albumin: Annotated[float, value("g/dL", 0)],
    dialysis: Annotated[bool, condition()],
) -> tuple[Prediction, ...]:
    """Computes the score, 6 to 40, from results limited as the definition says.

    On dialysis creatinine counts as 3 mg/dL. Where the sum exceeds 40, the excess is taken from the
    baseline.
    """
    bilirubin = math.log(max(bilirubin_total, 1))
    kidney = math.log(3) if dialysis else math.log(min(max(creatinine, 1), 3))
    low_sodium = 137 - min(max(sodium, 125), 137)
    low_albumin = 3.5 - min(max(albumin, 1.5), 3.5)
    parts = {
        "bilirubin_total": 4.56 * bilirubin,
        "inr": 9.09 * math.log(max(inr, 1)),
        "creatinine": 0.0 if dialysis else 11.14 * kidney,
        "dialysis": 11.14 * kidney if dialysis else 0.0,
        "sodium": (0.82 - 0.24 * bilirubin) * low_sodium,
        "albumin": (1.85 - 1.83 * kidney) * low_albumin,
        **_constant(age, sex),
    }
    baseline = min(6.0, HIGHEST - math.fsum(parts.values()))
    return (predict("MELD 3.0", parts, unit="{score}", link=Link.WHOLE, baseline=baseline),)


def _constant(age: float, sex: str) -> dict[str, float]:
    # OPTN policy 9: adolescents are given the constant whatever their sex.
    if age < 18:
        return {"age": 1.33, "sex": 0.0}
    return {"age": 0.0, "sex": 1.33 if sex == "female" else 0.0}
