"""Epic's way of asking, as its documentation shows it, gets the answers of the standard's way."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid1

import msgspec
import pytest

from cds_hooks.engine.discovery import offered
from cds_hooks.engine.prefetch import read
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.protocol.prefetch import Fetched
from tests.charts import ALL_LIVE, Resource, shipped
from tests.golden import FIXTURES, STORIES_TOLD_ON

BASE = "https://ehr.example/api/FHIR/R4"
STORIES = sorted(FIXTURES.glob("requests/*-fires.*.json"))
NOTHING = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "processing", "details": {"text": "no results"}}],
}


def asked(story: Path) -> Resource:
    """The story's request as Epic would send it."""
    sent: Resource = msgspec.json.decode(story.read_bytes())
    sent["hookInstance"] = str(uuid1())
    sent["fhirServer"] = BASE
    sent["context"]["userId"] = "PractitionerRole/ePsYr"
    sent["extension"] = {
        "com.epic.cdshooks.request.bpa-trigger-action": "60",
        "com.epic.cdshooks.request.cds-hooks-specification-version": "1.1",
    }
    keys = sent["prefetch"]
    sent["prefetch"] = {f"{key}-user": absolute(emptied(value)) for key, value in keys.items()}
    sent["prefetch"]["coverage"] = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    return sent


def emptied(value: Resource) -> Resource:
    """A Bundle without results holds an OperationOutcome that warns of it."""
    if value["resourceType"] != "Bundle" or value.get("entry"):
        return value
    entry = {"resource": NOTHING, "search": {"mode": "outcome"}}
    return {**value, "total": 0, "entry": [entry]}


def absolute(value: Any) -> Any:
    """The same with every reference as a whole address, and a category that is no list."""
    if isinstance(value, list):
        return [absolute(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {key: absolute(each) for key, each in value.items()}
    if re.fullmatch(r"[A-Z]\w+/\S+", str(made.get("reference", ""))):
        made["reference"] = f"{BASE}/{made['reference']}"
    if made.get("resourceType") == "MedicationRequest" and isinstance(made.get("category"), list):
        made["category"] = made["category"][0]
    return made


def told(sent: Resource, service_id: str) -> list[Resource]:
    body = read_request(encode(sent), services()[service_id].hook)
    answer = respond(
        offered(services()[service_id], ALL_LIVE), body, now=STORIES_TOLD_ON, models=shipped()
    )
    cards: list[Resource] = msgspec.json.decode(encode(answer.response))["cards"]
    return cards


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_a_chart_in_epics_shape_gets_the_same_cards(story: Path) -> None:
    service_id = story.stem.partition(".")[2]
    standard = told(msgspec.json.decode(story.read_bytes()), service_id)
    assert standard
    found = told(asked(story), service_id)
    same = ("summary", "indicator", "source")
    assert [[card[key] for key in same] for card in found] == [
        [card[key] for key in same] for card in standard
    ]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_cards_are_what_epic_can_show_and_lock_out(story: Path) -> None:
    for card in told(asked(story), story.stem.partition(".")[2]):
        assert re.fullmatch(r"[A-Za-z0-9]{1,100}", card["source"]["topic"]["code"])
        assert card["uuid"]
        assert card.get("selectionBehavior", "any") == "any"
        for suggestion in card.get("suggestions", ()):
            (action,) = suggestion["actions"]
            assert action["type"] == "create"
            assert action["resource"]["resourceType"] in ("Condition", "ServiceRequest")
            assert action["description"]


def test_a_key_is_taken_under_its_own_name_before_one_with_a_suffix() -> None:
    sent: Resource = msgspec.json.decode(STORIES[0].read_bytes())
    service_id = STORIES[0].stem.partition(".")[2]
    other = {"resourceType": "Patient", "id": "somebody-else", "birthDate": "1990-01-01"}
    renamed = {**sent, "prefetch": {"patient-user": other, **sent["prefetch"]}}
    assert told(renamed, service_id) == told(sent, service_id)


def test_what_came_under_another_name_is_not_fetched_as_well() -> None:
    story = STORIES[0]
    seen: set[str] = set()

    def fetch(request: HookRequest[Context], _: Mapping[str, str]) -> Fetched:
        seen.update(request.prefetch)
        return Fetched({})

    service = services()[story.stem.partition(".")[2]]
    wanted = offered(service, ALL_LIVE).templates
    read(wanted, read_request(encode(asked(story))), site=ALL_LIVE.site_map, fetch=fetch)
    assert seen == set(wanted)
