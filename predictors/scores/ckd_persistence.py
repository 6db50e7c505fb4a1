"""Whether kidney disease is chronic: KDIGO's three months, doi:10.1016/j.kint.2023.10.018."""

from collections.abc import Callable
from itertools import takewhile
from typing import Annotated

from predictors.points import require_any
from predictors.predictor import Prediction, Series, predict
from predictors.score import age, score, series, sex
from predictors.scores.ckd_epi_2021 import egfr_over_time

PERSISTENT = 90.0
"""Days for which a marker has to be abnormal."""

LOW_EGFR = 60.0
"""mL/min/1.73 m2, excluded."""

ALBUMINURIA = 30.0
"""mg/g, included."""


@score(
    "ckd-persistence",
    title="KDIGO persistence of kidney disease",
    version="2024",
    citation="KDIGO CKD work group. Kidney Int 2024;105(4S):S117-314",
    url="https://doi.org/10.1016/j.kint.2023.10.018",
    population="Adults not on dialysis and without a kidney transplant.",
    excludes=("dialysis", "kidney_transplant"),
)
def ckd_persistence(
    *,
    age: Annotated[float, age(18)],
    sex: Annotated[str, sex()],
    creatinine: Annotated[Series, series("mg/dL", years=5)] = (),
    egfr: Annotated[Series, series("mL/min/{1.73_m2}", years=5)] = (),
    uacr: Annotated[Series, series("mg/g{creat}", years=5)] = (),
) -> tuple[Prediction, ...]:
    """Gives for how many days, up to the newest result, every result has been abnormal.

    The eGFR is CKD-EPI 2021 from creatinine, as reported only where there is none. A marker that
    was never measured, or whose newest result is normal, has been abnormal for 0 days.
    """
    require_any("ckd-persistence", creatinine=_any(creatinine), egfr=_any(egfr), uacr=_any(uacr))
    rates = egfr_over_time(creatinine, age=age, sex=sex)
    used = "creatinine" if rates else "egfr"
    low = _days(rates or egfr, lambda rate: rate < LOW_EGFR)
    leaking = _days(uacr, lambda ratio: ratio >= ALBUMINURIA)
    return (
        predict("days of low eGFR", {used: low}, unit="d"),
        predict("days of albuminuria", {"uacr": leaking}, unit="d"),
    )


def _any(values: Series) -> float | None:
    return float(len(values)) or None


def _days(values: Series, abnormal: Callable[[float], bool]) -> float:
    """Whole days from the first to the last of the newest results that are all abnormal."""
    run = list(takewhile(lambda each: abnormal(each[1]), reversed(values)))
    return float(round(run[-1][0] - run[0][0])) if run else 0.0
