"""Which service owns a card's topic on each hook, what the topic is for, and who else tells it.

`topics.csv` is read. `topic` is a code or what codes begin with; `services` own it, one a hook.
`purpose` is "" where it is the service's own, and `told_by` the topic whose card tells of the
subject as well ("" if no other does).
"""

from collections.abc import Mapping
from csv import DictReader
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

from cds_hooks.engine.finding import Purpose


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of `topics.csv`."""

    topic: str
    services: str
    purpose: Purpose | Literal[""]
    told_by: str

    @property
    def owners(self) -> tuple[str, ...]:
        """The ids of the services that own it."""
        return tuple(self.services.split())


@cache
def topics() -> Mapping[str, Topic]:
    """The rows by the topic."""
    text = files("cds_hooks").joinpath("engine/topics.csv").read_text(encoding="utf-8")
    rows = msgspec.convert(list(DictReader(text.splitlines())), list[Topic])
    return {row.topic: row for row in rows}


@lru_cache(maxsize=1024)
def row_of(code: str) -> Topic | None:
    """The row of a card's topic, the longest that its code begins with; None if none is."""
    begun = (each for each in topics().values() if code.startswith(each.topic))
    return max(begun, key=lambda each: len(each.topic), default=None)
