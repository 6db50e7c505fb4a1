"""Glomerular filtration rate from creatinine: CKD-EPI 2021, doi:10.1056/NEJMoa2102953."""

import math
from typing import Annotated

from predictors.predictor import Link, Prediction, Series, predict
from predictors.score import age, score, sex, value

YEAR = 365.25
"""Days."""

AGE = 50.0
"""Years of the person that contributions are against: our own choice."""

CREATININE = {"female": 0.7, "male": 0.9}
"""mg/dL of that person, at which the equation bends."""


@score(
    "ckd-epi-2021",
    title="CKD-EPI 2021 (creatinine)",
    version="2021",
    citation="Inker LA et al. N Engl J Med 2021;385:1737-49",
    url="https://doi.org/10.1056/NEJMoa2102953",
    population=(
        "Adults with stable kidney function; not on dialysis, not pregnant, "
        "not in acute kidney injury."
    ),
    reference={"age": AGE, "sex": "male", "creatinine": CREATININE["male"]},
)
def ckd_epi_2021(
    *,
    creatinine: Annotated[float, value("mg/dL", 0.1, 30)],
    age: Annotated[float, age(18)],
    sex: Annotated[str, sex()],
) -> tuple[Prediction, ...]:
    """Estimates the GFR in mL/min/1.73 m2; each input adds to its natural logarithm."""
    female = sex == "female"
    ratio = creatinine / CREATININE[sex]
    below, above = math.log(min(ratio, 1)), math.log(max(ratio, 1))
    parts = {
        "creatinine": (-0.241 if female else -0.302) * below - 1.2 * above,
        "age": (age - AGE) * math.log(0.9938),
        "sex": math.log(1.012) if female else 0.0,
    }
    unit = "mL/min/{1.73_m2}"
    baseline = math.log(142) + AGE * math.log(0.9938)
    return (predict("eGFR", parts, unit=unit, link=Link.LOG, baseline=baseline),)


def egfr_over_time(creatinine: Series, *, age: float, sex: str) -> Series:
    """The eGFR of each creatinine in mg/dL, from 18 years on, at the age of its own date.

    `age` is in years at the assessment.
    """
    ages = [(days, value, age - days / YEAR) for days, value in creatinine]
    return tuple(
        (days, ckd_epi_2021.function(creatinine=value, age=then, sex=sex)[0].value)
        for days, value, then in ages
        if then >= 18
    )
