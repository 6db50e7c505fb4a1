"""One answer of the chart to what a predictor asks of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

from fhir_adapters.record import (
    Availability,
    Measurement,
    Note,
    NoteCode,
    PatientRecord,
    Person,
    RecordedAllergy,
    RecordedCondition,
    RecordedEncounter,
    RecordedMedication,
    Source,
    When,
)

Series: TypeAlias = tuple[tuple[float, float], ...]
"""(days before, value) pairs, oldest first; days are >= 0."""

Value: TypeAlias = float | bool | str | Series
"""A number in the asked unit, yes or no, the meaning of a code, or a series."""

Window: TypeAlias = Literal["chronic", "acute"]
"""Which look-back of a concept counts: the one for chronic risk, or for acute illness."""

Basis: TypeAlias = (
    Measurement
    | RecordedAllergy
    | RecordedCondition
    | RecordedMedication
    | RecordedEncounter
    | Person
)
"""What a fact rests on."""

CLOCK_SKEW = timedelta(hours=24)


class State(StrEnum):
    """Whether the chart answers; NO_RECORD: it was asked and holds nothing; NOT_GIVEN: unknown."""

    KNOWN = "known"
    NO_RECORD = "no-record"
    NOT_GIVEN = "not-given"


@dataclass(frozen=True, slots=True)
class Implausible:
    """A value in the unit of the fact that is not used, and `why`: NoteCode.IMPLAUSIBLE, for one.

    Of a number whose unit is not known it is what it would be in one of the units that it may be
    in; it was `sent` so.
    """

    value: float
    unit: str
    when: When
    source: Source
    why: NoteCode = NoteCode.IMPLAUSIBLE
    sent: str = ""
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """What the chart says of one name, as of one moment.

    `alternatives` are the values it may have where it is not exactly known, the likelier first, and
    `value` is then None. `bound` is "" or a comparator: the true value is on that side of `value`.
    `implausible` are newer values that were sent, newest first, and are beyond what is plausible:
    no score uses them, but one that would call for help if it were true is to be checked.
    """

    name: str
    state: State
    unit: str = ""
    value: Value | None = None
    alternatives: tuple[Value, ...] = ()
    bound: str = ""
    basis: tuple[Basis, ...] = ()
    notes: tuple[Note, ...] = ()
    implausible: tuple[Implausible, ...] = ()


def past(when: When, as_of: datetime) -> bool:
    """Whether a time is not in the future, give or take a day of clocks and time zones."""
    return when.earliest <= as_of + CLOCK_SKEW


def day(when: When) -> str:
    """The date of a time as it was written, for people."""
    return when.text[:10] or when.day.isoformat()


def missing(record: PatientRecord, key: str) -> tuple[State, tuple[Note, ...]]:
    """What it means that nothing was found under a prefetch key."""
    availability = record.availability.get(key, Availability.ABSENT)
    if availability is Availability.ANSWERED:
        return State.NO_RECORD, ()
    if availability is Availability.TRUNCATED:
        return State.NOT_GIVEN, (Note(NoteCode.TRUNCATED, "the list that was sent may go on"),)
    return State.NOT_GIVEN, ()
