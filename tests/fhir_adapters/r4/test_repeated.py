"""A member that is there twice is never read as the last of the two."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.r4.repeated import repeats
from fhir_adapters.r4.searchset import State, answer
from fhir_adapters.record import DropCode
from tests.fhir_adapters.sent import (
    Resource,
    condition,
    encounter,
    observation,
    order,
    patient,
    pressure,
    quantity,
    read,
    searchset,
)


def twice(resource: Resource, member: str, other: Any) -> bytes:
    """The resource in a searchset, with the first occurrence of a member told once more."""
    raw = searchset(resource, observation("2823-3", quantity(4, "mmol/L"), id="other")).decode()
    again = f'"{member}": {json.dumps(other)}, "{member}": '
    assert f'"{member}": ' in raw
    return raw.replace(f'"{member}": ', again, 1).encode()


@pytest.mark.parametrize(
    ("resource", "member", "other"),
    [
        (observation(value=6.4), "value", 4.2),
        (observation(), "status", "entered-in-error"),
        (observation(), "effectiveDateTime", "2020-01-01"),
        (observation(), "valueQuantity", quantity(9)),
        (pressure(120, 80), "valueQuantity", quantity(9)),
        (pressure(120, 80), "value", 300),
        (condition(), "clinicalStatus", "resolved"),
        (condition(), "verificationStatus", "refuted"),
        (order(), "status", "stopped"),
        (order(), "medicationCodeableConcept", {"text": "apixaban"}),
        (encounter(), "status", "finished"),
    ],
)
def test_a_resource_with_a_member_twice_is_not_used_and_the_others_are(
    resource: Resource, member: str, other: Any
) -> None:
    sent = answer(twice(resource, member, other), asked=0)
    (dropped,) = sent.dropped
    assert dropped.source.reference == f"{resource['resourceType']}/{resource['id']}"
    assert (dropped.code, dropped.text) == (
        DropCode.REPEATED_MEMBER,
        "a member of it is there twice",
    )
    assert [each.resource.id for each in sent.found] == ["other"]
    assert sent.state is State.RESOURCES


def test_nor_is_a_resource_by_itself() -> None:
    raw = json.dumps(patient()).replace('"birthDate": ', '"birthDate": "1999-01-01", "birthDate": ')
    sent = answer(raw.encode(), asked=None)
    assert (sent.state, sent.found) == (State.UNREADABLE, ())
    assert [each.code for each in sent.dropped] == [DropCode.REPEATED_MEMBER]
    record = read(patient=raw.encode())
    assert record.person is None


def test_what_was_sent_as_such_may_record_what_is_asked_for() -> None:
    raw = twice(condition(), "verificationStatus", "refuted")
    (dropped,) = read(conditions=raw).dropped
    assert (dropped.key, dropped.may_be) == ("conditions", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": {"status": "generated", "div": "<div>status</div>"}},
        {"note": [{"text": '"value": 1, "value": 2'}]},
        {"identifier": [{"system": "a", "value": "1"}, {"system": "a", "value": "2"}]},
        {"referenceRange": [{"low": quantity(1), "high": quantity(2)}]},
        {"contained": [{"resourceType": "Specimen", "id": "s", "status": "available"}]},
        {"extension": [{"url": "a", "valueQuantity": quantity(1)}]},
    ],
)
def test_the_same_name_in_different_objects_is_no_repetition(fields: dict[str, Any]) -> None:
    sent = answer(searchset(observation(**fields), observation(id="o2", **fields)), asked=0)
    assert (len(sent.found), sent.dropped) == (2, ())


def test_what_cannot_be_looked_at_is_not_trusted_and_raises_nothing() -> None:
    assert repeats(b'{"a": ' + b"[" * 99999 + b"]" * 99999 + b"}")
    assert not repeats(b'{"a": ' + b"9" * 9999 + b"}")
    assert not repeats(b'{"a": "\t"}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_no_json_that_was_encoded_repeats(value: object) -> None:
    assert not repeats(json.dumps(value).encode())


@given(st.text(), JSON, JSON)
def test_any_object_in_which_a_name_is_there_twice_does(
    name: str, first: object, last: object
) -> None:
    key = json.dumps(name)
    inner = f"{{{key}: {json.dumps(first)}, {key}: {json.dumps(last)}}}"
    assert repeats(inner.encode())
    assert repeats(f'[1, {{"a": [{inner}]}}]'.encode())
