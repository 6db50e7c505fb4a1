"""What the topics of cards are for where it is not their service's purpose, and who tells of one.

`topics.csv` is read: of a topic its purpose, and in `told_by` the topic of the service that owns
the subject, whose card tells of it as well ("" if no other does).
"""

from collections.abc import Mapping
from csv import DictReader
from functools import cache
from importlib.resources import files

import msgspec

from cds_hooks.engine.finding import Purpose


class Topic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of `topics.csv`."""

    topic: str
    purpose: Purpose
    told_by: str


@cache
def topics() -> Mapping[str, Topic]:
    """The rows by the code of the topic."""
    text = files("cds_hooks").joinpath("engine/topics.csv").read_text(encoding="utf-8")
    rows = msgspec.convert(list(DictReader(text.splitlines())), list[Topic])
    return {row.topic: row for row in rows}
