"""What a prefetch key holds, and whether finding nothing in it means that there is nothing."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.r4.resources import Observation, Patient
from fhir_adapters.r4.searchset import Answer, State, answer
from fhir_adapters.record import Availability, DropCode, Dropped, Source
from tests.fhir_adapters.sent import observation, patient, searchset

WARNING = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "x"}]}
ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}
FATAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "fatal"}]}


def bare(value: object) -> Answer:
    return answer(json.dumps(value).encode(), asked=0)


def page(*resources: Any, asked: int | None = 0, **fields: Any) -> Answer:
    return answer(searchset(*resources, **fields), asked=asked)


def test_a_key_that_was_not_sent_is_absent() -> None:
    assert answer(None, asked=10) == Answer(State.ABSENT)
    assert Answer(State.ABSENT).availability is Availability.ABSENT


@pytest.mark.parametrize("raw", [b"null", b" null\n"])
def test_null_is_an_answer(raw: bytes) -> None:
    assert answer(raw, asked=10) == Answer(State.NULL)
    assert Answer(State.NULL).availability is Availability.ANSWERED


@pytest.mark.parametrize("fields", [{}, {"entry": None}, {"entry": ...}, {"total": 0}])
def test_a_searchset_without_entries_is_empty(fields: dict[str, Any]) -> None:
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": []} | fields
    empty = bare({name: value for name, value in bundle.items() if value is not ...})
    assert empty == Answer(State.EMPTY)
    assert empty.availability is Availability.ANSWERED


def test_resources_are_found_with_their_full_urls() -> None:
    sent = page({"resource": observation(), "fullUrl": "urn:uuid:1"}, patient())
    assert sent.state is State.RESOURCES
    assert sent.availability is Availability.ANSWERED
    first, second = sent.found
    assert isinstance(first.resource, Observation)
    assert first.resource.id == "o1"
    assert first.full_url == "urn:uuid:1"
    assert not first.included
    assert isinstance(second.resource, Patient)
    assert second.full_url == ""
    assert sent.dropped == ()
    assert sent.next_url == ""


def test_a_resource_by_itself_is_found() -> None:
    sent = bare(patient())
    assert sent.state is State.RESOURCES
    (found,) = sent.found
    assert isinstance(found.resource, Patient)
    assert (found.full_url, found.included) == ("", False)


def test_a_next_link_makes_it_a_page() -> None:
    links = [{"relation": "self", "url": "a"}, {"relation": "next", "url": "https://e.org/2"}]
    sent = page(observation(), link=links)
    assert sent.state is State.PAGE
    assert sent.availability is Availability.TRUNCATED
    assert sent.next_url == "https://e.org/2"
    assert len(sent.found) == 1


def test_a_next_link_without_url_makes_it_a_page_all_the_same() -> None:
    sent = page(observation(), link=[{"relation": "next"}])
    assert (sent.state, sent.next_url) == (State.PAGE, "")


def test_other_links_do_not() -> None:
    assert page(observation(), link=[{"relation": "self", "url": "a"}]).state is State.RESOURCES


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        (1, State.PAGE),
        (2, State.PAGE),
        (3, State.RESOURCES),
        (0, State.RESOURCES),
        (None, State.RESOURCES),
    ],
)
def test_as_many_matches_as_asked_for_may_not_be_all(asked: int | None, state: State) -> None:
    assert page(observation(), observation(id="o2"), asked=asked).state is state


@pytest.mark.parametrize(("total", "state"), [(1, State.RESOURCES), (2, State.PAGE)])
def test_a_total_above_the_matches_makes_it_a_page(total: int, state: State) -> None:
    assert page(observation(), total=total).state is state


@pytest.mark.parametrize("outcome", [ERROR, FATAL])
def test_an_operation_outcome_by_itself_is_an_error(outcome: dict[str, Any]) -> None:
    assert bare(outcome) == Answer(State.ERROR)
    assert Answer(State.ERROR).availability is Availability.UNAVAILABLE


@pytest.mark.parametrize("issue", [None, [], [{"code": "x"}], [{"severity": "bad"}]])
def test_an_outcome_that_does_not_say_it_is_harmless_is_an_error(issue: object) -> None:
    assert bare({"resourceType": "OperationOutcome", "issue": issue}).state is State.ERROR


def test_an_outcome_with_an_error_among_warnings_is_an_error() -> None:
    issue = [{"severity": "warning"}, {"severity": "error"}]
    assert bare({"resourceType": "OperationOutcome", "issue": issue}).state is State.ERROR


@pytest.mark.parametrize("severity", ["warning", "information"])
def test_an_outcome_of_only_warnings_is_empty(severity: str) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
    assert bare(outcome) == Answer(State.EMPTY)


def test_a_warning_as_the_only_entry_is_empty_whatever_its_mode() -> None:
    assert page({"resource": WARNING, "search": {"mode": "outcome"}}, total=0).state is State.EMPTY
    assert page(WARNING).state is State.EMPTY


def test_an_error_as_an_entry_is_an_error_and_the_resources_are_found() -> None:
    sent = page({"resource": ERROR, "search": {"mode": "outcome"}}, observation())
    assert sent.state is State.ERROR
    assert len(sent.found) == 1


def test_a_warning_beside_resources_adds_nothing() -> None:
    sent = page(observation(), {"resource": WARNING, "search": {"mode": "outcome"}}, asked=2)
    assert sent.state is State.RESOURCES
    assert len(sent.found) == 1


@pytest.mark.parametrize("code", ["incomplete", "suppressed", "throttled", "too-costly"])
def test_a_warning_that_results_were_withheld_makes_it_a_page(code: str) -> None:
    issue = [{"severity": "warning", "code": code}]
    withheld = {"resourceType": "OperationOutcome", "issue": issue}
    assert page(observation(), withheld).state is State.PAGE
    assert bare(withheld).state is State.PAGE


def test_an_entry_of_mode_outcome_is_never_data() -> None:
    sent = page({"resource": observation(), "search": {"mode": "outcome"}}, asked=1)
    assert sent == Answer(State.EMPTY)


def test_an_included_resource_is_found_as_such_and_is_no_match() -> None:
    included = {"resource": patient(), "search": {"mode": "include"}}
    matched = {"resource": observation(), "search": {"mode": "match"}}
    sent = page(matched, included, asked=2)
    assert sent.state is State.RESOURCES
    assert [each.included for each in sent.found] == [False, True]
    assert page(included).state is State.EMPTY


def test_other_types_are_ignored_but_count_as_matches() -> None:
    other = {"resourceType": "Immunization", "id": "e1"}
    assert page(other) == Answer(State.RESOURCES)
    assert page(other, other, asked=2).state is State.PAGE
    for mode in ("include", "outcome"):
        assert page({"resource": other, "search": {"mode": mode}}) == Answer(State.EMPTY)
    matched = {"resource": other, "search": {"mode": "match"}}
    assert page(matched) == Answer(State.RESOURCES)


@pytest.mark.parametrize(
    ("entry", "reference"),
    [
        ({"resource": observation(valueQuantity={"value": "high"})}, "Observation/o1"),
        ({"resource": observation(subject="Patient/p1", id=...)}, "Observation/"),
        ({"resource": {"resourceType": 7}}, ""),
        ({"resource": {}}, ""),
        ("text", ""),
    ],
)
def test_a_malformed_resource_costs_only_itself(entry: object, reference: str) -> None:
    bundle = {"resourceType": "Bundle", "entry": [entry, {"resource": observation()}]}
    sent = bare(bundle)
    text = "not a valid FHIR resource"
    assert sent.dropped == (Dropped(Source(reference), DropCode.MALFORMED, text),)
    assert len(sent.found) == 1
    assert sent.state is State.RESOURCES
    assert answer(json.dumps(bundle).encode(), asked=2).state is State.PAGE


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, DropCode.NO_RESOURCE),
        ({}, DropCode.NO_RESOURCE),
        ({"resource": None}, DropCode.NO_RESOURCE),
        ({"response": {"status": "200 OK"}}, DropCode.NO_RESOURCE),
        ({"response": {"status": "403 Forbidden"}}, DropCode.REFUSED),
        ({"response": {"status": "404"}}, DropCode.REFUSED),
        ({"response": {"status": "503 Service Unavailable"}}, DropCode.REFUSED),
    ],
)
def test_an_entry_without_a_resource_is_accounted_for(entry: object, why: DropCode) -> None:
    sent = bare({"resourceType": "Bundle", "entry": [entry, {"resource": observation()}]})
    assert [(each.code, each.source) for each in sent.dropped] == [(why, Source(""))]
    assert (len(sent.found), sent.state) == (1, State.RESOURCES)


def test_what_a_search_of_a_batch_found_is_read() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": observation()}]}
    sent = page({"resource": inner, "response": {"status": "200"}}, patient())
    assert [type(each.resource) for each in sent.found] == [Observation, Patient]
    assert (sent.dropped, sent.state) == ((), State.RESOURCES)
    assert page(inner | {"link": [{"relation": "next", "url": "u"}]}).state is State.PAGE
    assert page(inner | {"total": 2}).state is State.PAGE
    assert page(inner | {"entry": []}).state is State.EMPTY


def test_a_bundle_deeper_in_or_under_unknown_rules_is_accounted_for() -> None:
    inner = {"resourceType": "Bundle", "entry": [{"resource": observation()}]}
    for entry in (
        {"resourceType": "Bundle", "entry": [{"resource": inner}]},
        {"resourceType": "Bundle", "implicitRules": "urn:x"},
        {"resourceType": "Bundle", "entry": 7},
    ):
        assert [each.code for each in page(entry).dropped] == [DropCode.NESTED]


@pytest.mark.parametrize("code", ["SUBSETTED", "REDACTED", "MASKED"])
@pytest.mark.parametrize("label", ["tag", "security"])
def test_a_bundle_that_a_server_shortened_or_masked_may_not_be_all(label: str, code: str) -> None:
    system = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
    sent = page(patient(), meta={label: [{"system": system, "code": code}]})
    assert (sent.state, len(sent.found)) == (State.PAGE, 1)
    assert page(patient(), meta={label: [{"system": "urn:x", "code": code}]}).state is (
        State.RESOURCES
    )


def test_the_issues_of_a_bundle_of_r5_are_outcomes() -> None:
    def issues(severity: str, code: str) -> dict[str, Any]:
        issue = [{"severity": severity, "code": code}]
        return {"issues": {"resourceType": "OperationOutcome", "issue": issue}}

    assert page(patient(), **issues("error", "forbidden")).state is State.ERROR
    assert page(patient(), **issues("warning", "suppressed")).state is State.PAGE
    assert page(patient(), **issues("information", "informational")).state is State.RESOURCES
    assert page(patient(), issues={}).state is State.RESOURCES


@pytest.mark.parametrize("kind", ["MedicationAdministration", "MedicationDispense"])
def test_a_drug_in_a_resource_that_is_not_read_is_accounted_for(kind: str) -> None:
    (reason,) = page({"resourceType": kind, "id": "d"}).dropped
    assert (reason.source.reference, reason.code) == (f"{kind}/d", DropCode.TYPE_NOT_READ)
    entry = {"resource": {"resourceType": kind, "id": "d"}, "search": {"mode": "include"}}
    assert page(entry).dropped == ()


@pytest.mark.parametrize("kind", ["Condition", "MedicationRequest", "MedicationStatement"])
def test_malformed_resources_of_every_type_are_dropped(kind: str) -> None:
    (reason,) = page({"resourceType": kind, "id": "x", "subject": "p1"}).dropped
    assert reason.source.reference == f"{kind}/x"


@pytest.mark.parametrize("kind", ["Medication", "MedicationOrder", "Patient", "OperationOutcome"])
def test_and_of_the_others(kind: str) -> None:
    (reason,) = page({"resourceType": kind, "id": "x", "meta": 7}).dropped
    assert reason.source.reference == f"{kind}/x"


def test_text_that_is_no_unicode_is_unreadable() -> None:
    raw = searchset(observation(id="o2")).replace(b"o2", b"\\ud800")
    assert answer(raw, asked=0) == Answer(State.UNREADABLE)


def test_nesting_without_end_costs_only_its_resource() -> None:
    deep = b"[" * 900 + b"]" * 900
    raw = searchset(observation(note="x"), observation(id="o2")).replace(b'"x"', deep)
    sent = answer(raw, asked=0)
    assert len(sent.found) + len(sent.dropped) in (0, 2)
    bottomless = b'{"resourceType": "Patient", "x": ' + b"[" * 99999 + b"]" * 99999 + b"}"
    assert answer(bottomless, asked=0) == Answer(State.UNREADABLE)


@pytest.mark.parametrize(
    "value",
    ["<html>503</html>", 7, [], {}, {"resourceType": "Immunization"}, {"resourceType": None}],
)
def test_a_value_of_the_wrong_type_is_unreadable(value: object) -> None:
    assert bare(value) == Answer(State.UNREADABLE)
    assert Answer(State.UNREADABLE).availability is Availability.UNAVAILABLE


def test_a_malformed_resource_by_itself_is_unreadable() -> None:
    assert bare(patient(birthDate=1964)).state is State.UNREADABLE


def test_what_is_not_json_is_unreadable() -> None:
    assert answer(b"{", asked=0) == Answer(State.UNREADABLE)


def test_a_bundle_of_unknown_implicit_rules_is_unreadable() -> None:
    assert page(observation(), implicitRules="urn:x") == Answer(State.UNREADABLE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_nothing_that_is_json_raises(value: object) -> None:
    bare(value)
    bare({"resourceType": "Bundle", "entry": [value, {"resource": value}]})
    bare({"resourceType": "Observation", "code": value, "effectiveDateTime": value})
