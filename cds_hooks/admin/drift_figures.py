"""What a predictor was given in a period, compared with a reference period."""

from dataclasses import dataclass

from sqlalchemy import Connection

from cds_hooks.admin.bounded import Bounded, bounded
from cds_hooks.admin.period import Period
from cds_hooks.monitoring.drift import Drift, drifts
from cds_hooks.monitoring.given import given_values


@dataclass(frozen=True, slots=True)
class Compared:
    """The two periods as they were read, and the alarms and last looks, alarms first.

    `referred` is of how many patients and days the reference is.
    """

    reference: Bounded
    period: Bounded
    referred: int
    tests: tuple[Drift, ...]


def compared(
    connection: Connection, predictor: str, *, reference: Period, period: Period
) -> Compared:
    """Every test that alarms, and those of the last look that the period has reached."""
    periods = bounded(connection, reference), bounded(connection, period)
    earlier, now = (
        given_values(
            connection, predictor=predictor, since=each.period.since, until=each.period.until
        )
        for each in periods
    )
    referred = max(map(len, earlier.values()), default=0)
    tests = tuple(drifts(earlier, now))
    last = max((each.look for each in tests), default=0)
    shown = (each for each in tests if each.alarms or each.look == last)
    ordered = sorted(shown, key=lambda each: (not each.alarms, each.p / each.limit, each.look))
    return Compared(*periods, referred, tuple(ordered))
