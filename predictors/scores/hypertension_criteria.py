"""When blood pressure alone suggests hypertension: ESC 2024, doi:10.1093/eurheartj/ehae178."""

from collections import defaultdict
from statistics import fmean
from typing import Annotated

from predictors.criteria import met
from predictors.predictor import Prediction, Series
from predictors.score import score, series, setting

LIMITS = {"esc-2024": (140.0, 90.0), "aha-acc-2025": (130.0, 80.0)}
"""Systolic and diastolic mmHg of the office, included, by who defines it."""

OCCASION = 7
"""Days: readings of one week are one occasion, so that an illness or a stay counts only once."""

MONITORING = 6
"""More readings than these on one day are monitoring, not visits, and are left out."""

LEAST, MOST = 2, 3
"""How many occasions are needed, and of how many, the newest, the mean is taken."""


@score(
    "hypertension-criteria",
    title="Office blood pressure criteria of hypertension",
    version="2024",
    citation="McEvoy JW et al. Eur Heart J 2024;45:3912-4018; AHA/ACC 2025 for 130/80 mmHg",
    url="https://doi.org/10.1093/eurheartj/ehae178",
    population="Adults who are not pregnant; readings outside acute illness.",
    excludes=("pregnancy",),
)
def hypertension_criteria(
    *,
    sbp: Annotated[Series, series("mm[Hg]")],
    dbp: Annotated[Series, series("mm[Hg]")],
    hypertension_definition: Annotated[str, setting(*LIMITS)],
) -> tuple[Prediction, ...]:
    """Counts which of the mean systolic and diastolic pressure of 2 or 3 occasions are too high."""
    pressures = {"sbp": occasions(sbp), "dbp": occasions(dbp)}
    limits = dict(zip(pressures, LIMITS[hypertension_definition], strict=True))
    means = {name: fmean(v for _, v in several) for name, several in pressures.items() if several}
    high = {name: len(pressures[name]) >= LEAST and means[name] >= limits[name] for name in means}
    words = "/".join(f"{mean:.0f}" for mean in means.values())
    counted = max(len(several) for several in pressures.values())
    return met(
        {name: float(is_high) for name, is_high in high.items()},
        since={name: pressures[name][-1][0] for name, is_high in high.items() if is_high},
        note=f"mean blood pressure {words} mmHg on {counted} occasions",
    )


def occasions(pressure: Series) -> Series:
    """The newest occasions, newest first: how many days ago each began, and its mean of days."""
    found: list[list[tuple[int, float, float]]] = []
    for day in sorted(_days(pressure)):
        if not found or day[0] - found[-1][0][0] >= OCCASION:
            found.append([])
        found[-1].append(day)
    return tuple(
        (occasion[-1][1], fmean(mean for _, _, mean in occasion)) for occasion in found[:MOST]
    )


def _days(pressure: Series) -> list[tuple[int, float, float]]:
    """Whole days ago, exact days ago of the first reading, and mean of each day of visits."""
    days: defaultdict[int, list[tuple[float, float]]] = defaultdict(list)
    for ago, value in pressure:
        days[int(ago)].append((ago, value))
    return [
        (day, max(ago for ago, _ in readings), fmean(value for _, value in readings))
        for day, readings in days.items()
        if len(readings) <= MONITORING
    ]
