"""When measurements make kidney disease chronic: KDIGO 2024, doi:10.1016/j.kint.2023.10.018."""

from typing import Annotated

from predictors.criteria import latest_run, met, spread
from predictors.points import half_up, require_any
from predictors.predictor import Prediction, Series
from predictors.score import age, score, series, sex
from predictors.scores.ckd_epi_2021 import egfr_over_time

CHRONIC = 90.0
"""Days that a finding must last, both ends included."""

LOW_GFR = 60.0
"""mL/min/1.73 m2; below this, as reported in whole numbers."""

ALBUMINURIA = 30.0
"""mg/g, included."""


@score(
    "ckd-criteria",
    title="KDIGO criteria of chronic kidney disease",
    version="2024",
    citation="KDIGO CKD work group. Kidney Int 2024;105(4S):S117-314",
    url="https://doi.org/10.1016/j.kint.2023.10.018",
    population="Adults who are not pregnant and not on dialysis.",
    excludes=("pregnancy", "dialysis"),
)
def ckd_criteria(
    *,
    age: Annotated[float, age(18)],
    sex: Annotated[str, sex()],
    creatinine: Annotated[Series, series("mg/dL", years=2)] = (),
    uacr: Annotated[Series, series("mg/g{creat}", years=2)] = (),
) -> tuple[Prediction, ...]:
    """Counts the criteria met: eGFR below 60, albuminuria; each for 90 days, not undone since."""
    require_any("ckd-criteria", creatinine=creatinine or None, uacr=uacr or None)
    rates = _as_reported(egfr_over_time(creatinine, age=age, sex=sex))
    runs = {
        "creatinine": latest_run(rates, lambda rate: rate < LOW_GFR),
        "uacr": latest_run(uacr, lambda ratio: ratio >= ALBUMINURIA),
    }
    chronic = {name: run for name, run in runs.items() if spread(run) >= CHRONIC}
    words = {"creatinine": ("eGFR", ""), "uacr": ("urine albumin/creatinine", " mg/g")}
    return met(
        {name: float(name in chronic) for name in runs},
        since={name: run[0][0] for name, run in chronic.items()},
        note="; ".join(_told(run, *words[name]) for name, run in chronic.items()),
    )


def _as_reported(rates: Series) -> Series:
    return tuple((days, half_up(rate)) for days, rate in rates)


def _told(run: Series, what: str, unit: str) -> str:
    return f"{what} {run[0][1]:.0f} and {run[-1][1]:.0f}{unit}, {spread(run):.0f} days apart"
