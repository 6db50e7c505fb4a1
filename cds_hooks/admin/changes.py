"""What changed from one day to the next: which predictors, versions and modes were met in calls."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from sqlalchemy import Connection

from cds_hooks.admin.period import Period
from cds_hooks.store.assessments import kept_between


@dataclass(frozen=True, slots=True)
class Met:
    """A predictor in a version, or a service in a mode, and when calls of the period met it."""

    kind: str
    name: str
    value: str
    first: str
    last: str
    calls: int


@dataclass(frozen=True, slots=True)
class Change:
    """On that day something was met for the first time in place of what was met before."""

    day: date
    kind: str
    name: str
    before: str
    now: str


def met(connection: Connection, period: Period) -> tuple[Met, ...]:
    """Everything that the calls of the period met, by kind, name and first call."""
    found: dict[tuple[str, str, str], tuple[str, str, int]] = {}
    for row, kept in kept_between(connection, period.since, period.until):
        at = str(row["recorded_at"])
        modes = {("mode", str(row["service"]), str(row["mode"]))}
        versions = {
            ("version", each.predictor, each.version)
            for each in kept.assessments
            if each.version and each.mode != "shadow"
        }
        for key in modes | versions:
            first, _, number = found.get(key, (at, at, 0))
            found[key] = (first, at, number + 1)
    made = (Met(*key, *when) for key, when in found.items())
    return tuple(sorted(made, key=lambda each: (each.kind, each.name, each.first)))


def changes(found: tuple[Met, ...]) -> tuple[Change, ...]:
    """What took another's place, newest first; that something is met at all is no change."""
    return tuple(sorted(_changes(found), key=lambda each: each.day, reverse=True))


def _changes(found: tuple[Met, ...]) -> Iterator[Change]:
    for before, now in pairwise(found):
        if (before.kind, before.name) == (now.kind, now.name):
            day = date.fromisoformat(now.first[:10])
            yield Change(day, now.kind, now.name, before.value, now.value)
