import json
import sqlite3
from contextlib import closing
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from cds_hooks.protocol.feedback import MOST_ITEMS
from cds_hooks.protocol.schemas import schema
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import SANDBOX_ORIGINS, Settings, demo_settings
from cds_hooks.store.database import Store, insert
from cds_hooks.store.recorder import Recorder
from cds_hooks.web.feedback import LONGEST_POST
from tests.cds_hooks.protocol.wire_rules import received
from tests.golden import FIXTURES
from tests.stores import recorder, served

SERVICE = "lab-safety"
URL = f"/cds-services/{SERVICE}/feedback"
CALL = (FIXTURES / "requests" / f"{SERVICE}-fires.{SERVICE}.json").read_bytes()
JSON: dict[str, Any] = {"content_type": "application/json"}
OVERRIDDEN: dict[str, Any] = {
    "card": "f6b95768-b1c8-40dc-8385-bf3504b82ffb",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-03-15T12:00:00Z",
}
# As a browser sends what axios is given.
SANDBOX = {
    "Origin": SANDBOX_ORIGINS[0],
    "Accept": "application/json",
    "Authorization": "Bearer not.looked.at",
    "Content-Type": "application/json;charset=utf-8",
}


@pytest.fixture
def remembering() -> Recorder:
    return recorder()


@pytest.fixture
def client(remembering: Recorder) -> FlaskClient:
    return served(demo_settings(), remembering).test_client()


def post(client: FlaskClient, *items: object) -> TestResponse:
    return client.post(URL, json={"feedback": items})


def kept(remembering: Recorder) -> list[dict[str, Any]]:
    """The rows of feedback as another program reads them from the file."""
    file = remembering.store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute("SELECT * FROM feedback ORDER BY rowid")]


def issue(answer: TestResponse, status: int) -> dict[str, Any]:
    """The first issue of the answer, once it is certain that it is an OperationOutcome."""
    assert answer.status_code == status
    sent = received(answer.data)
    jsonschema.Draft202012Validator(schema("OperationOutcome")).validate(sent)
    first: dict[str, Any] = sent["issue"][0]
    return first


def card(client: FlaskClient) -> dict[str, Any]:
    """A card that the service shows, with its suggestions."""
    answer = client.post(f"/cds-services/{SERVICE}", data=CALL, **JSON)
    first: dict[str, Any] = received(answer.data)["cards"][0]
    return first


def sandbox_posts(client: FlaskClient, item: dict[str, Any]) -> None:
    body = json.dumps({"feedback": [item]}, separators=(",", ":"))
    answer = client.post(URL, data=body, headers=SANDBOX)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX["Origin"]


# The bodies are those that the sandbox's maintainers show in its pull requests 133, 135 and 139.
def test_the_sandboxs_accept_ends_as_one_durable_row(
    client: FlaskClient, remembering: Recorder
) -> None:
    shown = card(client)
    sandbox_posts(
        client,
        {
            "card": shown["uuid"],
            "outcome": "accepted",
            "acceptedSuggestions": [{"id": shown["suggestions"][0]["uuid"]}],
            "outcomeTimestamp": "2026-05-13T20:08:46.365Z",
        },
    )
    (row,) = kept(remembering)
    assert (row["card_uuid"], row["outcome"]) == (shown["uuid"], "accepted")
    assert json.loads(row["suggestions"]) == [shown["suggestions"][0]["uuid"]]
    assert row["outcome_at"] == "2026-05-13T20:08:46.365000Z"
    assert (row["orphan"], row["mismatch"]) == (False, False)


def test_the_sandboxs_dismissal_ends_as_one_durable_row(
    client: FlaskClient, remembering: Recorder
) -> None:
    shown = card(client)
    sandbox_posts(
        client,
        {
            "card": shown["uuid"],
            "outcome": "overridden",
            "outcomeTimestamp": "2026-05-13T20:09:50.128Z",
        },
    )
    (row,) = kept(remembering)
    assert (row["card_uuid"], row["outcome"]) == (shown["uuid"], "overridden")
    assert row["reason_code"] is row["comment"] is None
    assert (row["orphan"], row["mismatch"]) == (False, False)


