"""The context of each hook: what a call must hold, and how it is told what it lacks."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from cds_hooks.protocol.errors import BadRequest, operation_outcome
from cds_hooks.protocol.hooks import CONTEXTS, OrderSelectContext, OrderSignContext
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.protocol.schemas import components, request_table
from tests.beside import examples

DRAFT = {"resourceType": "MedicationRequest", "id": "103", "status": "draft"}
ORDERS: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "collection",
    "entry": [{"resource": DRAFT}],
}
OPENED = {"userId": "Practitioner/dr", "patientId": "p1", "encounterId": "e1"}
HELD: dict[str, dict[str, Any]] = {
    "patient-view": OPENED,
    "order-select": OPENED | {"selections": ["MedicationRequest/103"], "draftOrders": ORDERS},
    "order-sign": OPENED | {"draftOrders": ORDERS},
    "encounter-start": OPENED,
    "encounter-discharge": OPENED,
}
"""A whole context of each hook."""

ANYWHERE = (
    ("patientId", ...),
    ("patientId", 1),
    ("patientId", ""),
    ("patientId", "Practitioner/p1"),
    ("patientId", "p1?x=1"),
    ("userId", 7),
    ("encounterId", ["e1"]),
    ("encounterId", "Patient/e1"),
)
OF_AN_ENCOUNTER = (("encounterId", ...), ("encounterId", ""), ("encounterId", None))
OF_ORDERS = (
    ("draftOrders", ...),
    ("draftOrders", None),
    ("draftOrders", [ORDERS]),
    ("draftOrders", "Bundle/1"),
)
OF_SELECTIONS = (
    ("selections", ...),
    ("selections", "MedicationRequest/103"),
    ("selections", {"0": "MedicationRequest/103"}),
)
MISTAKES = [
    *((hook, *each) for hook in HELD for each in ANYWHERE),
    *((f"encounter-{moment}", *e) for moment in ("start", "discharge") for e in OF_AN_ENCOUNTER),
    *((f"order-{act}", *each) for act in ("select", "sign") for each in OF_ORDERS),
    *(("order-select", *each) for each in OF_SELECTIONS),
]
"""A hook, a member of its context, and what is sent in its place: nothing where it is `...`."""

DEEPER = [
    ("order-sign", {"draftOrders": {"type": "collection"}}, "context.draftOrders.resourceType"),
    (
        "order-sign",
        {"draftOrders": {"resourceType": "Parameters"}},
        "context.draftOrders.resourceType",
    ),
    ("order-sign", {"draftOrders": ORDERS | {"entry": {}}}, "context.draftOrders.entry"),
    ("order-select", {"selections": ["MedicationRequest/103", 7]}, "context.selections[1]"),
    ("order-select", {"selections": [""]}, "context.selections[0]"),
]


def body(hook: str, **changes: Any) -> bytes:
    """A call of the hook with a context of which some is changed, or left out where it is `...`."""
    held = {name: each for name, each in (HELD[hook] | changes).items() if each is not ...}
    instance = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    return json.dumps({"hook": hook, "hookInstance": instance, "context": held}).encode()


def issues(hook: str, sent: bytes) -> list[dict[str, Any]]:
    """What the OperationOutcome of the refusal says; it is a 400."""
    with pytest.raises(BadRequest) as refused:
        read_request(sent, hook)
    assert refused.value.status == 400
    told: dict[str, Any] = msgspec.json.decode(encode(operation_outcome(refused.value)))
    assert told["resourceType"] == "OperationOutcome"
    return list(told["issue"])


def test_a_whole_context_is_held_of_each_hook_that_services_may_answer() -> None:
    assert set(HELD) == set(CONTEXTS)


@pytest.mark.parametrize("hook", CONTEXTS)
def test_a_call_of_each_hook_is_read_into_its_own_context(hook: str) -> None:
    read = read_request(body(hook), hook).context
    assert type(read) is CONTEXTS[hook]
    assert (read.patient_id, read.user_id, read.encounter_id) == ("p1", "Practitioner/dr", "e1")


@pytest.mark.parametrize(("hook", "member", "sent"), MISTAKES)
def test_a_missing_or_mistyped_member_is_a_400_that_names_it(
    hook: str, member: str, sent: object
) -> None:
    (issue,) = issues(hook, body(hook, **{member: sent}))
    assert issue["expression"] == [f"context.{member}"]
    assert f"context.{member}" in issue["details"]["text"]


@pytest.mark.parametrize(("hook", "changes", "expression"), DEEPER)
def test_what_is_wrong_inside_a_member_is_named_where_it_is(
    hook: str, changes: dict[str, Any], expression: str
) -> None:
    (issue,) = issues(hook, body(hook, **changes))
    assert issue["expression"] == [expression]


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_where_the_hook_is_not_about_an_encounter_none_need_be_named(hook: str) -> None:
    for absent in (..., None, ""):
        read = read_request(body(hook, encounterId=absent), hook).context
        assert read.encounter_id is UNSET


@pytest.mark.parametrize("hook", CONTEXTS)
def test_who_calls_may_be_left_out_and_further_members_are_passed_over(hook: str) -> None:
    read = read_request(body(hook, userId=..., **{"com.ehr.ward": "4b"}), hook).context
    assert read.user_id is UNSET


@pytest.mark.parametrize("hook", CONTEXTS)
def test_a_call_of_any_other_hook_is_refused_by_its_hook(hook: str) -> None:
    for other in set(CONTEXTS) - {hook}:
        (issue,) = issues(hook, body(other))
        assert issue["expression"] == ["hook"]
        assert hook in issue["details"]["text"]


def test_drafts_are_kept_as_they_were_sent_and_there_may_be_none() -> None:
    read = read_request(body("order-sign"), "order-sign").context
    assert isinstance(read, OrderSignContext)
    (entry,) = read.draft_orders.entry
    assert json.loads(bytes(entry)) == {"resource": DRAFT}
    bare = {"resourceType": "Bundle", "type": "collection"}
    none = read_request(body("order-sign", draftOrders=bare), "order-sign").context
    assert isinstance(none, OrderSignContext)
    assert none.draft_orders.entry == ()


def test_selections_are_read_in_their_order() -> None:
    chosen = ["ServiceRequest/2", "MedicationRequest/103"]
    request = {"resource": {"resourceType": "ServiceRequest", "id": "2"}}
    orders = ORDERS | {"entry": [*ORDERS["entry"], request]}
    sent = body("order-select", selections=chosen, draftOrders=orders)
    read = read_request(sent, "order-select").context
    assert isinstance(read, OrderSelectContext)
    assert read.selections == tuple(chosen)


def test_a_selection_may_be_the_full_url_of_a_draft() -> None:
    orders = ORDERS | {"entry": [{"fullUrl": "urn:uuid:1", "resource": DRAFT}]}
    sent = body("order-select", selections=["urn:uuid:1"], draftOrders=orders)
    read = read_request(sent, "order-select").context
    assert isinstance(read, OrderSelectContext)
    assert read.selections == ("urn:uuid:1",)


def test_a_selection_that_is_not_among_the_drafts_is_a_400_that_names_it() -> None:
    chosen = ["MedicationRequest/103", "MedicationRequest/104"]
    (issue,) = issues("order-select", body("order-select", selections=chosen))
    assert issue["expression"] == ["context.selections[1]"]
    assert "not among context.draftOrders" in issue["details"]["text"]


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_specifications_own_contexts_are_read_under_their_own_hook(hook: str) -> None:
    paths = examples(f"hook-{hook}-*-context.json")
    assert paths
    for path in paths:
        sent = json.loads(path.read_bytes())["context"]
        read = read_request(body(hook, **(dict.fromkeys(HELD[hook], ...) | sent)), hook).context
        assert (read.patient_id, read.user_id) == (sent["patientId"], sent["userId"])
        assert (read.encounter_id or "") == sent.get("encounterId", "")
        if isinstance(read, OrderSignContext):
            assert len(read.draft_orders.entry) == len(sent["draftOrders"]["entry"])
        if isinstance(read, OrderSelectContext):
            assert list(read.selections) == sent["selections"]


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_schema_of_a_hooks_requests_asks_for_what_its_context_must_hold(hook: str) -> None:
    tables = components()
    request = tables[request_table(hook)]
    named = request["properties"]["context"]["$ref"].rpartition("/")[2]
    held = tables[named]
    assert set(HELD[hook]) == set(held["properties"])
    assert set(held["required"]) == set(HELD[hook]) - {"userId"} - (
        {"encounterId"} if not hook.startswith("encounter-") else set()
    )
