"""Prefetch templates as queries of our own, into which no context can put more than an id."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.fhir_client.queries import Query, query
from cds_hooks.fhir_client.url import parse
from cds_hooks.protocol.hooks import CONTEXTS, DraftOrders, PatientViewContext
from cds_hooks.settings.settings import Settings

USER_TYPES = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")
SEARCH = "Observation?patient={{context.patientId}}&code=8480-6,8462-4&_sort=-date&_count=200"


def context(**fields: Any) -> PatientViewContext:
    return PatientViewContext(**({"patient_id": "p1", "user_id": "Practitioner/dr"} | fields))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Patient/{{context.patientId}}", "Patient/p1"),
        (SEARCH, SEARCH.replace("{{context.patientId}}", "p1")),
        ("{{context.userId}}", "Practitioner/dr"),
        ("Practitioner/{{userPractitionerId}}", "Practitioner/dr"),
        ("Encounter/{{context.encounterId}}", "Encounter/e1"),
        ("Condition?code=http://snomed.info/sct|1", "Condition?code=http://snomed.info/sct%7C1"),
        ("Condition?x=a b", "Condition?x=a%20b"),
        ("Observation?code=%7C1", "Observation?code=%7C1"),
    ],
)
def test_req_055_056_and_059_tokens_are_filled_from_the_context(template: str, text: str) -> None:
    found = query(template, context(encounter_id="e1"))
    assert found is not None
    assert found.text == text
    assert parse(f"https://ehr.example/fhir/{found.text}").text.endswith(f"/{text}")


DRAFT = Raw(b'{"resource": {"resourceType": "MedicationRequest", "id": "103"}}')
ORDERS = {"draft_orders": DraftOrders(resource_type="Bundle", entry=(DRAFT,))}
FURTHER: dict[str, dict[str, Any]] = {
    "order-sign": ORDERS,
    "order-select": ORDERS | {"selections": ("MedicationRequest/103",)},
}
"""What the contexts of some hooks hold beside the patient, the user and the encounter."""

TOKENS = [
    ("Patient/{{context.patientId}}", "Patient/p1"),
    ("Encounter/{{context.encounterId}}", "Encounter/e1"),
    ("{{context.userId}}", "{user}"),
    *((f"{kind}/{{{{user{kind}Id}}}}", f"{kind}/u1") for kind in USER_TYPES),
]


@pytest.mark.parametrize("user", USER_TYPES)
@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_tokens_are_filled_from_the_context_of_every_hook(hook: str, user: str) -> None:
    named = {"patient_id": "p1", "user_id": f"{user}/u1", "encounter_id": "e1"}
    opened = CONTEXTS[hook](**named, **FURTHER.get(hook, {}))
    for template, text in TOKENS:
        found = query(template, opened)
        if "{{user" in template and f"{{{{user{user}Id" not in template:
            assert found is None
        else:
            assert found is not None
            assert found.text == text.replace("{user}", f"{user}/u1")


@pytest.mark.parametrize("member", ["selections", "draftOrders", "draftOrders.entry"])
def test_what_is_no_id_in_a_context_fills_no_template(member: str) -> None:
    opened = CONTEXTS["order-select"](patient_id="p1", **FURTHER["order-select"])
    assert query(f"MedicationRequest?_id={{{{context.{member}}}}}", opened) is None


def test_a_query_says_what_it_reads_or_searches() -> None:
    assert query("Patient/{{context.patientId}}", context()) == Query(
        "Patient/p1", "Patient", "read"
    )
    found = query(SEARCH, context())
    assert found is not None
    assert (found.kind, found.interaction) == ("Observation", "search")


@pytest.mark.parametrize(
    ("template", "fields"),
    [
        ("Encounter/{{context.encounterId}}", {}),
        ("Observation?date=ge{{today()}}", {}),
        ("Patient/{{userPatientId}}", {}),
        ("{{context.userId}}", {"user_id": UNSET}),
        ("{{context.userId}}", {"user_id": "dr"}),
        ("{{context.patientId", {}),
        ("", {}),
        ("?patient={{context.patientId}}", {}),
        ("http://evil.example/{{context.patientId}}", {}),
        ("//evil.example/x", {}),
        ("../Patient/1", {}),
    ],
)
def test_what_cannot_be_filled_or_is_no_query_is_not_asked(
    template: str, fields: dict[str, Any]
) -> None:
    assert query(template, context(**fields)) is None


@pytest.mark.parametrize("service", services().values(), ids=lambda each: each.id)
def test_every_template_of_ours_is_a_query(service: Any) -> None:
    for template in offered(service, Settings()).templates.values():
        found = query(template, context())
        assert found is not None
        assert parse(f"https://ehr.example/fhir/{found.text}").query or "/" in found.text


HOSTILE = st.text(alphabet="aP1/.?&=#%\\:;@|,+{} \r\n\u2215é", max_size=12)


@given(HOSTILE)
def test_an_id_is_an_id_or_nothing(user: str) -> None:
    template = "Practitioner?_id={{userPractitionerId}}&_count=1"
    found = query(template, context(user_id=f"Practitioner/{user}"))
    if found is not None:
        assert found.text == f"Practitioner?_id={user}&_count=1"
        assert not set(user) & set("/?&=#%\\:;@|,+{} \r\n")
