"""How right a service's predictions were in a period: all, for whom, and month by month."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from cds_hooks.admin.bounded import Bounded, bounded
from cds_hooks.admin.charts import Point
from cds_hooks.admin.period import Period
from cds_hooks.monitoring.calibration import (
    LIMITS,
    Course,
    Performance,
    by_group,
    course,
    month,
    performance,
)
from cds_hooks.monitoring.labelled import Labelled, labelled
from cds_hooks.store.schema import outcomes

REPLICATES = (50, 200)
"""The fewest and most resamples of patients for an interval; the committee's file draws 200."""

RESAMPLED = 2_500_000
"""Predictions that an interval on a page may resample in all: about three seconds."""

RATIO = "observed to expected"


@dataclass(frozen=True, slots=True)
class CalibrationFigures:
    """Of the predictions in one mode: all together, by version, client and mode, and by month.

    A kind of group of which there is one alone is empty.
    """

    all: Performance
    groups: tuple[tuple[str, tuple[Performance, ...]], ...]
    course: Course
    replicates: int


def imported(connection: Connection) -> tuple[str, ...]:
    """The names of outcomes that the site imported."""
    return tuple(connection.scalars(select(outcomes.c.outcome).distinct().order_by("outcome")))


def read(
    connection: Connection, period: Period, *, service: str, outcome: str
) -> tuple[Bounded, list[Labelled]]:
    """The labelled predictions of the period, or of as many of its last days as a page reads."""
    found = bounded(connection, period)
    made = labelled(
        connection,
        service=service,
        outcome=outcome,
        since=found.period.since,
        until=found.period.until,
    )
    return found, made


def figures_of(made: Sequence[Labelled], *, mode: str) -> CalibrationFigures:
    """What the page shows of these predictions."""
    own = [each for each in made if each.mode == mode]
    draws = _replicates(len(made))
    return CalibrationFigures(
        performance("all", own, replicates=draws),
        (
            ("version", _groups(own, lambda each: each.version, draws)),
            ("client", _groups(own, lambda each: each.client, draws)),
            ("mode", _groups(made, lambda each: each.mode, draws)),
        ),
        course(by_group(own, month, replicates=draws)),
        draws,
    )


def _replicates(predictions: int) -> int:
    fewest, most = REPLICATES
    return max(fewest, min(most, RESAMPLED // max(predictions, 1)))


def _groups(
    made: Sequence[Labelled], key: Callable[[Labelled], str], draws: int
) -> tuple[Performance, ...]:
    """The groups, where there are several: one alone is what `all` tells already."""
    several = len({key(each) for each in made}) > 1
    return by_group(made, key, replicates=draws) if several else ()


def points(found: Course) -> tuple[Point, ...]:
    """Observed to expected by month, to be drawn; without the months that cannot be estimated."""
    ratios = ((each.group, each.estimates.get(RATIO)) for each, _ in found.periods)
    return tuple(
        Point(group, ratio.value, (ratio.low, ratio.high), LIMITS)
        for group, ratio in ratios
        if ratio
    )
