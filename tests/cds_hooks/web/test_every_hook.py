"""Every hook over HTTP: announced, called, refused by the member, gathered, described, answered."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Service, service, services
from cds_hooks.protocol.cards import Card, Source
from cds_hooks.protocol.hooks import CONTEXTS, HOOK_VERSION, OrderSignContext
from cds_hooks.settings.settings import demo_settings
from cds_hooks.store.recorder import Recorder
from tests.cds_hooks.protocol.test_contexts import DEEPER, HELD, MISTAKES
from tests.cds_hooks.web.test_home import text
from tests.stores import recorder, served

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
PATIENT = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01"}


def _telling(hook: str) -> Service:
    """A service of that hook, whose card tells the context that it was called in."""

    def present(patient: Assessed) -> Iterator[Card]:
        """Tells the context."""
        context = patient.context
        drafts = context.draft_orders.entry if isinstance(context, OrderSignContext) else ()
        told = f"{type(context).__name__} {context.encounter_id} {len(drafts)}"
        topic = Source(label="A test")
        yield Card(summary=told, indicator="info", source=topic)

    made = service(f"tells-{hook}", title=f"Tells {hook}", usage_requirements="None.", hook=hook)
    return made(present)


def _gathering(hook: str) -> Service:
    """A service of that hook that shows the cards of the others of it."""

    def present(patient: Assessed) -> Iterator[Card]:
        """Shows them."""
        yield from (each.card for each in patient.findings)

    made = service(
        f"gathers-{hook}",
        title=f"Gathers {hook}",
        usage_requirements="None.",
        hook=hook,
        gathers=True,
        thresholds=("deadline-seconds",),
    )
    return made(present)


MADE_UP = {each.id: each for hook in CONTEXTS for each in (_telling(hook), _gathering(hook))}
USERS = ("engine.service", "engine.discovery", "web.home", "web.feedback")


@pytest.fixture
def remembering() -> Recorder:
    return recorder()


@pytest.fixture
def client(remembering: Recorder, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """The demo with a service, and one that gathers, of each hook in the place of ours."""
    for module in USERS:
        monkeypatch.setattr(f"cds_hooks.{module}.services", lambda: MADE_UP)
    return served(demo_settings(), remembering).test_client()


def called(client: FlaskClient, hook: str, *, by: str = "tells", **changes: Any) -> Any:
    held = {name: each for name, each in (HELD[hook] | changes).items() if each is not ...}
    sent = {"hook": hook, "hookInstance": INSTANCE, "context": held}
    return client.post(f"/cds-services/{by}-{hook}", json=sent | {"prefetch": {"patient": PATIENT}})


@pytest.mark.parametrize("hook", CONTEXTS)
def test_a_service_of_each_hook_is_announced_with_it(client: FlaskClient, hook: str) -> None:
    catalogue = client.get("/cds-services?announce=all").get_json()
    announced = {each["id"]: each for each in catalogue["services"]}
    told = announced[f"tells-{hook}"]
    assert (told["hook"], told["hookVersion"]) == (hook, HOOK_VERSION)


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_context_of_a_call_reaches_the_service(client: FlaskClient, hook: str) -> None:
    answer = called(client, hook)
    assert answer.status_code == 200
    (card,) = answer.get_json()["cards"]
    drafts = 1 if hook.startswith("order-") else 0
    assert card["summary"] == f"{CONTEXTS[hook].__name__} e1 {drafts}"


@pytest.mark.parametrize("hook", CONTEXTS)
def test_a_service_gathers_only_services_of_its_own_hook(client: FlaskClient, hook: str) -> None:
    (card,) = called(client, hook, by="gathers").get_json()["cards"]
    assert card["summary"].startswith(CONTEXTS[hook].__name__)


def test_patient_risks_gathers_services_of_patient_view_alone() -> None:
    parts = services()["patient-risks"].parts(demo_settings())
    assert {each.hook for each in parts} == {"patient-view"}
    assert "discharge-readmission" not in {each.id for each in parts}


@pytest.mark.parametrize(("hook", "member", "sent"), MISTAKES)
def test_a_missing_or_mistyped_member_is_a_400_that_names_it(
    client: FlaskClient, hook: str, member: str, sent: Any
) -> None:
    answer = called(client, hook, **{member: sent})
    assert answer.status_code == 400
    told = answer.get_json()
    assert told["resourceType"] == "OperationOutcome"
    assert [each["expression"] for each in told["issue"]] == [[f"context.{member}"]]


@pytest.mark.parametrize(("hook", "changes", "expression"), DEEPER)
def test_what_is_wrong_inside_a_member_is_a_400_that_names_the_place(
    client: FlaskClient, hook: str, changes: dict[str, Any], expression: str
) -> None:
    answer = called(client, hook, **changes)
    assert answer.status_code == 400
    assert [each["expression"] for each in answer.get_json()["issue"]] == [[expression]]


@pytest.mark.parametrize("hook", CONTEXTS)
def test_feedback_on_a_card_of_each_hook_is_kept_with_its_card(
    client: FlaskClient, remembering: Recorder, hook: str
) -> None:
    (card,) = called(client, hook).get_json()["cards"]
    item = {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": [{"id": INSTANCE}]}
    outcome = item | {"outcomeTimestamp": "2026-03-15T12:00:00Z"}
    path = f"/cds-services/tells-{hook}/feedback"
    assert client.post(path, json={"feedback": [outcome]}).status_code == 200
    file = remembering.store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as database:
        (row,) = database.execute("SELECT service, card_uuid, orphan FROM feedback")
    assert row == (f"tells-{hook}", card["uuid"], 0)


@pytest.mark.parametrize("hook", CONTEXTS)
def test_the_page_of_a_service_shows_its_hook(client: FlaskClient, hook: str) -> None:
    assert f"tells-{hook} {hook} live at this site" in text(client, f"/services/tells-{hook}")


def test_the_description_offers_a_request_of_each_hook(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    taken = document["paths"]["/cds-services/{id}"]["post"]["requestBody"]["content"]
    for media in taken.values():
        names = [each["$ref"].rpartition("/")[2] for each in media["schema"]["anyOf"]]
        titles = [document["components"]["schemas"][name]["title"] for name in names]
        assert titles == [f"A request of the hook {hook}" for hook in CONTEXTS]
