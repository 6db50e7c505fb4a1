"""Suspected infection at the bedside: quick SOFA, doi:10.1001/jama.2016.0287."""

from typing import Annotated

from predictors.points import once, require_any, total
from predictors.predictor import Prediction
from predictors.score import age, score, value


@score(
    "qsofa",
    title="Quick SOFA",
    version="2016",
    citation="Singer M et al. JAMA 2016;315:801-10",
    url="https://doi.org/10.1001/jama.2016.0287",
    population="Adults with suspected infection outside intensive care; not to screen with alone.",
    discrimination=(
        "AUROC 0.63 to 0.81 for death: Infect Drug Resist 2021;14:2763; Chest 2019, PMC6859245"
    ),
)
def qsofa(
    *,
    age: Annotated[float, age(18)],
    resp_rate: Annotated[float | None, value("/min", window="acute")] = None,
    sbp: Annotated[float | None, value("mm[Hg]", window="acute")] = None,
    gcs_total: Annotated[float | None, value("{score}", 3, 15, window="acute")] = None,
) -> tuple[Prediction, ...]:
    """Counts 0 to 3 criteria; a missing one widens the span. Refuses if none is known."""
    require_any("qsofa", resp_rate=resp_rate, sbp=sbp, gcs_total=gcs_total)
    return (
        total(
            "qSOFA",
            once(1, resp_rate=None if resp_rate is None else resp_rate >= 22),
            once(1, sbp=None if sbp is None else sbp <= 100),
            once(1, gcs_total=None if gcs_total is None else gcs_total < 15),
        ),
    )
