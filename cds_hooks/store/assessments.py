"""Every assessment of one call in one column: compact JSON, compressed.

A fact that several predictors were given is there once, each assessment names it by its place.
With the facts a predictor computes the same again. Codes of other rooms, such as a fact's state,
are text here: what an older version wrote is read even when a code is gone.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Struct, UnsetType
from sqlalchemy import Connection, select

from cds_hooks.store.schema import Row, calls, plain
from cds_hooks.store.timestamps import written

Given: TypeAlias = bool | float | str | tuple[tuple[float, float], ...] | None
"""What a predictor was given; a series is (days before, value) pairs."""

Interval: TypeAlias = tuple[datetime, datetime]
"""The earliest and the latest that a time may have been."""

_LEVEL = 1
"""Of zlib: a higher one saves less than a tenth, and takes twice the time."""


class KeptItem(Struct, frozen=True, omit_defaults=True, gc=False):
    """A resource that a fact rests on, with what its kind tells; `source` is a pseudonym."""

    source: str = ""
    code: str = ""
    value: str = ""
    unit: str = ""
    bound: str = ""
    original: str = ""
    when: Interval | None = None
    notes: tuple[str, ...] = ()
    setting: str = ""
    began: Interval | None = None
    standing: str = ""
    onset: Interval | None = None
    recorded: Interval | None = None
    authored: Interval | None = None


class KeptFact(Struct, frozen=True, omit_defaults=True, gc=False):
    """What a predictor was given of one name, in which unit, of what and when.

    `given` is the value itself; `alternatives` are there instead where several were tried. Neither
    is there for what is missing.
    """

    name: str
    state: str
    given: Given | UnsetType = UNSET
    alternatives: tuple[Given, ...] = ()
    unit: str = ""
    bound: str = ""
    notes: tuple[str, ...] = ()
    basis: tuple[KeptItem, ...] = ()


class KeptReason(Struct, frozen=True, omit_defaults=True, gc=False):
    """Why an input kept a predictor from answering; without its text where inputs are not kept."""

    input: str
    problem: str
    text: str = ""


class KeptPrediction(Struct, frozen=True, omit_defaults=True, gc=False):
    """A prediction; `parts` is what each input added, None where that was not computed or kept."""

    outcome: str
    value: float | None
    low: float | None
    high: float | None
    unit: str = "1"
    note: str = ""
    years: int = 0
    hours: int = 0
    link: str = "identity"
    baseline: float | None = 0.0
    parts: dict[str, float | None] | None = None


class KeptAssessment(Struct, frozen=True, omit_defaults=True, gc=False):
    """One predictor that a service asked: what it predicted, or why it refused.

    `version` is None where the service refused before it asked a predictor. `inputs` are places in
    the facts of the call, None where they are not kept; `inputs_digest` is there under `hashed`.
    """

    service: str
    predictor: str
    version: str | None
    mode: str = "live"
    predictions: tuple[KeptPrediction, ...] = ()
    inputs: tuple[int, ...] | None = None
    inputs_digest: str | None = None
    reasons: tuple[KeptReason, ...] = ()


class KeptAssessments(Struct, frozen=True, omit_defaults=True, gc=False):
    """All assessments of a call, made as of that moment, and the facts that they rest on."""

    as_of: datetime | None
    assessments: tuple[KeptAssessment, ...]
    facts: tuple[KeptFact, ...] = ()

    def facts_of(self, assessment: KeptAssessment) -> tuple[KeptFact, ...]:
        """The facts that one of them rests on."""
        return tuple(self.facts[place] for place in assessment.inputs or ())


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(KeptAssessments).decode


def pack(kept: KeptAssessments) -> bytes:
    """The column's content."""
    return zlib.compress(_encode(kept), _LEVEL)


def unpack(content: bytes) -> KeptAssessments:
    """What was packed; without any where nothing was."""
    return _decode(in_json(content)) if content else KeptAssessments(None, ())


def in_json(content: bytes) -> bytes:
    """The column's content as JSON."""
    return zlib.decompress(content)


def kept_between(
    connection: Connection, since: datetime, until: datetime, *, service: str = ""
) -> Iterator[tuple[Row, KeptAssessments]]:
    """Each call of that time (of one service, or of all) with its assessments, oldest first.

    A call that was repeated is there as often as it was made, with the same `hook_instance`.
    """
    own = calls.c
    sought = select(calls).where(
        own.recorded_at >= written(since), own.recorded_at < written(until)
    )
    sought = sought.where(own.event == "call", *([own.service == service] if service else []))
    ordered = sought.order_by(own.recorded_at, own.id).execution_options(yield_per=500)
    for row in connection.execute(ordered):
        yield plain(row), unpack(row.assessments or b"")
