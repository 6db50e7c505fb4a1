"""How many calls a page reads: of a period with more, the newest days that hold no more."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from cds_hooks.admin.period import Period
from cds_hooks.store.schema import calls
from cds_hooks.store.timestamps import written

MOST_CALLS = 50_000


@dataclass(frozen=True, slots=True)
class Bounded:
    """The period that is read, and whether it is shorter than the one that was asked for."""

    period: Period
    cut: bool


def bounded(connection: Connection, period: Period, *, most: int = MOST_CALLS) -> Bounded:
    """The days at the end of the period with at most so many calls; always its last day."""
    own = calls.c
    newest = (
        select(own.recorded_at)
        .where(
            own.event == "call",
            own.recorded_at >= written(period.since),
            own.recorded_at < written(period.until),
        )
        .order_by(own.recorded_at.desc())
    )
    beyond = connection.scalar(newest.offset(most).limit(1))
    if beyond is None:
        return Bounded(period, cut=False)
    first = min(date.fromisoformat(beyond[:10]) + timedelta(days=1), period.last)
    return Bounded(Period(first, period.last), cut=first > period.first)
