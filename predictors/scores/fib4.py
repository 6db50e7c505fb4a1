"""Advanced liver fibrosis: FIB-4, doi:10.1002/hep.21178."""

import math
from collections.abc import Mapping
from typing import Annotated

from predictors.predictor import Link, Prediction, predict
from predictors.score import age, score, value

REFERENCE: Mapping[str, float] = {"age": 50, "ast": 25.0, "alt": 25.0, "platelets": 250.0}
"""A healthy value of each input, in the units of the score: our own choice."""


@score(
    "fib-4",
    title="FIB-4",
    version="2006",
    citation="Sterling RK et al. Hepatology 2006;43:1317-25",
    url="https://doi.org/10.1002/hep.21178",
    population="Adults over 35 years with chronic liver disease or its risk factors.",
    within_hours=7 * 24,
    reference=REFERENCE,
    discrimination=(
        "AUROC 0.77 to 0.84 above 35 years, 0.60 at 35 or younger: McPherson 2017, PMID 27725647"
    ),
)
def fib4(
    *,
    age: Annotated[float, age(36)],
    ast: Annotated[float, value("U/L", 1)],
    alt: Annotated[float, value("U/L", 1)],
    platelets: Annotated[float, value("10*9/L", 1)],
) -> tuple[Prediction, ...]:
    """Computes the index; each input adds to its natural logarithm, against the reference."""
    own = _logarithms(age, ast, alt=alt, platelets=platelets)
    healthy = _logarithms(
        REFERENCE["age"],
        REFERENCE["ast"],
        alt=REFERENCE["alt"],
        platelets=REFERENCE["platelets"],
    )
    parts = {name: amount - healthy[name] for name, amount in own.items()}
    baseline = math.fsum(healthy.values())
    return (predict("FIB-4", parts, unit="{score}", link=Link.LOG, baseline=baseline),)


def _logarithms(age: float, ast: float, *, alt: float, platelets: float) -> dict[str, float]:
    return {
        "age": math.log(age),
        "ast": math.log(ast),
        "alt": -0.5 * math.log(alt),
        "platelets": -math.log(platelets),
    }
