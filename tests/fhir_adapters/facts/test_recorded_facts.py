"""The problem and medication lists: yes, no record of it, or not given to us."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.facts.facts import condition as recorded
from fhir_adapters.facts.recorded_facts import medication, unrecognised
from fhir_adapters.record import Note, NoteCode
from tests.fhir_adapters.sent import condition, observation, order, read, searchset

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
NEXT = {"link": [{"relation": "next", "url": "https://e.org/2"}]}
TRUNCATED = Note(NoteCode.TRUNCATED, "the list that was sent may go on")
SUSPECTED = Note(NoteCode.SUSPECTED, "suspected, not confirmed")
OVER = Note(NoteCode.STALE, "recorded as over")
UNREAD = Note(
    NoteCode.MAY_BE_RECORDED, "the problem list has 1 entry that may be it (not readable)"
)
UNREAD_ORDER = Note(
    NoteCode.MAY_BE_RECORDED, "the medication list has 1 entry that may be it (not readable)"
)
INFARCTION = "22298006"


def diabetes(*resources: dict[str, Any], **given: Any) -> Fact:
    return recorded(read(*resources, **given), "diabetes", as_of=AS_OF)


def statin(*resources: dict[str, Any], **given: Any) -> Fact:
    return medication(read(*resources, **given), "statin", as_of=AS_OF)


def test_an_active_condition_is_recorded() -> None:
    record = read(condition(), condition("38341003", id="c2"))
    assert recorded(record, "diabetes", as_of=AS_OF) == Fact(
        "diabetes", State.KNOWN, value=True, basis=record.conditions[:1]
    )


def resolved(**fields: Any) -> dict[str, Any]:
    return condition("315051004", id="c2", **fields)


def test_a_later_resolution_ends_an_earlier_diabetes() -> None:
    assert diabetes(condition(), resolved(onsetDateTime="2022-01-01")).value is False
    assert diabetes(condition(), resolved(onsetDateTime=...)).value is False


def test_a_resolution_does_not_end_what_came_after_it() -> None:
    again = condition(onsetDateTime="2024-05-01")
    assert diabetes(again, resolved(onsetDateTime="2022-01-01")).value is True


def test_a_resolution_of_the_future_ends_nothing_yet() -> None:
    assert diabetes(condition(), resolved(onsetDateTime="2027-01-01")).value is True


def test_a_resolution_of_diabetes_ends_no_other_disease() -> None:
    record = read(condition("38341003"), resolved(onsetDateTime="2022-01-01"))
    assert recorded(record, "hypertension", as_of=AS_OF).value is True


def test_a_history_counts_where_ever_matters_and_nowhere_else() -> None:
    past = read(condition("312442005"), condition("275526006", id="c2"))
    assert recorded(past, "atrial_fibrillation", as_of=AS_OF).value is False
    assert recorded(past, "stroke_ischemic", as_of=AS_OF).value is True


def test_no_condition_in_an_answered_list_is_no_record() -> None:
    assert diabetes() == Fact("diabetes", State.NO_RECORD, value=False)
    assert diabetes(condition("38341003")).value is False


@pytest.mark.parametrize("raw", [None, b"[]"])
def test_a_list_not_given_leaves_it_open(raw: bytes | None) -> None:
    fact = diabetes(conditions=raw)
    assert fact == Fact("diabetes", State.NOT_GIVEN, alternatives=(False, True))


def test_a_list_that_may_go_on_leaves_it_open() -> None:
    fact = diabetes(conditions=searchset(**NEXT))
    assert fact == Fact("diabetes", State.NOT_GIVEN, alternatives=(False, True), notes=(TRUNCATED,))
    assert diabetes(conditions=searchset(condition(), **NEXT)).value is True


def test_it_is_the_list_of_conditions_that_counts() -> None:
    assert diabetes(medications=None).state is State.NO_RECORD
    assert statin(conditions=None).state is State.NO_RECORD


def test_a_past_condition_counts_only_where_ever_matters() -> None:
    past = {"clinicalStatus": "resolved"}
    fact = diabetes(condition(**past))
    assert fact == Fact("diabetes", State.NO_RECORD, value=False, notes=(OVER,))
    infarction = condition(INFARCTION, **past)
    assert recorded(read(infarction), "mi", as_of=AS_OF).value is True
    assert recorded(read(infarction), "ascvd", as_of=AS_OF).value is True


@pytest.mark.parametrize(
    ("abated", "value"),
    [("2026-03-14", False), ("2026-03-15", False), ("2026-03-20", True), ("2026", False)],
)
def test_an_abatement_in_the_past_overrides_active(abated: str, value: bool) -> None:
    fact = diabetes(condition(abatementDateTime=abated))
    assert fact.value is value
    assert fact.notes == (() if value else (OVER,))


def test_a_suspected_condition_does_not_count_but_is_noted() -> None:
    suspected = condition(INFARCTION, verificationStatus="provisional")
    fact = recorded(read(suspected), "mi", as_of=AS_OF)
    assert fact == Fact("mi", State.NO_RECORD, value=False, notes=(SUSPECTED,))


def test_a_condition_of_the_future_does_not_count_but_is_noted() -> None:
    fact = diabetes(condition(onsetDateTime="2026-03-17"))
    note = Note(NoteCode.NEWER_UNUSABLE, "dated 2026-03-17, in the future")
    assert (fact.value, fact.notes) == (False, (note,))
    later = condition(onsetDateTime=..., recordedDate="2026-04-01")
    assert diabetes(later).value is False
    assert diabetes(condition(onsetDateTime="2026-03-16")).value is True
    assert diabetes(condition(recordedDate="2027-01-01")).value is True


def test_the_same_remark_on_several_records_is_said_once() -> None:
    past = {"clinicalStatus": "resolved"}
    fact = diabetes(condition(**past), condition(id="c2", **past))
    assert fact.notes == (OVER,)


def test_reasons_for_not_counting_are_told_beside_a_list_not_given() -> None:
    fact = diabetes(condition(clinicalStatus="resolved"), conditions=None)
    assert fact.notes == (OVER,)
    fact = diabetes(condition(clinicalStatus="resolved"), conditions=searchset(**NEXT))
    assert fact.notes == (TRUNCATED, OVER)


def test_remarks_are_those_on_the_record_that_needs_least() -> None:
    flagged = condition(id="a", clinicalStatus=...)
    assumed = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
    assert diabetes(flagged).notes == (assumed,)
    fact = diabetes(flagged, condition())
    assert fact.notes == ()
    assert len(fact.basis) == 2


def test_a_condition_that_could_not_be_read_weakens_no_record() -> None:
    assert diabetes(condition(subject="p1")).notes == (UNREAD,)
    assert diabetes(order(subject="p1")).notes == ()
    assert diabetes(condition(subject="p1"), condition()).notes == ()
    unread_and_over = condition(subject="p1"), condition(id="c2", clinicalStatus="resolved")
    assert diabetes(*unread_and_over).notes == (OVER, UNREAD)


def test_an_unknown_condition_is_no_question() -> None:
    with pytest.raises(KeyError):
        recorded(read(), "housemaids_knee", as_of=AS_OF)


def test_an_active_order_of_the_last_year_is_on_the_list() -> None:
    record = read(order(), order("A10BA02", id="m2"))
    assert medication(record, "statin", as_of=AS_OF) == Fact(
        "statin", State.KNOWN, value=True, basis=record.medications[:1]
    )


def test_none_on_an_answered_list_is_no_record() -> None:
    assert statin() == Fact("statin", State.NO_RECORD, value=False)
    assert statin(order("A10BA02")).value is False


@pytest.mark.parametrize("raw", [None, b"[]"])
def test_a_medication_list_not_given_leaves_it_open(raw: bytes | None) -> None:
    fact = statin(medications=raw)
    assert fact == Fact("statin", State.NOT_GIVEN, alternatives=(False, True))


def test_a_medication_list_that_may_go_on_leaves_it_open() -> None:
    fact = statin(medications=searchset(**NEXT))
    assert (fact.alternatives, fact.notes) == ((False, True), (TRUNCATED,))


@pytest.mark.parametrize(("days", "known"), [(366, True), (366.01, False), (-1, True), (0, True)])
def test_an_order_counts_for_twelve_months(days: float, known: bool) -> None:
    at = (AS_OF - timedelta(days=days)).isoformat()
    fact = statin(order(authoredOn=at))
    assert fact.state is State.KNOWN
    assert fact.value is (True if known else None)
    assert fact.alternatives == (() if known else (True, False))


def test_an_older_order_leaves_it_open_with_its_date() -> None:
    record = read(order(authoredOn="2020-01-01"), order(id="m2", authoredOn="2021-02-02"))
    text = "last ordered on 2021-02-02, so perhaps no longer taken"
    assert medication(record, "statin", as_of=AS_OF) == Fact(
        "statin",
        State.KNOWN,
        alternatives=(True, False),
        basis=record.medications,
        notes=(Note(NoteCode.STALE, text),),
    )


def test_an_undated_order_leaves_it_open() -> None:
    fact = statin(order(authoredOn=...))
    assert fact.alternatives == (True, False)
    assert fact.notes == (Note(NoteCode.STALE, "not dated, so perhaps no longer taken"),)


def test_a_fresh_order_settles_it_beside_an_old_one() -> None:
    old = order(id="m2", authoredOn="2020-01-01", status=...)
    fact = statin(old, order())
    assert (fact.value, fact.notes, len(fact.basis)) == (True, (), 1)


def test_an_order_of_the_future_does_not_count() -> None:
    assert statin(order(authoredOn="2026-03-17")).value is False
    assert statin(order(authoredOn="2026-03-16")).value is True


def test_remarks_on_an_order_are_passed_on() -> None:
    by_name = Note(NoteCode.BY_NAME, "recognised by its name, not by a code")
    named = order(medicationCodeableConcept={"text": "simvastatin"})
    assert statin(named).notes == (by_name,)
    stale = statin(named | {"authoredOn": "2020-01-01"})
    assert [note.code for note in stale.notes] == [NoteCode.STALE, NoteCode.BY_NAME]


@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationOrder", "MedicationStatement"])
def test_an_order_that_could_not_be_read_weakens_no_record(kind: str) -> None:
    assert statin({"resourceType": kind, "id": "m1", "subject": "p1"}).notes == (UNREAD_ORDER,)


def test_other_resources_that_could_not_be_read_do_not() -> None:
    assert statin(condition(subject="p1"), observation(status=7)).notes == ()


def test_drugs_that_no_table_knows_are_counted() -> None:
    unknown = order(id="m2", medicationCodeableConcept={"text": "Remedium"})
    record = read(order(), unknown, order("N02BE01", id="m3"))
    assert [each.source.reference for each in unrecognised(record)] == ["MedicationRequest/m2"]
    assert unrecognised(read()) == ()
