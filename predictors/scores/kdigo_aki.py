"""Acute kidney injury from creatinine: KDIGO 2012, doi:10.1038/kisup.2012.1, NHS baseline rule."""

from dataclasses import dataclass
from statistics import median
from typing import Annotated

from predictors.predictor import NotAssessed, Prediction, Problem, Reason, Series, predict
from predictors.score import score, series

CURRENT = 2.0
"""Days: how recent the newest creatinine must be to speak of an acute injury."""

WEEK, YEAR = 7.0, 365.0
"""Days before the newest creatinine of which the lowest, and the median, is its reference."""

DIGITS = 3
"""Decimals compared: 0.3 mg/dL is 26.5 umol/L, which converts to 0.29977."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The creatinine in mg/dL that the newest one is compared with, and how it was chosen."""

    value: float
    how: str


@score(
    "kdigo-aki",
    title="KDIGO acute kidney injury stage",
    version="2012",
    citation="KDIGO acute kidney injury work group. Kidney Int Suppl 2012;2:1-138",
    url="https://doi.org/10.1038/kisup.2012.1",
    population="Anyone not on dialysis, with an earlier creatinine within a year.",
    excludes=("dialysis",),
)
def kdigo_aki(*, creatinine: Annotated[Series, series("mg/dL")]) -> tuple[Prediction, ...]:
    """Stages the newest creatinine, 0 to 3, and gives the baseline that it is compared with.

    Refuses if the newest is older than two days or there is none to compare it with.
    """
    days, newest = creatinine[-1]
    if days > CURRENT:
        raise _refused("the newest creatinine is more than 2 days old")
    reference = baseline(creatinine)
    if reference is None:
        raise _refused("no earlier creatinine within a year to compare with")
    stage = float(_stage(newest, reference.value, rise=_rise(creatinine)))
    note = f"{_criterion(newest, reference.value, rise=_rise(creatinine))}times the baseline"
    return (
        predict("AKI stage", {"creatinine": stage}, unit="{stage}", note=note),
        predict(
            "baseline creatinine",
            {"creatinine": reference.value},
            unit="mg/dL",
            note=reference.how,
        ),
    )


def baseline(creatinine: Series) -> Baseline | None:
    """The lower of the lowest of the 7 days before and the median of the 8 to 365 days before.

    The NHS algorithm computes the ratio to both, and the higher ratio decides: a rise over ten days
    is not hidden by a week of rising.
    """
    earlier, references = _earlier(creatinine), list[Baseline]()
    if week := [value for days, value in earlier if days <= WEEK]:
        references.append(Baseline(min(week), "lowest of the 7 days before"))
    if year := [value for days, value in earlier if WEEK < days <= YEAR]:
        references.append(Baseline(median(year), "median of the 8 to 365 days before"))
    return min(references, key=lambda each: each.value, default=None)


def _stage(newest: float, reference: float, *, rise: float) -> int:
    ratio = round(newest / reference, DIGITS)
    if ratio < 1.5 and round(rise, DIGITS) < 0.3:
        return 0
    # KDIGO: 4.0 mg/dL is stage 3 only where the rise itself is an acute injury.
    if ratio >= 3 or round(newest, DIGITS) >= 4:
        return 3
    return 2 if ratio >= 2 else 1


def _criterion(newest: float, reference: float, *, rise: float) -> str:
    """By which criterion it is staged, where not by the ratio alone, before the ratio itself."""
    ratio = newest / reference
    said = f"{ratio:.2g} "
    if round(ratio, DIGITS) < 1.5 and round(rise, DIGITS) >= 0.3:
        said = f"a rise of {rise:.2g} mg/dL within 48 hours, {said}"
    if round(ratio, DIGITS) < 3 and round(newest, DIGITS) >= 4:
        said = f"4.0 mg/dL or more with an acute rise, {said}"
    return said


def _rise(creatinine: Series) -> float:
    within = [value for days, value in _earlier(creatinine) if days <= 2]
    return creatinine[-1][1] - min(within, default=creatinine[-1][1])


def _earlier(creatinine: Series) -> Series:
    newest = creatinine[-1][0]
    return tuple((round(days - newest, 6), value) for days, value in creatinine[:-1])


def _refused(text: str) -> NotAssessed:
    return NotAssessed("kdigo-aki", (Reason("creatinine", Problem.MISSING, text),))
