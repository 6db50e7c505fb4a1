"""Facts from the problem list and the medication list: what is recorded, and whether it counts."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from fhir_adapters.facts.fact import Fact, State, day, missing, past
from fhir_adapters.readers import unplaced
from fhir_adapters.record import (
    STOPPED,
    Dropped,
    Note,
    NoteCode,
    PatientRecord,
    RecordedCondition,
    RecordedMedication,
    Standing,
    When,
)
from fhir_adapters.terminology.queries import cadences_of
from fhir_adapters.terminology.value_sets import conditions

TWELVE_MONTHS = timedelta(days=366)
"""How long an active order that is not renewed is taken to be in use."""

_CONDITIONS = conditions()

_OVER = Note(NoteCode.STALE, "recorded as over")
_DOSE_OPEN = Note(
    NoteCode.MAY_BE_RECORDED, "an order is on the list, but its dose leaves open what it is for"
)


def is_recorded(record: PatientRecord, name: str, *, as_of: datetime) -> Fact:
    """Whether the problem list holds the condition: True, or False where there is no record of it.

    A past one counts only where having ever had it matters, a suspected one never. Alternatives
    (False, True) if the list was not (wholly) given. Raises KeyError for an unknown condition.
    """
    if name not in _CONDITIONS:
        raise KeyError(name)
    if name not in record.named:
        return absent(record, name, "conditions")
    counting = counting_conditions(record, name, as_of=as_of)
    if counting:
        return Fact(name, State.KNOWN, value=True, basis=counting, notes=_surest(counting))
    notes = tuple(dict.fromkeys(_discounted(record, name, as_of)))
    return absent(record, name, "conditions", notes=notes)


def counting_conditions(
    record: PatientRecord, name: str, *, as_of: datetime
) -> tuple[RecordedCondition, ...]:
    """The recorded conditions that count, as of a moment."""
    ever = _CONDITIONS[name].ever
    return tuple(
        each
        for each in record.conditions
        if name in each.concepts
        and each.standing is not Standing.SUSPECTED
        and (ever or not (is_over(each, as_of) or _is_resolved(record, each, name, as_of)))
        and _has_begun(begun(each), as_of)
    )


def _is_resolved(
    record: PatientRecord, condition: RecordedCondition, name: str, as_of: datetime
) -> bool:
    """Whether a later entry of the list, or one where no time is told, says that it is over."""
    since = begun(condition)
    ends = (
        begun(each)
        for each in record.conditions
        if each.resolves and name in each.concepts and _has_begun(begun(each), as_of)
    )
    return any(end is None or since is None or not end < since for end in ends)


def entries(record: PatientRecord, name: str, *, as_of: datetime) -> tuple[RecordedCondition, ...]:
    """The entries of the condition that are not over, suspected ones too, as of a moment."""
    return tuple(
        each
        for each in record.conditions
        if name in each.concepts and not is_over(each, as_of) and _has_begun(begun(each), as_of)
    )


def begun(condition: RecordedCondition) -> When | None:
    """Since when, as far as is known, the condition has been there."""
    return condition.onset or condition.recorded


def is_over(condition: RecordedCondition, as_of: datetime) -> bool:
    """Whether the condition is in the past."""
    abated = condition.abated
    return condition.standing is Standing.HISTORY or (abated is not None and past(abated, as_of))


def medication(record: PatientRecord, name: str, *, as_of: datetime) -> Fact:
    """Whether an active order or statement of the last twelve months is of the drug class.

    Alternatives (True, False) if the only ones are older, undated, or of what has run out;
    (False, True) if the list was not (wholly) given. One whose period has ended does not count.
    """
    listed = tuple(
        each
        for each in record.medications
        if name in each.classes and _has_begun(each.authored, as_of) and not _ended(each, as_of)
    )
    fresh = tuple(each for each in listed if _is_current(each, as_of))
    if fresh:
        return Fact(name, State.KNOWN, value=True, basis=fresh, notes=_surest(fresh))
    if listed:
        notes = (_stale(listed), *_surest(listed))
        return Fact(name, State.KNOWN, alternatives=(True, False), basis=listed, notes=notes)
    notes = tuple(dict.fromkeys(_not_taken(record, name, as_of)))
    return absent(record, name, "medications", notes=notes)


def _ended(medication: RecordedMedication, as_of: datetime) -> bool:
    return medication.ends is not None and medication.ends.latest < as_of


def _not_taken(record: PatientRecord, name: str, as_of: datetime) -> Iterator[Note]:
    """What is on the list of the class but does not count, or may be of it by its dose."""
    for each in record.medications:
        if name in each.classes and each.ends and _ended(each, as_of):
            yield Note(NoteCode.STALE, f"an order of it ended on {day(each.ends)}")
        elif name in each.may_be and not _ended(each, as_of):
            yield _DOSE_OPEN
    for dropped in record.dropped:
        if dropped.text.startswith(STOPPED) and name in (dropped.may_be or ()):
            yield from _stopped(dropped, as_of)


def _stopped(dropped: Dropped, as_of: datetime) -> Iterator[Note]:
    """That an order of the last twelve months was stopped."""
    when, reason = dropped.when, dropped.text.removeprefix(STOPPED)
    if when and past(when, as_of) and when.latest >= as_of - TWELVE_MONTHS:
        yield Note(NoteCode.STOPPED, f"ordered on {day(when)}, since stopped{reason}")


def allergies(record: PatientRecord) -> Fact:
    """Every allergy and intolerance that is not over, in `basis`: True, or False if there is none.

    Alternatives (False, True) if the list was not (wholly) given; the notes say which entries could
    not be placed.
    """
    if not record.allergies:
        return absent(record, "allergies", "allergies")
    _, incomplete = missing(record, "allergies")
    notes = (*incomplete, *unplaced.remarks(record, "allergies", "allergies"))
    return Fact("allergies", State.KNOWN, value=True, basis=record.allergies, notes=notes)


def unrecognised(record: PatientRecord) -> tuple[RecordedMedication, ...]:
    """The active drugs that no table knows, which may be of any class."""
    return tuple(each for each in record.medications if not each.classes)


def absent(record: PatientRecord, name: str, key: str, *, notes: tuple[Note, ...] = ()) -> Fact:
    """No record of it, as far as the list under a prefetch key was given."""
    state, incomplete = missing(record, key)
    keys = cadences_of(name) if key == "conditions" else (key,)
    unread = (note for each in keys for note in unplaced.remarks(record, each, name))
    notes = (*incomplete, *notes, *unread)
    if state is State.NOT_GIVEN:
        return Fact(name, state, alternatives=(False, True), notes=notes)
    return Fact(name, state, value=False, notes=notes)


def _has_begun(when: When | None, as_of: datetime) -> bool:
    return when is None or past(when, as_of)


def _surest(items: Iterable[RecordedCondition | RecordedMedication]) -> tuple[Note, ...]:
    """The remarks on the one that least needs any."""
    return min((each.notes for each in items), key=len)


def _discounted(record: PatientRecord, name: str, as_of: datetime) -> Iterator[Note]:
    """Why records of the condition do not count."""
    for each in record.conditions:
        if name in each.concepts:
            since = begun(each)
            if since and not past(since, as_of):
                yield Note(NoteCode.NEWER_UNUSABLE, f"dated {day(since)}, in the future")
            elif each.standing is Standing.SUSPECTED:
                yield from each.notes
            else:
                yield _OVER


def _is_current(medication: RecordedMedication, as_of: datetime) -> bool:
    """Whether an order is of the last twelve months and what it ordered has not run out."""
    authored, until = medication.authored, medication.supplied_until
    if authored is None or (until is not None and until < as_of):
        return False
    return past(authored, as_of) and authored.latest >= as_of - TWELVE_MONTHS


def _stale(medications: Iterable[RecordedMedication]) -> Note:
    newest = max((each.authored for each in medications if each.authored), default=None)
    said = f"last ordered on {day(newest)}" if newest else "not dated"
    return Note(NoteCode.STALE, f"{said}, so perhaps no longer taken")
