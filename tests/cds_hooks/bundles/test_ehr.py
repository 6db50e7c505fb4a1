import json
from collections.abc import Mapping
from typing import Any

import pytest

from cds_hooks.bundles.ehr import BASE, UnusableBundle, hook_request, prefetch, resources
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.json import encode, read_request

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
CONTEXT = {"patientId": "p1", "userId": "Practitioner/dr"}
PATIENT = {"resourceType": "Patient", "id": "p1"}
POTASSIUM = {
    "resourceType": "Observation",
    "id": "k",
    "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
    "subject": {"reference": "Patient/p1"},
}


def bundle(*held: Mapping[str, object], type: str = "collection") -> bytes:
    entries = [{"resource": resource} for resource in held]
    return json.dumps({"resourceType": "Bundle", "type": type, "entry": entries}).encode()


def answer(template: str, *held: Mapping[str, object], context: Mapping[str, str] = CONTEXT) -> Any:
    return prefetch(resources(bundle(*held)), {"key": template}, context=context)["key"]


def test_a_read_gives_the_resource_itself() -> None:
    assert answer("Patient/{{context.patientId}}", PATIENT) == PATIENT


def test_a_read_that_finds_nothing_is_null() -> None:
    assert answer("Patient/{{context.patientId}}", PATIENT | {"id": "p2"}) is None


def test_a_search_gives_a_searchset_of_what_matches() -> None:
    template = "Observation?patient={{context.patientId}}&code=2823-3&_sort=-date&_count=5"
    found = answer(template, PATIENT, POTASSIUM)
    assert [entry["fullUrl"] for entry in found["entry"]] == [f"{BASE}/Observation/k"]


def test_a_search_that_finds_nothing_is_an_empty_bundle_not_null() -> None:
    assert answer("Condition?patient={{context.patientId}}", PATIENT)["total"] == 0


def test_a_chart_of_another_patient_is_not_searched_into() -> None:
    other = POTASSIUM | {"subject": {"reference": "Patient/p2"}}
    assert answer("Observation?patient={{context.patientId}}", PATIENT, other)["total"] == 0


@pytest.mark.parametrize(
    "template",
    [
        "Encounter/{{context.encounterId}}",
        "Observation?date=ge{{today()}}",
        "{{%patient.id}}",
        "Practitioner/{{userPatientId}}",
        "Patient/{{ context.patientId }}",
    ],
)
def test_a_token_that_cannot_be_filled_leaves_the_key_out(template: str) -> None:
    templates = {"key": template, "patient": "Patient/{{context.patientId}}"}
    assert list(prefetch(resources(bundle(PATIENT)), templates, context=CONTEXT)) == ["patient"]


def test_the_user_is_read_by_the_token_of_their_type() -> None:
    doctor = {"resourceType": "Practitioner", "id": "dr"}
    assert answer("Practitioner/{{userPractitionerId}}", doctor) == doctor


def test_a_search_this_ehr_cannot_run_is_answered_with_the_reason() -> None:
    outcome = answer("Condition?code:in=x", PATIENT)
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"][0]["severity"] == "error"
    assert "code:in" in outcome["issue"][0]["diagnostics"]


def test_a_dstu2_chart_does_not_pretend_to_have_no_medication_requests() -> None:
    order = {"resourceType": "MedicationOrder", "id": "m", "patient": {"reference": "Patient/p1"}}
    old = answer("MedicationRequest?patient={{context.patientId}}", PATIENT, order)
    assert old["resourceType"] == "OperationOutcome"
    found = answer("MedicationOrder?patient={{context.patientId}}", PATIENT, order)
    assert found["total"] == 1


def test_references_inside_a_transaction_are_resolved_as_a_server_does() -> None:
    entries = [
        {"fullUrl": "urn:uuid:1", "resource": PATIENT},
        {"fullUrl": "urn:uuid:2", "resource": POTASSIUM | {"subject": {"reference": "urn:uuid:1"}}},
        {
            "resource": {
                "resourceType": "List",
                "id": "l",
                "entry": [{"item": {"reference": "urn:uuid:2"}}],
            }
        },
    ]
    made = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()
    _, observation, listed = resources(made)
    assert observation["subject"] == {"reference": "Patient/p1"}
    assert listed["entry"] == [{"item": {"reference": "Observation/k"}}]


def test_a_reference_to_what_the_bundle_does_not_hold_stays_as_it_is() -> None:
    far = POTASSIUM | {"encounter": {"reference": "urn:uuid:far"}}
    assert resources(bundle(far))[0]["encounter"] == {"reference": "urn:uuid:far"}


def test_entries_without_a_resource_are_passed_over() -> None:
    made = (
        b'{"resourceType": "Bundle", "entry": [{"response": {"status": "204"}}, {"resource": {}}]}'
    )
    assert resources(made) == []


@pytest.mark.parametrize(
    "made",
    [
        b"",
        b"<Bundle/>",
        b"[]",
        b'{"resourceType": "Patient"}',
        b'{"entry": []}',
        b'{"resourceType": "\xff"}',
        b"[" * 5000,
    ],
)
def test_what_is_no_bundle_is_refused(made: bytes) -> None:
    with pytest.raises(UnusableBundle):
        resources(made)