def test_the_sandboxs_override_ends_as_one_durable_row(
    client: FlaskClient, remembering: Recorder
) -> None:
    shown = card(client)
    reason = shown["overrideReasons"][0]
    sandbox_posts(
        client,
        {
            "card": shown["uuid"],
            "outcome": "overridden",
            "outcomeTimestamp": "2026-05-13T20:10:12.147Z",
            "overrideReason": {"reason": {"code": reason["code"], "system": reason["system"]}},
        },
    )
    (row,) = kept(remembering)
    assert (row["card_uuid"], row["outcome"]) == (shown["uuid"], "overridden")
    assert (row["reason_code"], row["reason_system"]) == (reason["code"], reason["system"])
    assert row["reason_display"] is None
    assert (row["orphan"], row["mismatch"]) == (False, False)


def test_epics_batch_with_its_own_names_is_kept(client: FlaskClient, remembering: Recorder) -> None:
    epic = {"extension": {"com.epic.x": "y"}, "userComment": "Palliative."}
    items = [OVERRIDDEN | {"card": name, "overrideReasons": epic} for name in ("EPIC-1", "EPIC-2")]
    assert post(client, *items).status_code == 200
    rows = kept(remembering)
    assert {row["card_uuid"] for row in rows} == {"EPIC-1", "EPIC-2"}
    assert {(row["comment"], row["dialect"]) for row in rows} == {("Palliative.", "epic")}


def test_a_repeat_has_the_same_answer_and_one_row(
    client: FlaskClient, remembering: Recorder
) -> None:
    answers = [post(client, OVERRIDDEN, OVERRIDDEN).data for _ in range(3)]
    assert len(set(answers)) == 1
    assert issue(post(client, OVERRIDDEN), 200)["severity"] == "information"
    assert len(kept(remembering)) == 1


def test_one_card_may_have_several_events(client: FlaskClient, remembering: Recorder) -> None:
    shown = card(client)
    for suggestion in shown["suggestions"]:
        accepted = {"outcome": "accepted", "acceptedSuggestions": [{"id": suggestion["uuid"]}]}
        assert post(client, OVERRIDDEN | {"card": shown["uuid"]} | accepted).status_code == 200
    post(client, OVERRIDDEN | {"card": shown["uuid"]})
    rows = kept(remembering)
    assert len(rows) == len(shown["suggestions"]) + 1 > 2
    assert not any(row["orphan"] or row["mismatch"] for row in rows)


def test_nothing_to_tell_is_no_error(client: FlaskClient, remembering: Recorder) -> None:
    assert post(client).status_code == 200
    assert kept(remembering) == []


def test_one_bad_item_keeps_the_whole_batch_out(client: FlaskClient, remembering: Recorder) -> None:
    answer = post(client, OVERRIDDEN, OVERRIDDEN, OVERRIDDEN | {"outcome": "ignored"})
    assert issue(answer, 400)["expression"] == ["feedback[2].outcome"]
    assert kept(remembering) == []


def test_a_card_that_is_not_known_is_kept_as_an_orphan(
    client: FlaskClient, remembering: Recorder
) -> None:
    assert post(client, OVERRIDDEN).status_code == 200
    (row,) = kept(remembering)
    assert (row["orphan"], row["mismatch"]) == (True, False)


def test_a_suggestion_that_the_card_has_not_is_marked_and_not_refused(
    client: FlaskClient, remembering: Recorder
) -> None:
    item = {"outcome": "accepted", "acceptedSuggestions": [{"id": "of another card"}]}
    assert post(client, OVERRIDDEN | item | {"card": card(client)["uuid"]}).status_code == 200
    (row,) = kept(remembering)
    assert (row["orphan"], row["mismatch"]) == (False, True)


def test_another_clients_card_is_refused_and_named(
    client: FlaskClient, remembering: Recorder
) -> None:
    card(client)
    with remembering.store.begin() as connection:
        row = connection.exec_driver_sql("SELECT * FROM cards LIMIT 1").mappings().one()
        insert(connection, {"cards": [dict(row) | {"client": "another", "uuid": "theirs"}]})
    answer = post(client, OVERRIDDEN, OVERRIDDEN | {"card": "theirs"})
    assert issue(answer, 403)["expression"] == ["feedback[1].card"]
    assert issue(answer, 403)["code"] == "forbidden"
    assert kept(remembering) == []


