"""Coded answers: the newest that says something."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.coded_facts import coded
from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.record import Note, NoteCode, PatientRecord
from tests.fhir_adapters.sent import answered, read

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
CURRENT, FORMER, NEVER, UNKNOWN = "449868002", "8517006", "266919005", "266927001"
ANSWERED_UNKNOWN = Note(NoteCode.NEWER_UNUSABLE, 'the newest answer is "unknown"')
SMOKED_BEFORE = Note(NoteCode.AS_REPORTED, "now a non-smoker, earlier recorded as a smoker")


def smoking(answer: str, at: str, **fields: Any) -> dict[str, Any]:
    return answered("72166-2", answer, id=f"s{at}", effectiveDateTime=at, **fields)


def smokes(*resources: dict[str, Any], **given: Any) -> Fact:
    return asked(read(*resources, **given))


def asked(record: PatientRecord) -> Fact:
    return coded(record, "smoking_status", window="chronic", as_of=AS_OF)


def test_the_newest_answer_counts() -> None:
    record = read(smoking(FORMER, "2026-01-01"), smoking(CURRENT, "2025-01-01"))
    assert asked(record) == Fact(
        "smoking_status",
        State.KNOWN,
        value="former",
        basis=record.measurements["smoking_status"][:1],
    )


def test_an_answer_too_old_does_not() -> None:
    fact = smokes(smoking(FORMER, "2023-01-01"))
    stale = Note(NoteCode.STALE, "last recorded on 2023-01-01, too long ago")
    assert fact == Fact("smoking_status", State.NO_RECORD, notes=(stale,))


def test_the_window_is_that_asked_for() -> None:
    record = read(answered("67775-7", "248234008", effectiveDateTime="2026-03-15T08:00:00Z"))
    fact = coded(record, "avpu", window="acute", as_of=AS_OF)
    assert fact.value == "alert"
    old = read(answered("67775-7", "248234008", effectiveDateTime="2026-03-14T23:00:00Z"))
    assert coded(old, "avpu", window="acute", as_of=AS_OF).value is None
    assert coded(old, "avpu", window="chronic", as_of=AS_OF).value == "alert"


def test_unknown_is_no_answer() -> None:
    fact = smokes(smoking(UNKNOWN, "2026-01-01"))
    assert fact == Fact("smoking_status", State.NO_RECORD, notes=(ANSWERED_UNKNOWN,))


def test_unknown_does_not_hide_an_older_answer_but_is_noted() -> None:
    fact = smokes(smoking(UNKNOWN, "2026-01-01"), smoking(CURRENT, "2025-01-01"))
    assert (fact.value, fact.notes) == ("current", (ANSWERED_UNKNOWN,))
    fact = smokes(smoking(UNKNOWN, "2025-01-01"), smoking(CURRENT, "2026-01-01"))
    assert (fact.value, fact.notes) == ("current", ())


@pytest.mark.parametrize("before", [CURRENT, FORMER])
def test_never_after_having_smoked_is_former(before: str) -> None:
    for at in ("2025-01-01", "2010-01-01"):
        fact = smokes(smoking(NEVER, "2026-01-01"), smoking(before, at))
        assert (fact.value, fact.notes) == ("former", (SMOKED_BEFORE,))


def test_never_is_never_otherwise() -> None:
    assert smokes(smoking(NEVER, "2026-01-01"), smoking(NEVER, "2025-01-01")).value == "never"
    assert smokes(smoking(NEVER, "2026-01-01"), smoking(UNKNOWN, "2025-01-01")).notes == ()
    assert smokes(smoking(NEVER, "2026-01-01"), smoking(CURRENT, "2027-01-01")).value == "never"
    assert smokes(smoking(CURRENT, "2026-01-01"), smoking(FORMER, "2025-01-01")).notes == ()


def test_a_newer_answer_that_cannot_be_used_is_noted() -> None:
    fact = smokes(smoking(CURRENT, "2026-01-01"), smoking("1", "2026-02-01"))
    text = "a newer result of 2026-02-01 is not usable: its answer is not a known code"
    assert (fact.value, fact.notes) == ("current", (Note(NoteCode.NEWER_UNUSABLE, text),))


def test_remarks_on_the_answer_are_passed_on() -> None:
    fact = smokes(smoking(CURRENT, "2026-01-01", status="preliminary"))
    assert fact.notes == (Note(NoteCode.PRELIMINARY, "preliminary result"),)


def test_of_one_moment_the_finished_answer_is_preferred() -> None:
    early = smoking(FORMER, "2026-01-01", status="preliminary") | {"id": "z"}
    assert smokes(early, smoking(CURRENT, "2026-01-01")).value == "current"


def test_nothing_is_no_record_or_not_given() -> None:
    assert smokes() == Fact("smoking_status", State.NO_RECORD)
    assert smokes(slow_labs=None) == Fact("smoking_status", State.NOT_GIVEN)
