"""Facts from the Patient: age, sex, and the age at which a condition began."""

from datetime import datetime

from fhir_adapters.facts.fact import Basis, Fact, State
from fhir_adapters.facts.recorded_facts import counting_conditions, is_recorded
from fhir_adapters.r4.dates import years_between
from fhir_adapters.record import (
    Note,
    NoteCode,
    PatientRecord,
    Person,
    RecordedCondition,
)

_UNBORN = Note(NoteCode.NEWER_UNUSABLE, "the birth date is in the future")


def age(record: PatientRecord, *, as_of: datetime) -> Fact:
    """Age in completed years; alternatives (lowest, highest) if the birth date leaves it open."""
    person = record.person
    if person is None:
        return Fact("age", State.NOT_GIVEN, unit="a")
    notes = _of(person, NoteCode.ESTIMATED)
    if person.born is None:
        return Fact("age", State.NO_RECORD, unit="a", basis=(person,), notes=notes)
    lowest, highest = years_between(person.born, as_of)
    if highest < 0:
        return Fact("age", State.NO_RECORD, unit="a", basis=(person,), notes=(_UNBORN,))
    return _in_years("age", (max(lowest, 0), highest), (person,), notes)


def sex(record: PatientRecord) -> Fact:
    """Sex for clinical use; alternatives ("female", "male") where the Patient leaves it open."""
    person = record.person
    if person is None or not person.sex:
        basis = () if person is None else (person,)
        return Fact("sex", State.NOT_GIVEN, alternatives=("female", "male"), basis=basis)
    notes = _of(person, NoteCode.AS_REPORTED)
    return Fact("sex", State.KNOWN, value=person.sex, basis=(person,), notes=notes)


def onset_age(record: PatientRecord, condition: str, *, as_of: datetime) -> Fact:
    """Age in years at the earliest recorded onset of the condition, as the fact "..._onset_age".

    Completed years, where the onset is a date; alternatives where the dates leave them open.
    """
    name = f"{condition}_onset_age"
    counting = counting_conditions(record, condition, as_of=as_of)
    if not counting:
        recorded = is_recorded(record, condition, as_of=as_of)
        return Fact(name, recorded.state, unit="a", notes=recorded.notes)
    known = [(years, each) for each in counting if (years := _at_onset(each, record.person))]
    if not known:
        return Fact(name, State.NO_RECORD, unit="a", basis=counting)
    years, earliest = min(known, key=lambda one: one[0])
    return _in_years(name, years, (earliest,), earliest.notes)


def _at_onset(condition: RecordedCondition, person: Person | None) -> tuple[float, float] | None:
    """The lowest and highest age at which it may have begun."""
    if condition.onset_age is not None:
        return condition.onset_age, condition.onset_age
    if condition.onset is None or person is None or person.born is None:
        return None
    lowest, _ = years_between(person.born, condition.onset.earliest)
    _, highest = years_between(person.born, condition.onset.latest)
    return None if highest < 0 else (max(lowest, 0), highest)


def _in_years(
    name: str, years: tuple[float, float], basis: tuple[Basis, ...], notes: tuple[Note, ...]
) -> Fact:
    low, high = map(float, years)
    if low == high:
        return Fact(name, State.KNOWN, unit="a", value=low, basis=basis, notes=notes)
    alternatives = (low, high)
    return Fact(name, State.KNOWN, unit="a", alternatives=alternatives, basis=basis, notes=notes)


def _of(person: Person, code: NoteCode) -> tuple[Note, ...]:
    return tuple(note for note in person.notes if note.code is code)