def test_feedback_is_kept_for_a_service_that_was_turned_off(remembering: Recorder) -> None:
    off = Settings(services={SERVICE: ServiceSettings(mode="off")})
    client = served(off, remembering).test_client()
    assert client.post(f"/cds-services/{SERVICE}", data=CALL, **JSON).status_code == 404
    assert post(client, OVERRIDDEN).status_code == 200
    assert len(kept(remembering)) == 1


def test_a_service_that_was_never_there_is_404(client: FlaskClient) -> None:
    assert issue(client.post("/cds-services/nothing/feedback", json={"feedback": []}), 404)


def test_a_database_that_is_busy_for_too_long_is_503_and_no_false_200(
    client: FlaskClient, remembering: Recorder
) -> None:
    remembering.store = Store(remembering.store.url, seconds=0.05)
    file = remembering.store.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as another:
        another.execute("BEGIN EXCLUSIVE")
        answer = post(client, OVERRIDDEN)
        another.execute("ROLLBACK")
    assert issue(answer, 503)["code"] == "no-store"
    assert int(answer.headers["Retry-After"]) > 0
    assert kept(remembering) == []
    assert post(client, OVERRIDDEN).status_code == 200
    assert len(kept(remembering)) == 1


def test_a_database_that_cannot_be_opened_is_503(
    client: FlaskClient, remembering: Recorder
) -> None:
    remembering.store = Store("sqlite:////nowhere/at/all.db")
    answer = post(client, OVERRIDDEN)
    assert issue(answer, 503)["code"] == "no-store"
    assert "nowhere" not in answer.text


def test_too_many_items_and_too_many_bytes_are_413(
    client: FlaskClient, remembering: Recorder
) -> None:
    assert post(client, *[OVERRIDDEN] * MOST_ITEMS).status_code == 200
    many = json.dumps({"feedback": [{}] * (MOST_ITEMS + 1)})
    assert issue(client.post(URL, data=many, **JSON), 413)["expression"] == ["feedback"]
    long = json.dumps({"feedback": [], "x": "y" * LONGEST_POST})
    assert issue(client.post(URL, data=long, **JSON), 413)
    assert len(kept(remembering)) == 1


@pytest.mark.parametrize("content_type", ["application/json", "application/fhir+json"])
def test_std_01_json_and_fhir_json_are_taken(client: FlaskClient, content_type: str) -> None:
    body = json.dumps({"feedback": [OVERRIDDEN]})
    assert client.post(URL, data=body, content_type=content_type).status_code == 200
    assert issue(client.post(URL, data=body, content_type="text/plain"), 415)


def test_req_152_any_spelling_of_the_address_answers_directly(client: FlaskClient) -> None:
    for path in (URL, URL + "/", URL.replace("/f", "//f"), "/" + URL):
        answer = client.open(
            method="POST", environ_overrides={"PATH_INFO": path}, json={"feedback": []}
        )
        assert answer.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_req_151_a_wrong_method_is_405_and_told_the_right_ones(
    client: FlaskClient, method: str
) -> None:
    answer = client.open(URL, method=method, headers=SANDBOX)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX["Origin"]


def test_std_42_a_preflight_without_a_token_names_methods_and_headers(client: FlaskClient) -> None:
    asked = {"Origin": SANDBOX["Origin"], "Access-Control-Request-Method": "POST"}
    answer = client.options(URL, headers=asked)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"


def test_no_log_tells_what_was_sent(client: FlaskClient, remembering: Recorder) -> None:
    secret = {"card": "SECRET", "overrideReason": {"userComment": "SECRET"}}
    with capture_logs() as logs:
        post(client, OVERRIDDEN | secret)
        post(client, OVERRIDDEN | secret | {"outcome": "SECRET"})
        remembering.store = Store("sqlite:////nowhere/at/all.db")
        post(client, OVERRIDDEN | secret)
    assert [entry["status"] for entry in logs] == [200, 400, 503]
    assert "SECRET" not in repr(logs)
