"""An entry that could not be placed may record what is asked for, and nothing more than that."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.facts.facts import condition as asked_condition
from fhir_adapters.facts.facts import medication as asked_medication
from fhir_adapters.readers.unplaced import CAUSES, doubts
from fhir_adapters.record import DropCode, NoteCode
from tests.fhir_adapters.sent import (
    ICD10,
    SNOMED,
    Resource,
    concept,
    condition,
    observation,
    order,
    read,
    searchset,
)

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
LABEL = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
NOT_SHOWN = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
EXTENSION = [{"url": "urn:vendor", "valueBoolean": True}]
FRACTURE = concept("S52", ICD10)


def batch(*entries: object) -> bytes:
    return json.dumps(
        {"resourceType": "Bundle", "type": "batch-response", "entry": entries}
    ).encode()


def recorded(name: str, *resources: Resource, **given: Any) -> Fact:
    return asked_condition(read(*resources, **given), name, as_of=NOW)


def listed(name: str, *resources: Resource, **given: Any) -> Fact:
    return asked_medication(read(*resources, **given), name, as_of=NOW)


def labelled(label: str, code: str) -> Resource:
    return {label: [{"system": LABEL, "code": code}]}


# Of what each makes of a Condition, or of the answer to its search, everything may be it.
ANY_CONDITION: Mapping[DropCode, object] = {
    DropCode.REFUSED: batch({"response": {"status": "403 Forbidden"}}),
    DropCode.NO_RESOURCE: batch(None),
    DropCode.NESTED: batch({"resource": {"resourceType": "Bundle", "implicitRules": "urn:x"}}),
    DropCode.MALFORMED: condition(subject="p1"),
    DropCode.PARTS_LEFT_OUT: condition("S52", ICD10, meta=labelled("tag", "SUBSETTED")),
    DropCode.MASKED: condition("S52", ICD10, meta=labelled("security", "REDACTED")),
    DropCode.NO_INFORMATION: condition("no-problem-info", IPS),
    DropCode.NO_CODE: condition({}),
    DropCode.TEXT_ONLY: condition({"text": "letter of the diabetes clinic"}),
    DropCode.UNKNOWN_SYSTEM: condition("250.00", "urn:oid:1.2.3"),
    DropCode.UNKNOWN_CODE: condition("1", SNOMED),
    DropCode.NO_SUBJECT: condition(
        "250.00", "urn:oid:1.2.3", subject={"identifier": {"value": "1"}}
    ),
    DropCode.MODIFIER: condition("250.00", "urn:oid:1.2.3", modifierExtension=EXTENSION),
    DropCode.IMPLICIT_RULES: condition("250.00", "urn:oid:1.2.3", implicitRules="urn:x"),
}
# Each of these is a type 2 diabetes, of which something keeps it from being recorded as one.
ONE_CONDITION: Mapping[DropCode, Resource] = {
    DropCode.NO_SUBJECT: condition(subject={"type": "Patient", "identifier": {"value": "1"}}),
    DropCode.MODIFIER: condition(modifierExtension=EXTENSION),
    DropCode.IMPLICIT_RULES: condition(implicitRules="urn:x"),
    DropCode.TEXT_ONLY: condition({"text": "? type 2 diabetes"}),
    DropCode.UNKNOWN_SYSTEM: condition(
        {"coding": [{"system": "urn:x", "code": "9", "display": "Suspected type 2 diabetes"}]}
    ),
    DropCode.NAMED_ONLY: condition(
        {"coding": [{"system": SNOMED, "code": "1", "display": "Type 2 diabetes, uncontrolled"}]}
    ),
}
# Each of these is an order of atorvastatin, of which something keeps it from being recorded.
ONE_DRUG: Mapping[DropCode, Resource] = {
    DropCode.NO_SUBJECT: order(subject={"identifier": {"value": "1"}}),
    DropCode.MODIFIER: order(modifierExtension=EXTENSION),
    DropCode.IMPLICIT_RULES: order(implicitRules="urn:x"),
    DropCode.STATUS_UNKNOWN: order(status="unknown"),
    DropCode.ON_HOLD: order(status="on-hold"),
}
ANY_DRUG: Mapping[DropCode, object] = {
    DropCode.REFUSED: batch({"response": {"status": "404"}}),
    DropCode.NO_RESOURCE: batch({}),
    DropCode.NESTED: batch({"resource": {"resourceType": "Bundle", "entry": 7}}),
    DropCode.MALFORMED: order(subject="p1"),
    DropCode.TYPE_NOT_READ: {"resourceType": "MedicationDispense", "id": "d"},
    DropCode.PARTS_LEFT_OUT: order(meta=labelled("tag", "SUBSETTED")),
    DropCode.MASKED: order(meta=labelled("security", "MASKED")),
    DropCode.NO_INFORMATION: order("no-medication-info", IPS),
    DropCode.STATUS_UNKNOWN: order("x", "urn:x", status="unknown"),
    DropCode.ON_HOLD: order("x", "urn:x", status="on-hold"),
}
ELSEWHERE = {DropCode.REPEATED_MEMBER}
"""What only raw JSON can show, tested where it is read."""


def given(sent: Any, key: str) -> tuple[tuple[Resource, ...], dict[str, Any]]:
    return ((), {key: sent}) if isinstance(sent, bytes) else ((sent,), {})


def suspended(fact: Fact) -> bool:
    assert (fact.state, fact.value, fact.alternatives) == (State.NO_RECORD, False, ())
    return bool(tuple(doubts(fact.notes)))


def test_every_cause_is_tested() -> None:
    tested = {*ANY_CONDITION, *ONE_CONDITION, *ANY_DRUG, *ONE_DRUG} | ELSEWHERE
    assert tested == CAUSES


@pytest.mark.parametrize("cause", ANY_CONDITION)
def test_an_entry_of_the_problem_list_may_be_any_condition_and_no_drug(cause: DropCode) -> None:
    resources, keys = given(ANY_CONDITION[cause], "conditions")
    record = read(*resources, **keys)
    assert [each.code for each in record.dropped] == [cause]
    assert suspended(recorded("diabetes", *resources, **keys))
    assert suspended(recorded("hypertension", *resources, **keys))
    assert not suspended(listed("statin", *resources, **keys))


@pytest.mark.parametrize("cause", ONE_CONDITION)
def test_one_that_is_known_to_be_of_a_condition_may_be_only_that(cause: DropCode) -> None:
    sent = ONE_CONDITION[cause]
    assert [each.code for each in read(sent).dropped] == [cause]
    assert suspended(recorded("diabetes", sent))
    assert suspended(recorded("diabetes_t2", sent))
    assert not suspended(recorded("hypertension", sent))


@pytest.mark.parametrize("cause", ANY_DRUG)
def test_an_entry_of_the_medication_list_may_be_any_drug_and_no_condition(cause: DropCode) -> None:
    resources, keys = given(ANY_DRUG[cause], "medications")
    assert [each.code for each in read(*resources, **keys).dropped] == [cause]
    assert suspended(listed("statin", *resources, **keys))
    assert suspended(listed("anticoagulant", *resources, **keys))
    assert not suspended(recorded("diabetes", *resources, **keys))


@pytest.mark.parametrize("cause", ONE_DRUG)
def test_an_order_of_a_known_drug_may_be_only_that(cause: DropCode) -> None:
    sent = ONE_DRUG[cause]
    assert [each.code for each in read(sent).dropped] == [cause]
    assert suspended(listed("statin", sent))
    assert not suspended(listed("anticoagulant", sent))


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": {"identifier": {"value": "1"}}},
        {"modifierExtension": EXTENSION},
        {"implicitRules": "urn:x"},
    ],
)
def test_what_is_known_to_be_something_else_takes_nothing_away(fields: dict[str, Any]) -> None:
    assert not suspended(recorded("diabetes", condition(FRACTURE, **fields)))
    assert not suspended(recorded("diabetes", condition({"text": "Hay fever"}, **fields)))
    assert not suspended(listed("statin", order("N02BE01", **fields)))


@pytest.mark.parametrize(
    "sent",
    [
        condition("S52", ICD10),
        condition({"coding": [{"system": SNOMED, "code": "1", "display": "Ulcer of toe"}]}),
        condition({"text": "Fracture of left wrist"}),
        condition("no-known-problems", IPS),
        condition(verificationStatus=concept("refuted")),
        condition(verificationStatus=concept("entered-in-error")),
        condition(subject={"reference": "Patient/other"}),
        condition("Z83.3", ICD10),
    ],
)
def test_what_was_placed_takes_nothing_away(sent: Resource) -> None:
    assert not suspended(recorded("diabetes", sent))
    assert not suspended(recorded("hypertension", sent))


@pytest.mark.parametrize(
    "sent",
    [
        order("N02BE01"),
        order("no-known-medications", IPS),
        order(status="stopped"),
        order(status="entered-in-error"),
        order(subject={"reference": "Patient/other"}),
        order(doNotPerform=True),
    ],
)
def test_an_order_that_was_placed_takes_nothing_away(sent: Resource) -> None:
    assert not suspended(listed("statin", sent))


def test_what_is_recorded_is_recorded_whatever_else_may_be() -> None:
    fact = recorded("diabetes", condition(id="c2"), condition(subject="p1"))
    assert (fact.value, fact.notes) == (True, ())
    fact = listed("statin", order(id="m2"), order(status="on-hold"))
    assert (fact.value, fact.notes) == (True, ())


def test_the_entries_are_counted_and_each_cause_is_said_once() -> None:
    sent = condition(subject="p1"), condition({"text": "x y z"}, id="c2"), condition({}, id="c3")
    (note,) = recorded("diabetes", *sent).notes
    assert note.code is NoteCode.MAY_BE_RECORDED
    assert note.text == (
        "the problem list has 3 entries that may be it "
        "(described in words only; not readable; without a code or name)"
    )


def test_that_an_order_is_on_hold_is_said() -> None:
    (note,) = listed("statin", order(status="on-hold")).notes
    assert note.text == "an order is on the list, but it is on hold"
    (note,) = listed("statin", order(status="unknown")).notes
    assert note.text == "an order is on the list, but its status is unknown"


def test_an_entry_without_type_counts_in_the_list_it_came_in_or_in_any() -> None:
    assert not suspended(recorded("diabetes", medications=batch(None)))
    assert not suspended(recorded("diabetes", patient=batch(None)))
    assert not suspended(recorded("diabetes", acute_labs=batch(None)))
    everything = {"chart": batch(None)}
    assert suspended(recorded("diabetes", **everything))
    assert suspended(listed("statin", **everything))


def test_one_with_a_type_counts_by_its_type() -> None:
    assert suspended(recorded("diabetes", medications=searchset(condition(subject="p1"))))
    assert not suspended(listed("statin", medications=searchset(condition(subject="p1"))))
    assert not suspended(recorded("diabetes", conditions=searchset(observation(status=7))))


@pytest.mark.parametrize("kind", ["Procedure", "Device", "DeviceUseStatement"])
def test_a_procedure_or_device_may_be_only_what_one_can_prove(kind: str) -> None:
    for sent in (
        {"resourceType": kind, "id": "x", "status": 7},
        {"resourceType": kind, "id": "x", "status": "completed", "modifierExtension": EXTENSION},
    ):
        assert suspended(recorded("mechanical_valve", sent))
        assert not suspended(recorded("diabetes", sent))
        assert not suspended(listed("anticoagulant", sent))


@pytest.mark.parametrize(
    "code",
    [
        {"coding": [{"system": NOT_SHOWN, "code": "masked"}]},
        {"coding": [{"extension": [{"url": "urn:x/data-absent-reason", "valueCode": "masked"}]}]},
        {"extension": [{"url": "urn:x/data-absent-reason", "valueCode": "masked"}]},
    ],
)
def test_a_masked_code_is_told_in_several_ways(code: Resource) -> None:
    (dropped,) = read(condition(code)).dropped
    assert dropped.code is DropCode.MASKED
    unknown = json.loads(json.dumps(code).replace('"masked"', '"unknown"'))
    (dropped,) = read(condition(unknown)).dropped
    assert dropped.code is DropCode.NO_INFORMATION
