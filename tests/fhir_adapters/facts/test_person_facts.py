"""Age, sex and age at onset: exact, or both ways."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.facts.person_facts import age, onset_age, sex
from fhir_adapters.record import Note, NoteCode, PatientRecord, Person
from tests.fhir_adapters.sent import condition, patient, read

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
INCOMPLETE = Note(NoteCode.ESTIMATED, "the birth date is not complete")


def who(record: PatientRecord) -> tuple[Person, ...]:
    return (record.person,) if record.person else ()


def years(**fields: Any) -> Fact:
    return age(read(patient(**fields)), as_of=AS_OF)


def onset(*resources: dict[str, Any], **given: Any) -> Fact:
    return onset_age(read(*resources, **given), "diabetes", as_of=AS_OF)


def test_age_is_in_completed_years() -> None:
    record = read(patient())
    assert age(record, as_of=AS_OF) == Fact(
        "age", State.KNOWN, unit="a", value=61.0, basis=who(record)
    )
    assert years(birthDate="1964-03-15").value == 62
    assert years(birthDate="1964-03-16").value == 61


@pytest.mark.parametrize(
    ("birth_date", "alternatives", "value"),
    [("1964", (61.0, 62.0), None), ("1964-03", (61.0, 62.0), None), ("1964-05", (), 61.0)],
)
def test_a_partial_birth_date_gives_an_interval(
    birth_date: str, alternatives: tuple[float, ...], value: float | None
) -> None:
    record = read(patient(birthDate=birth_date))
    assert age(record, as_of=AS_OF) == Fact(
        "age",
        State.KNOWN,
        unit="a",
        value=value,
        alternatives=alternatives,
        basis=who(record),
        notes=(INCOMPLETE,),
    )


def test_no_birth_date_is_no_record() -> None:
    record = read(patient(birthDate="1900-01-01"))
    withheld = Note(NoteCode.ESTIMATED, "the birth date is withheld or a placeholder")
    assert age(record, as_of=AS_OF) == Fact(
        "age", State.NO_RECORD, unit="a", basis=who(record), notes=(withheld,)
    )


def test_nobody_is_born_in_the_future() -> None:
    record = read(patient(birthDate="2027-01-01"))
    unborn = Note(NoteCode.NEWER_UNUSABLE, "the birth date is in the future")
    assert age(record, as_of=AS_OF) == Fact(
        "age", State.NO_RECORD, unit="a", basis=who(record), notes=(unborn,)
    )
    assert years(birthDate="2026-03-15").value == 0
    assert years(birthDate="2026").value == 0


def test_without_a_patient_nothing_is_given() -> None:
    assert age(read(), as_of=AS_OF) == Fact("age", State.NOT_GIVEN, unit="a")
    assert sex(read()) == Fact("sex", State.NOT_GIVEN, alternatives=("female", "male"))


def test_remarks_on_anything_but_the_birth_date_are_not_remarks_on_age() -> None:
    assert years(active=False).notes == ()


@pytest.mark.parametrize("gender", ["female", "male"])
def test_sex_is_as_recorded(gender: str) -> None:
    record = read(patient(gender=gender, birthDate="1964"))
    assert sex(record) == Fact("sex", State.KNOWN, value=gender, basis=who(record))


@pytest.mark.parametrize("gender", ["other", "unknown", ...])
def test_other_or_unknown_sex_is_both_ways(gender: object) -> None:
    record = read(patient(gender=gender))
    assert sex(record) == Fact(
        "sex", State.NOT_GIVEN, alternatives=("female", "male"), basis=who(record)
    )


def test_a_sex_that_differs_from_gender_is_noted() -> None:
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
    record = read(patient(gender="male", extension=[{"url": url, "valueCode": "F"}]))
    text = "sex for clinical use; administrative gender differs"
    assert sex(record).value == "female"
    assert sex(record).notes == (Note(NoteCode.AS_REPORTED, text),)


def test_the_age_at_onset_is_counted_from_birth() -> None:
    record = read(patient(), condition(onsetDateTime="2010-05-09"))
    assert onset_age(record, "diabetes", as_of=AS_OF) == Fact(
        "diabetes_onset_age", State.KNOWN, unit="a", value=45.0, basis=record.conditions
    )
    assert onset(patient(), condition(onsetDateTime="2010-05-10")).value == 46


def test_it_is_an_interval_where_the_dates_are() -> None:
    assert onset(patient(), condition(onsetDateTime="2010")).alternatives == (45.0, 46.0)
    assert onset(patient(birthDate="1964"), condition()).alternatives == (55.0, 56.0)
    at_birth = onset(patient(), condition(onsetDateTime="1964"))
    assert (at_birth.value, at_birth.alternatives) == (0.0, ())


def test_an_age_that_is_stated_is_used_with_its_remarks() -> None:
    stated = condition(onsetDateTime=..., onsetAge={"value": 45.5, "code": "a"})
    assert onset(stated).value == 45.5
    ends = {"low": {"value": 40, "code": "a"}, "high": {"value": 50, "code": "a"}}
    fact = onset(condition(onsetDateTime=..., onsetRange=ends))
    middle = Note(NoteCode.ESTIMATED, "age at onset is the middle of a range")
    assert (fact.value, fact.notes) == (45, (middle,))


def test_the_earliest_onset_counts() -> None:
    later = condition(id="c2", onsetDateTime="2015-01-01")
    fact = onset(patient(), later, condition(onsetDateTime="2010-01-01"))
    assert fact.value == 45
    assert [each.source.reference for each in fact.basis if hasattr(each, "onset")] == [
        "Condition/c1"
    ]
    unknown = condition(id="c0", onsetDateTime=...)
    assert onset(patient(), unknown, later).value == 50


@pytest.mark.parametrize(
    "resources",
    [
        [patient(), condition(onsetDateTime=...)],
        [condition()],
        [patient(birthDate=...), condition()],
        [patient(), condition(onsetDateTime="1950-01-01")],
    ],
)
def test_without_onset_or_birth_it_is_not_recorded(resources: list[dict[str, Any]]) -> None:
    record = read(*resources)
    assert onset_age(record, "diabetes", as_of=AS_OF) == Fact(
        "diabetes_onset_age", State.NO_RECORD, unit="a", basis=record.conditions
    )


def test_without_the_condition_there_is_no_onset() -> None:
    over = Note(NoteCode.STALE, "recorded as over")
    fact = onset(patient(), condition(clinicalStatus="resolved"))
    assert fact == Fact("diabetes_onset_age", State.NO_RECORD, unit="a", notes=(over,))
    fact = onset(patient(), conditions=None)
    assert fact == Fact("diabetes_onset_age", State.NOT_GIVEN, unit="a")
