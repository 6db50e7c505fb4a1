"""The period that a page is about, as its address says: so the address can be passed on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from cds_hooks.protocol.errors import BadRequest

DAYS = 90
"""What a page shows where its address names no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in UTC, the `last` one included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def until(self) -> datetime:
        """When it is over."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1


def asked_period(asked: Mapping[str, str], *, today: date | None = None) -> Period:
    """The period of `from` and `to`, such as 2026-03-01; raises BadRequest."""
    last = _day(asked, "to") or today or datetime.now(UTC).date()
    first = _day(asked, "from") or last - timedelta(days=DAYS - 1)
    if first > last:
        raise BadRequest("the period ends before it begins")
    return Period(first, last)


def before(period: Period) -> Period:
    """As many days, which end where the period begins."""
    last = period.first - timedelta(days=1)
    return Period(last - timedelta(days=period.days - 1), last)


def _day(asked: Mapping[str, str], name: str) -> date | None:
    try:
        return date.fromisoformat(asked[name]) if asked.get(name) else None
    except ValueError:
        raise BadRequest(f"{name}: a day is written as 2026-03-01") from None
