"""One concept asked of a record: which measurements answer, and what stands in the way of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import isfinite

from fhir_adapters.facts.fact import (
    CLOCK_SKEW,
    Fact,
    Implausible,
    State,
    Window,
    day,
    missing,
    past,
)
from fhir_adapters.readers import unplaced
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    Note,
    NoteCode,
    PatientRecord,
    When,
)
from fhir_adapters.terminology.units import from_canonical, readings
from fhir_adapters.terminology.value_sets import Concept, codes_of, concepts

_HELD_ELSEWHERE = frozenset({DropCode.DUPLICATE, DropCode.SUPERSEDED})
_LEAST_PREFERRED = 999
UNDATED = "undated"
"""In place of the time that a result does not say."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """A concept, asked of a record as of a moment and within one of its look-backs.

    `within`, unless it is no time, is a look-back of its own.
    """

    record: PatientRecord
    concept: Concept
    window: Window
    as_of: datetime
    within: timedelta = timedelta(0)

    @property
    def oldest(self) -> datetime:
        """What ended before this is too old."""
        if self.within:
            return self.as_of - self.within
        concept = self.concept
        return self.as_of - (concept.chronic if self.window == "chronic" else concept.acute)

    def every(self) -> tuple[Measurement, ...]:
        """Every measurement of the concept or of one that it includes, newest first."""
        held = self.record.measurements
        own = held.get(self.concept.key, ())
        if not self.concept.includes:
            return own
        narrower = [each for key in self.concept.includes for each in held.get(key, ())]
        return (*sorted((*own, *narrower), key=preference, reverse=True),) if narrower else own

    def recent(self) -> list[Measurement]:
        """Those that are neither too old nor in the future, newest first."""
        latest, oldest = self.as_of + CLOCK_SKEW, self.oldest
        return [
            each
            for each in self.every()
            if each.when.earliest <= latest and each.when.latest >= oldest
        ]

    def exact(self) -> list[Measurement]:
        """Of the recent ones those that are not merely bounds."""
        return [each for each in self.recent() if not each.bound]

    def covers(self, when: When) -> bool:
        """Whether something of that time is neither too old nor in the future."""
        return past(when, self.as_of) and when.latest >= self.oldest

    def about(self, concept: str) -> "Question":
        """The same question about another concept."""
        return replace(self, concept=concepts()[concept])


def number(measurement: Measurement) -> float:
    """The value of a measurement that is a number."""
    return float(measurement.value)


def preference(measurement: Measurement) -> tuple[When, bool, bool, bool, bool, int, str]:
    """Sorts the best measurement last: the newest and, of one moment, the surest."""
    source = measurement.source
    return (
        measurement.when,
        measurement.corrected,
        not any(note.code is NoteCode.HAEMOLYSED for note in measurement.notes),
        not measurement.bound,
        not any(note.code is NoteCode.PRELIMINARY for note in measurement.notes),
        -_ranks(measurement.concept).get(source.code, _LEAST_PREFERRED),
        source.reference,
    )


@cache
def _ranks(concept: str) -> Mapping[str, int]:
    return {code: rank for rank, (_, code) in enumerate(codes_of(concept))}


def nothing(question: Question, unit: str) -> Fact:
    """The fact that nothing usable was found, and whatever may explain it."""
    state, notes = missing(question.record, question.concept.cadence)
    why = [*notes, *_unhelpful(question), *unusable(question, None)]
    if state is State.NO_RECORD:
        why += unplaced.remarks(question.record, question.concept.cadence, "")
    return Fact(
        question.concept.key,
        state,
        unit=unit,
        notes=tuple(why),
        implausible=implausible(question, unit, None) if unit else (),
    )


def _unhelpful(question: Question) -> Iterator[Note]:
    """What is recorded of the concept but does not answer the question."""
    if any(each.bound for each in question.recent()):
        yield Note(NoteCode.BOUNDED, "known only as a bound")
    old = next((each for each in question.every() if each.when.latest < question.oldest), None)
    if old:
        yield Note(NoteCode.STALE, f"last recorded on {day(old.when)}, too long ago")


def implausible(question: Question, unit: str, since: When | None) -> tuple[Implausible, ...]:
    """What was sent after `since`, or at all, but is not used because of its number: newest first.

    It is beyond the plausible range, or it is not known whose it is, or in what unit: then whatever
    it may be. A flag without a number stands for the end of the plausible range. What does not say
    when it was taken may be of now.
    """
    now = When(question.as_of, question.as_of, UNDATED)
    keys = (question.concept.key, *question.concept.includes)
    found = [
        value
        for each in question.record.dropped
        if each.concept in keys and _may_hold(each, question, since)
        for value in _values(each, each.when or now, question.concept, unit)
    ]
    return tuple(sorted(found, key=lambda each: each.when, reverse=True))


def _may_hold(dropped: Dropped, question: Question, since: When | None) -> bool:
    undated = dropped.when is None and dropped.code not in _HELD_ELSEWHERE
    return undated or _lost(dropped, question, since)


def _values(dropped: Dropped, when: When, concept: Concept, unit: str) -> Iterator[Implausible]:
    """What a number that was not used would be.

    Of one whose unit is not known what is plausible or, if nothing is, the number as it is.
    """
    source, value, number = dropped.source, dropped.value, dropped.number
    if value is not None and isfinite(value):
        yield Implausible(
            _in(concept, value, unit), unit, when, source, _why(dropped), dropped.flag
        )
    if number is not None and isfinite(number.value):
        why, sent, bound = NoteCode.UNIT_UNKNOWN, number.sent, number.bound
        for each in readings(concept, number.value):
            yield Implausible(_in(concept, each, unit), unit, when, source, why, sent, bound)


def _why(dropped: Dropped) -> NoteCode:
    if dropped.flag:
        return NoteCode.FLAGGED
    if dropped.when is None:
        return NoteCode.TIME_UNKNOWN
    whose = dropped.code is DropCode.NO_SUBJECT
    return NoteCode.SUBJECT_UNKNOWN if whose else NoteCode.IMPLAUSIBLE


def _in(concept: Concept, value: float, unit: str) -> float:
    return value if unit == concept.unit else from_canonical(concept, value, unit)


def unusable(question: Question, since: When | None) -> Iterator[Note]:
    """What was sent after `since`, or at all, but cannot be used, and why: the newest of each."""
    future = [each for each in question.every() if not past(each.when, question.as_of)]
    if future:
        yield Note(NoteCode.NEWER_UNUSABLE, f"dated {day(future[0].when)}, in the future")
    keys = (question.concept.key, *question.concept.includes)
    sent = (each for each in question.record.dropped if each.concept in keys)
    newest = max((each for each in sent if _lost(each, question, since)), key=_sent, default=None)
    if newest:
        kind = "a newer result" if since else "a result"
        dated = f" of {day(newest.when)}" if newest.when else ""
        yield Note(NoteCode.NEWER_UNUSABLE, f"{kind}{dated} is not usable: {newest.text}")


def _lost(dropped: Dropped, question: Question, since: When | None) -> bool:
    if dropped.code in _HELD_ELSEWHERE:
        return False
    if dropped.when is None:
        return since is None
    return question.covers(dropped.when) and (since is None or dropped.when > since)


def _sent(dropped: Dropped) -> tuple[datetime, str]:
    return dropped.when.earliest if dropped.when else _LONG_AGO, dropped.text
