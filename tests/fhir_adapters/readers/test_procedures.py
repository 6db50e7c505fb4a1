"""Procedures and devices: what was done, was not, may have been, and for how long it counts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.facts import condition as recorded
from fhir_adapters.record import (
    DropCode,
    Note,
    NoteCode,
    RecordedCondition,
    Source,
    Standing,
)
from tests.fhir_adapters.sent import ICD10, SNOMED, SUBJECT, concept, condition, dropped, read

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
MECHANICAL = "699347000"
MIXED = "174920003"
BIOPROSTHESIS = "1217005008"
HEMODIALYSIS = "302497006"
TRANSPLANT = "70536003"
BYPASS = "232717009"


def procedure(code: Any = MECHANICAL, **fields: Any) -> dict[str, Any]:
    """A mechanical heart valve put in on 1 May 2020, unless told otherwise."""
    made = {
        "resourceType": "Procedure",
        "id": "p1",
        "status": "completed",
        "code": concept(code, SNOMED) if isinstance(code, str) else code,
        "subject": SUBJECT,
        "performedDateTime": "2020-05-01",
    } | fields
    return {name: value for name, value in made.items() if value is not ...}


def device(**fields: Any) -> dict[str, Any]:
    """A mechanical heart valve in use, unless told otherwise."""
    made = {
        "resourceType": "Device",
        "id": "d1",
        "status": "active",
        "type": concept("705991002", SNOMED),
        "patient": SUBJECT,
    } | fields
    return {name: value for name, value in made.items() if value is not ...}


def use(kind: str = "DeviceUseStatement", **fields: Any) -> dict[str, Any]:
    """A statement that the device is in use, unless told otherwise."""
    pointer: Any = {"reference": "Device/d1"}
    made = {
        "resourceType": kind,
        "id": "u1",
        "status": "active",
        "subject": SUBJECT,
        "device": {"reference": pointer} if kind == "DeviceUsage" else pointer,
    } | fields
    return {name: value for name, value in made.items() if value is not ...}


def the(*resources: dict[str, Any]) -> RecordedCondition:
    (found,) = read(*resources).conditions
    return found


def reason(resource: dict[str, Any]) -> tuple[DropCode, str]:
    found = dropped(resource)
    return found.code, found.text


def has(name: str, *resources: dict[str, Any]) -> object:
    return recorded(read(*resources), name, as_of=AS_OF).value


def test_a_procedure_is_what_it_proves_with_its_date_and_its_source() -> None:
    found = the(procedure())
    assert found.concepts == {"mechanical_valve"}
    assert found.standing is Standing.ACTIVE
    assert found.source == Source("Procedure/p1", MECHANICAL)
    assert found.onset is not None
    assert found.onset.text == "2020-05-01"
    assert found.abated is None


@pytest.mark.parametrize(
    ("code", "key"),
    [
        (MECHANICAL, "mechanical_valve"),
        (MIXED, "valve_prosthesis_unknown"),
        (BIOPROSTHESIS, "bioprosthetic_valve"),
        (TRANSPLANT, "kidney_transplant"),
        (BYPASS, "cad"),
        ("36969009", "cad"),
    ],
)
def test_a_fact_does_not_see_whether_it_was_a_condition_or_a_procedure(code: str, key: str) -> None:
    assert has(key, procedure(code)) is True
    assert has(key, condition(code)) is True


@pytest.mark.parametrize("status", ["completed", "in-progress"])
def test_what_was_done_counts(status: str) -> None:
    assert has("mechanical_valve", procedure(status=status)) is True


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "not-done"},
        {"status": "preparation"},
        {"notDone": True},
        {"notPerformed": True},
    ],
)
def test_what_was_not_done_is_dropped(fields: dict[str, Any]) -> None:
    assert reason(procedure(**fields)) == (DropCode.NEGATED, "it was not done")


def test_what_was_entered_in_error_is_dropped() -> None:
    expected = DropCode.STATUS, "its status is entered-in-error"
    assert reason(procedure(status="entered-in-error")) == expected
    assert reason(device(status="entered-in-error")) == expected
    assert reason(use(status="entered-in-error")) == expected


@pytest.mark.parametrize(
    "status", ["stopped", "aborted", "on-hold", "suspended", "unknown", "new-in-r7"]
)
def test_what_may_have_been_done_is_only_suspected(status: str) -> None:
    assert the(procedure(status=status)).standing is Standing.SUSPECTED
    assert has("mechanical_valve", procedure(status=status)) is False


def test_a_missing_status_is_taken_as_done_and_said() -> None:
    found = the(procedure(status=...))
    assert found.standing is Standing.ACTIVE
    note = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as done")
    assert found.notes == (note,)


@pytest.mark.parametrize(
    "fields",
    [
        {"performedPeriod": {"start": "2020-05-01", "end": "2020-05-02"}},
        {"performedPeriod": {"end": "2020-05-01"}},
        {"occurrenceDateTime": "2020-05-01"},
        {"occurrencePeriod": {"start": "2020-05-01"}},
    ],
)
def test_every_versions_date_is_read(fields: dict[str, Any]) -> None:
    onset = the(procedure(performedDateTime=..., **fields)).onset
    assert onset is not None
    assert onset.text.startswith("2020-05-01")


def test_a_procedure_of_the_future_does_not_count_yet() -> None:
    assert has("mechanical_valve", procedure(performedDateTime="2026-05-01")) is False


def test_a_procedure_of_another_patient_is_dropped() -> None:
    code, _ = reason(procedure(subject={"reference": "Patient/p2"}))
    assert code is DropCode.WRONG_PATIENT


def test_a_procedure_that_proves_nothing_is_dropped_with_its_code() -> None:
    found = dropped(procedure("80146002"))
    assert found.code is DropCode.NO_KNOWN_CODE
    assert found.source == Source("Procedure/p1", "80146002")


def test_a_changed_meaning_is_not_read() -> None:
    code, _ = reason(procedure(modifierExtension=[{"url": "http://e.org/x"}]))
    assert code is DropCode.MODIFIER


def test_a_recent_dialysis_session_counts_and_an_old_one_does_not() -> None:
    assert has("dialysis", procedure(HEMODIALYSIS, performedDateTime="2026-03-10")) is True
    assert has("dialysis", procedure(HEMODIALYSIS, performedDateTime="2025-10-10")) is False


def test_a_dialysis_that_goes_on_counts_whenever_it_began() -> None:
    running = procedure(HEMODIALYSIS, status="in-progress", performedDateTime="2023-01-01")
    assert has("dialysis", running) is True


def test_a_dialysis_without_a_date_is_only_suspected() -> None:
    found = the(procedure(HEMODIALYSIS, performedDateTime=...))
    assert found.standing is Standing.SUSPECTED
    assert found.notes == (Note(NoteCode.SUSPECTED, "a dialysis without a date"),)


def test_a_dialysis_on_the_problem_list_goes_on() -> None:
    assert has("dialysis", condition("105502003", onsetDateTime="2019-01-01")) is True


def test_a_transplant_of_long_ago_counts() -> None:
    assert has("kidney_transplant", procedure(TRANSPLANT, performedDateTime="1999-01-01")) is True


def test_a_code_of_a_history_in_a_procedure_is_a_history() -> None:
    assert the(procedure("125411000119107")).standing is Standing.HISTORY


def test_a_device_in_use_is_what_it_proves() -> None:
    found = the(device())
    assert found.concepts == {"mechanical_valve"}
    assert found.source == Source("Device/d1", "705991002")
    assert has("mechanical_valve", device(type=[concept("705991002", SNOMED)])) is True
    assert has("mechanical_valve", device(status="available")) is True


@pytest.mark.parametrize("status", ["inactive", "not-available"])
def test_a_device_that_is_no_longer_in_use_is_dropped(status: str) -> None:
    assert reason(device(status=status)) == (DropCode.NEGATED, "it is not in use")


def test_a_device_of_unknown_status_is_only_suspected() -> None:
    assert the(device(status="unknown")).standing is Standing.SUSPECTED
    assert the(device(status=...)).standing is Standing.ACTIVE


def test_a_device_that_is_in_nobody_is_dropped() -> None:
    code, _ = reason(device(patient=...))
    assert code is DropCode.NO_SUBJECT


@pytest.mark.parametrize("kind", ["DeviceUseStatement", "DeviceUsage"])
def test_the_use_of_a_device_is_read_from_the_device_it_points_at(kind: str) -> None:
    found = read(use(kind, timingDateTime="2021-01-01"), device(patient=..., status=...))
    (only,) = found.conditions
    assert only.concepts == {"mechanical_valve"}
    assert only.source.reference == f"{kind}/u1"
    assert only.onset is not None


def test_the_use_of_a_device_is_read_from_one_that_it_contains() -> None:
    inside = device(id="x", patient=...)
    found = the(use(device={"reference": "#x"}, contained=[inside], recordedOn="2021-01-01"))
    assert found.concepts == {"mechanical_valve"}
    assert found.onset is not None


def test_r5s_use_of_a_device_may_name_it_by_a_code() -> None:
    named = {"concept": concept("705991002", SNOMED)}
    assert the(use("DeviceUsage", device=named)).concepts == {"mechanical_valve"}


@pytest.mark.parametrize("status", ["intended", "completed", "stopped", "not-done"])
def test_a_use_that_is_not_or_no_longer_is_dropped(status: str) -> None:
    inside = device(id="x", patient=...)
    stated = use(status=status, device={"reference": "#x"}, contained=[inside])
    assert reason(stated) == (DropCode.NEGATED, "it is not in use")


def test_a_use_of_a_device_that_is_not_sent_proves_nothing() -> None:
    code, _ = reason(use())
    assert code is DropCode.NO_KNOWN_CODE


def test_a_procedure_may_be_coded_in_icd() -> None:
    assert has("kidney_transplant", procedure(concept("Z94.0", ICD10))) is True
