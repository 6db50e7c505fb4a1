"""The override rate of a service week by week, with control limits (a p-chart)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from cds_hooks.admin.burden import answered
from cds_hooks.admin.charts import Point
from cds_hooks.admin.period import Period

ERRORS = 3
"""Standard errors from the centre to a control limit, as in Shewhart's charts."""


@dataclass(frozen=True, slots=True)
class Week:
    """Cards issued from that Monday on which were answered, and how many were overridden."""

    monday: date
    answered: int
    overridden: int
    limits: tuple[float, float]

    @property
    def rate(self) -> float:
        """The share that was overridden."""
        return self.overridden / self.answered

    @property
    def beyond(self) -> bool:
        """Whether it lies outside of the control limits."""
        return not self.limits[0] <= self.rate <= self.limits[1]


def weeks(connection: Connection, period: Period, *, service: str) -> tuple[Week, ...]:
    """The weeks with an answered card, oldest first."""
    counts: dict[date, list[int]] = {}
    for each in answered(connection, period):
        if each.service == service:
            day = date.fromisoformat(each.issued_at[:10])
            number = counts.setdefault(day - timedelta(days=day.weekday()), [0, 0])
            number[0] += 1
            number[1] += not each.accepted
    return controlled({monday: (number[0], number[1]) for monday, number in counts.items()})


def controlled(counts: dict[date, tuple[int, int]]) -> tuple[Week, ...]:
    """Weeks of answered and overridden cards, with limits around the rate of all together."""
    total = sum(number for number, _ in counts.values())
    centre = sum(overridden for _, overridden in counts.values()) / total if total else 0.0
    return tuple(
        Week(monday, *counts[monday], _limits(centre, counts[monday][0]))
        for monday in sorted(counts)
    )


def _limits(centre: float, number: int) -> tuple[float, float]:
    reach: float = ERRORS * (centre * (1 - centre) / number) ** 0.5
    return max(0.0, centre - reach), min(1.0, centre + reach)


def points(found: Sequence[Week]) -> tuple[Point, ...]:
    """The same to be drawn."""
    return tuple(Point(f"{each.monday:%d %b}", each.rate, None, each.limits) for each in found)
