"""Prognosis of operable breast cancer: Nottingham Prognostic Index, doi:10.1007/BF01840834."""

import math
from typing import Annotated

from predictors.points import banded
from predictors.predictor import Prediction, predict
from predictors.score import coded, score, value

GROUPS = (
    (2.4, "excellent"),
    (3.4, "good"),
    (4.4, "moderate I"),
    (5.4, "moderate II"),
    (6.4, "poor"),
    (math.inf, "very poor"),
)
"""Prognostic groups (Blamey 2007) by their upper limits, included."""

NODES = ((0.0, 1.0), (3.0, 2.0), (math.inf, 3.0))


@score(
    "npi",
    title="Nottingham Prognostic Index",
    version="1992",
    citation="Galea MH et al. Breast Cancer Res Treat 1992;22:207-19",
    url="https://doi.org/10.1007/BF01840834",
    population="Women with operable invasive breast cancer.",
    excludes=("metastatic",),
    discrimination="none was found in its papers, which give survival by group",
)
def npi(
    *,
    tumor_size: Annotated[float, value("mm", 0)],
    nodes_positive: Annotated[float, value("{#}", 0)],
    histologic_grade: Annotated[str, coded("1", "2", "3")],
) -> tuple[Prediction, ...]:
    """Computes the index and names its prognostic group."""
    parts = {
        "tumor_size": 0.02 * tumor_size,
        **banded("nodes_positive", nodes_positive, NODES).parts,
        "histologic_grade": float(histologic_grade),
    }
    index = round(math.fsum(parts.values()), 6)
    group = next(name for limit, name in GROUPS if index <= limit)
    return (predict("NPI", parts, unit="{score}", note=group),)
