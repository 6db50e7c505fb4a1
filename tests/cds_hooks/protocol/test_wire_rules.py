from typing import Any

import pytest

from tests.cds_hooks.protocol.wire_rules import card_faults, empties, received, template_faults

GOOD: dict[str, Any] = {
    "uuid": "4e0a3a1e-3283-4575-ab82-028d55fe2719",
    "summary": "Consider a second reading",
    "indicator": "info",
    "source": {"label": "A guideline", "topic": {"code": "Pressure", "system": "urn:t"}},
    "suggestions": [
        {"label": "Read", "uuid": "e56e1945-20b3-4393-8503-a1a20fd73152", "actions": [{}]}
    ],
    "selectionBehavior": "any",
    "overrideReasons": [{"code": "c", "system": "urn:s", "display": "Done"}],
}


def test_each_kind_of_nothing_is_found_where_it_is() -> None:
    sent: Any = {"cards": [{"a": None, "b": "", "c": [[]], "d": {}, "e": " ", "f": 0, "g": False}]}
    paths = ["$.cards[0].a", "$.cards[0].b", "$.cards[0].c[0]", "$.cards[0].d", "$.cards[0].e"]
    assert list(empties(sent)) == paths


@pytest.mark.parametrize("sent", [{"cards": []}, {"services": []}])
def test_only_the_two_lists_at_the_root_may_be_empty(sent: dict[str, Any]) -> None:
    assert list(empties(sent)) == []
    assert list(empties({"inner": sent})) != []


@pytest.mark.parametrize(
    "body", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": null}', b'{"a": [{}]}']
)
def test_a_strict_client_refuses(body: bytes) -> None:
    with pytest.raises(AssertionError):
        received(body)


def test_a_good_card_has_no_fault() -> None:
    assert list(card_faults(GOOD)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "x" * 140},
        {"summary": "\U0001f600" * 70},
        {"indicator": "hard-stop"},
        {"source": {"label": "x"}},
        {"source": {"label": "x", "topic": {"code": "blood-pressure"}}},
        {"uuid": "not-a-uuid"},
        {"selectionBehavior": "at-most-one"},
        {"suggestions": [{"label": "x", "actions": [{}]}]},
        {"suggestions": [{"label": "x", "uuid": GOOD["uuid"], "actions": [{}, {}]}]},
        {"overrideReasons": [{"code": "c", "system": "urn:s"}]},
    ],
)
def test_a_fault_of_a_card_is_found(change: dict[str, Any]) -> None:
    assert list(card_faults(GOOD | change)) != []


def test_a_plain_template_has_no_fault() -> None:
    assert list(template_faults("Observation?patient={{context.patientId}}&_sort=-date")) == []


@pytest.mark.parametrize(
    "template",
    [
        "Patient/{{ context.patientId }}",
        "Patient/{{Patient.id}}",
        "Observation?date=gt{{today() - 90 days}}",
        "Observation?date=ge2020&date=le2021",
        "Observation?code=a?b",
        "Observation?code:not=a",
        "MedicationRequest?_include=MedicationRequest:medication",
        "Observation?code=" + "1234-5," * 300,
    ],
)
def test_a_fault_of_a_template_is_found(template: str) -> None:
    assert list(template_faults(template)) != []