def test_a_hook_request_is_whole() -> None:
    service = {
        "hook": "patient-view",
        "id": "any",
        "description": "any",
        "prefetch": {
            "patient": "Patient/{{context.patientId}}",
            "visit": "Encounter/{{context.encounterId}}",
        },
    }
    assert hook_request(resources(bundle(PATIENT)), service, hook_instance="a-b") == {
        "hook": "patient-view",
        "hookInstance": "a-b",
        "context": {"userId": "Practitioner/example", "patientId": "p1"},
        "prefetch": {"patient": PATIENT},
    }


def test_the_encounter_in_progress_is_in_the_context() -> None:
    visits = [
        {"resourceType": "Encounter", "id": id, "status": status}
        for id, status in (("old", "finished"), ("now", "in-progress"))
    ]
    request: Any = hook_request(
        resources(bundle(PATIENT, *visits)), {"hook": "patient-view"}, hook_instance="a"
    )
    assert request["context"]["encounterId"] == "now"
    assert request["prefetch"] == {}


def visit(id: str, status: str, start: str = "2026-03-14") -> dict[str, Any]:
    named = {"resourceType": "Encounter", "id": id, "status": status}
    return {**named, "period": {"start": start}}


DRAFTS = [
    {"resourceType": "MedicationRequest", "id": "m1", "status": "draft"},
    {"resourceType": "ServiceRequest", "id": "s1", "status": "draft"},
]
SIGNED = {"resourceType": "MedicationRequest", "id": "m2", "status": "active"}


def opened(hook: str, *held: Mapping[str, object]) -> dict[str, Any]:
    made = hook_request(resources(bundle(PATIENT, *held)), {"hook": hook}, hook_instance=INSTANCE)
    assert made["hook"] == hook
    context = made["context"]
    assert isinstance(context, dict)
    return context


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_request_that_a_bundle_makes_for_each_hook_is_one_that_we_read(hook: str) -> None:
    held = resources(bundle(PATIENT, visit("e1", "in-progress"), *DRAFTS, SIGNED))
    read = read_request(encode(hook_request(held, {"hook": hook}, hook_instance=INSTANCE)), hook)
    assert type(read.context) is CONTEXTS[hook]
    assert (read.context.patient_id, read.context.encounter_id) == ("p1", "e1")


@pytest.mark.parametrize("hook", CONTEXTS)
def test_tokens_are_filled_from_the_context_of_every_hook(hook: str) -> None:
    doctor = {"resourceType": "Practitioner", "id": "example"}
    stay = visit("e1", "in-progress")
    held = resources(bundle(PATIENT, stay, doctor))
    templates = {
        "visit": "Encounter/{{context.encounterId}}",
        "who": "{{context.userId}}",
        "doctor": "Practitioner/{{userPractitionerId}}",
        "self": "Patient/{{userPatientId}}",
    }
    service = {"hook": hook, "prefetch": templates}
    made = hook_request(held, service, hook_instance=INSTANCE)
    assert made["prefetch"] == {"visit": stay, "who": doctor, "doctor": doctor}


@pytest.mark.parametrize("hook", ["order-select", "order-sign"])
def test_draft_orders_are_the_resources_with_the_status_draft(hook: str) -> None:
    context = opened(hook, *DRAFTS, SIGNED)
    assert context["draftOrders"]["entry"] == [{"resource": each} for each in DRAFTS]
    assert context.get("selections") == (
        ["MedicationRequest/m1", "ServiceRequest/s1"] if hook == "order-select" else None
    )


@pytest.mark.parametrize("hook", ["encounter-start", "encounter-discharge"])
def test_a_hook_about_an_encounter_is_about_the_one_in_progress_or_else_the_newest(
    hook: str,
) -> None:
    over = (visit("new", "finished", "2026-03-01"), visit("old", "finished", "2025-01-01"))
    assert opened(hook, visit("now", "in-progress", "2024-01-01"), *over)["encounterId"] == "now"
    assert opened(hook, *over)["encounterId"] == "new"
    with pytest.raises(UnusableBundle, match="no Encounter"):
        opened(hook)


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_any_other_hook_is_about_no_encounter_that_is_over(hook: str) -> None:
    assert "encounterId" not in opened(hook, visit("old", "finished", "2025-01-01"))


@pytest.mark.parametrize("service", [{"hook": "appointment-book"}, {"hook": ["patient-view"]}, {}])
def test_a_hook_whose_context_no_chart_can_fill_is_refused(service: Mapping[str, Any]) -> None:
    with pytest.raises(UnusableBundle, match="no chart can fill the context of the hook"):
        hook_request(resources(bundle(PATIENT)), service, hook_instance=INSTANCE)


@pytest.mark.parametrize("resource", [POTASSIUM, {"resourceType": "Patient"}])
def test_a_bundle_without_a_patient_has_no_chart_to_open(resource: Mapping[str, object]) -> None:
    with pytest.raises(UnusableBundle, match="no Patient"):
        hook_request(resources(bundle(resource)), {"hook": "patient-view"}, hook_instance="a")
