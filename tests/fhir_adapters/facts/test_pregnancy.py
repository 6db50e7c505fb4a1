"""Pregnancy: ends by itself, and is read from the newer of two places."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.facts.facts import condition as recorded
from fhir_adapters.record import Note, NoteCode, PatientRecord
from tests.fhir_adapters.sent import answered, condition, read

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
UNDATED = Note(NoteCode.STALE, "a pregnancy without a date, so perhaps over")
EXPIRED = Note(NoteCode.STALE, "a pregnancy of more than ten months ago")
OVER = Note(NoteCode.STALE, "recorded as over")


def expecting(**fields: Any) -> dict[str, Any]:
    return condition("72892002", **{"onsetDateTime": "2026-01-01"} | fields)


def status(answer: str, at: str, **fields: Any) -> dict[str, Any]:
    code = {"pregnant": "77386006", "not": "60001007"}[answer]
    return answered("82810-3", code, effectiveDateTime=at, **fields)


def pregnancy(*resources: dict[str, Any], **given: Any) -> Fact:
    return asked(read(*resources, **given))


def asked(record: PatientRecord) -> Fact:
    return recorded(record, "pregnancy", as_of=AS_OF)


def test_a_recorded_pregnancy_counts() -> None:
    record = read(expecting())
    assert asked(record) == Fact("pregnancy", State.KNOWN, value=True, basis=record.conditions)


@pytest.mark.parametrize(("days", "value"), [(305, True), (305.01, False)])
def test_for_ten_months_since_its_onset_or_recording(days: float, value: bool) -> None:
    at = (AS_OF - timedelta(days=days)).isoformat()
    for fields in ({"onsetDateTime": at}, {"onsetDateTime": ..., "recordedDate": at}):
        fact = pregnancy(expecting(**fields))
        assert fact.value is value
        assert fact.notes == (() if value else (EXPIRED,))
    expired = pregnancy(expecting(onsetDateTime="2020-01-01"))
    assert expired == Fact("pregnancy", State.NO_RECORD, value=False, notes=(EXPIRED,))


def test_a_pregnancy_without_date_leaves_it_open() -> None:
    record = read(expecting(onsetDateTime=...))
    assert asked(record) == Fact(
        "pregnancy",
        State.KNOWN,
        alternatives=(True, False),
        basis=record.conditions,
        notes=(UNDATED,),
    )


def test_a_dated_one_beside_it_settles_it() -> None:
    assert pregnancy(expecting(onsetDateTime=...), expecting(id="c2")).value is True


def test_a_past_pregnancy_is_none() -> None:
    fact = pregnancy(expecting(clinicalStatus="resolved"))
    assert fact == Fact("pregnancy", State.NO_RECORD, value=False, notes=(OVER,))


def test_nothing_recorded_is_no_record_or_open() -> None:
    assert pregnancy() == Fact("pregnancy", State.NO_RECORD, value=False)
    open_ = Fact("pregnancy", State.NOT_GIVEN, alternatives=(False, True))
    assert pregnancy(conditions=None) == open_
    expired = pregnancy(expecting(onsetDateTime="2020-01-01"), conditions=None)
    assert (expired.alternatives, expired.notes) == ((False, True), (EXPIRED,))


def test_the_pregnancy_status_says_so_too() -> None:
    record = read(status("pregnant", "2026-03-01"))
    basis = record.measurements["pregnancy_status"]
    assert asked(record) == Fact("pregnancy", State.KNOWN, value=True, basis=basis)


def test_both_are_its_basis_where_they_agree() -> None:
    fact = pregnancy(status("pregnant", "2026-03-01"), expecting())
    assert len(fact.basis) == 2


def test_not_pregnant_settles_it_even_where_the_list_was_not_given() -> None:
    record = read(status("not", "2026-03-01", status="preliminary"), conditions=None)
    assert asked(record) == Fact(
        "pregnancy",
        State.KNOWN,
        value=False,
        basis=record.measurements["pregnancy_status"],
        notes=(Note(NoteCode.PRELIMINARY, "preliminary result"),),
    )


def test_not_pregnant_overrides_an_older_or_undated_record() -> None:
    assert pregnancy(status("not", "2026-03-01"), expecting()).value is False
    assert pregnancy(status("not", "2026-03-01"), expecting(onsetDateTime=...)).value is False


def test_but_not_a_newer_one() -> None:
    fact = pregnancy(status("not", "2025-12-01"), expecting())
    assert (fact.value, len(fact.basis)) == (True, 1)


def test_pregnant_does_not_outlast_the_end_of_the_pregnancy() -> None:
    ended = expecting(abatementDateTime="2026-03-10")
    assert pregnancy(status("pregnant", "2026-03-01"), ended).value is False
    assert pregnancy(status("pregnant", "2026-03-12"), ended).value is True
    planned = expecting(abatementDateTime="2026-06-01")
    assert pregnancy(status("pregnant", "2026-03-01"), planned).value is True
    other = condition(abatementDateTime="2026-03-10", id="c2")
    assert pregnancy(status("pregnant", "2026-03-01"), other).value is True
    undated = expecting(clinicalStatus="resolved")
    assert pregnancy(status("pregnant", "2026-03-01"), undated).value is True


def test_a_status_of_long_ago_says_nothing() -> None:
    assert pregnancy(status("pregnant", "2025-01-01")).value is False


def test_remarks_on_the_record_are_passed_on() -> None:
    assumed = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
    assert pregnancy(expecting(clinicalStatus=...)).notes == (assumed,)


POSITIVE = Note(NoteCode.MAY_BE_RECORDED, "a pregnancy test was positive")


def hcg(answer: str, at: str = "2026-03-01", code: str = "2106-3") -> dict[str, Any]:
    found = {"positive": "10828004", "negative": "260385009"}[answer]
    return answered(code, found, effectiveDateTime=at, id=f"hcg-{at}")


@pytest.mark.parametrize("code", ["2106-3", "80384-1", "2112-1", "2118-8", "80385-8", "2110-5"])
def test_a_positive_pregnancy_test_leaves_it_open(code: str) -> None:
    fact = pregnancy(hcg("positive", code=code))
    assert (fact.alternatives, fact.notes) == ((True, False), (POSITIVE,))


def test_a_negative_or_an_old_test_says_nothing() -> None:
    assert pregnancy(hcg("negative")).value is False
    assert pregnancy(hcg("positive", "2025-03-01")).value is False


def test_a_newer_word_that_she_is_not_pregnant_settles_a_positive_test() -> None:
    assert pregnancy(hcg("positive"), status("not", "2026-03-02")).value is False
    later = pregnancy(hcg("positive", "2026-03-03"), status("not", "2026-03-02"))
    assert later.alternatives == (True, False)


def test_a_pregnancy_that_ended_after_the_test_settles_it() -> None:
    ended = expecting(abatementDateTime="2026-03-05", clinicalStatus=...)
    assert pregnancy(hcg("positive"), ended).alternatives == ()
