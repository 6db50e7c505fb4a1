"""Creatinine clearance by Cockcroft and Gault, doi:10.1159/000180580.

With the patient's actual weight, as drug labels mean it; it is no eGFR and stands for none.
"""

import math
from collections.abc import Mapping
from typing import Annotated

from predictors.predictor import Link, Prediction, Value, predict
from predictors.score import age, score, sex, value

OLDEST = 140
"""Years at which the equation gives no clearance."""

WOMEN = 0.85
"""The factor of the equation for women."""

REFERENCE: Mapping[str, Value] = {"age": 50, "weight": 70.0, "creatinine": 1.0, "sex": "male"}
"""The person that contributions are against: our own choice."""


@score(
    "cockcroft-gault",
    title="Creatinine clearance (Cockcroft-Gault, actual weight)",
    version="1976",
    citation="Cockcroft DW, Gault MH. Nephron 1976;16:31-41",
    url="https://doi.org/10.1159/000180580",
    population="Adults with a stable creatinine, not on dialysis, not pregnant.",
    excludes=("dialysis", "pregnancy"),
    reference=REFERENCE,
)
def cockcroft_gault(
    *,
    age: Annotated[float, age(18, 120)],
    weight: Annotated[float, value("kg", 20, 350)],
    creatinine: Annotated[float, value("mg/dL", 0.1, 30)],
    sex: Annotated[str, sex()],
) -> tuple[Prediction, ...]:
    """Estimates the clearance in mL/min; each input adds to its natural logarithm."""
    parts = {
        "age": math.log((OLDEST - age) / (OLDEST - 50)),
        "weight": math.log(weight / 70),
        "creatinine": -math.log(creatinine),
        "sex": math.log(WOMEN) if sex == "female" else 0.0,
    }
    baseline = math.log((OLDEST - 50) * 70 / 72)
    return (
        predict("creatinine clearance", parts, unit="mL/min", link=Link.LOG, baseline=baseline),
    )
