import io
import json
from collections.abc import Iterator
from typing import Any, NoReturn
from uuid import UUID

import jsonschema
import msgspec
import pytest
import time_machine
from flask.testing import FlaskClient
from msgspec.structs import replace
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from cds_hooks.bundles.ehr import hook_request, resources
from cds_hooks.bundles.samples import samples
from cds_hooks.engine.service import services
from cds_hooks.protocol.hooks import CONTEXTS
from cds_hooks.protocol.schemas import schema
from cds_hooks.settings.settings import Announced, Settings, demo_settings
from cds_hooks.web.openapi import openapi
from tests.cds_hooks.protocol.wire_rules import card_faults, received, template_faults
from tests.golden import FIXTURES, STORIES_TOLD_ON
from tests.stores import served

ORIGIN = "https://ehr.example"
SERVICE = next(iter(services()))
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
URL = f"/cds-services/{SERVICE}"
CADENCES = ("vitals", "acute-labs", "renal-labs", "slow-labs")
SENT: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": INSTANCE,
    "context": {"patientId": "p1", "userId": "Practitioner/dr"},
    "prefetch": {"patient": {"resourceType": "Patient", "id": "p1", "birthDate": "1960-01-01"}}
    | dict.fromkeys(("conditions", "medications", *CADENCES)),
}
PROTOCOL = ("protocol.", "feedback.", "description.", "attributes.", "health.")
MOST = 10_000
SETTINGS = Settings(cors_origins=(ORIGIN, "http://ehr.example:8080"), max_body=MOST)
BROWSER = {"Origin": ORIGIN}
ALARM = "early-warning"
ALARMING = (FIXTURES / "requests" / f"{ALARM}-fires.{ALARM}.json").read_bytes()
JSON: dict[str, Any] = {"content_type": "application/json"}
PREFLIGHT = BROWSER | {"Access-Control-Request-Method": "POST"}
RESPONSE = jsonschema.Draft202012Validator(schema("CDSResponse"))
PRIVATE = PREFLIGHT | {"Access-Control-Request-Private-Network": "true"}


@pytest.fixture
def client() -> FlaskClient:
    return served(SETTINGS).test_client()


@pytest.fixture
def failing(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    def fail(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError("SECRET of the patient")

    monkeypatch.setattr("cds_hooks.web.call.respond", fail)
    return client


def outcome(answer: TestResponse, status: int) -> list[dict[str, Any]]:
    """The issues of a refusal, once it is certain that it is one as the standard wants it."""
    assert answer.status_code == status
    assert answer.content_type == "application/json"
    sent = received(answer.data)
    jsonschema.Draft202012Validator(schema("OperationOutcome")).validate(sent)
    assert sent["resourceType"] == "OperationOutcome"
    issues: list[dict[str, Any]] = sent["issue"]
    return issues


def ask(client: FlaskClient, method: str, path: str, **more: Any) -> TestResponse:
    """Sends the path as it stands: the test client would read `//name` as a host."""
    return client.open(method=method, environ_overrides={"PATH_INFO": path}, **more)


def test_req_004_005_006_and_013_discovery_is_at_cds_services(client: FlaskClient) -> None:
    for path in ("/cds-services", CATALOGUE):
        assert client.get(path).status_code == 200
    live = [name for name, each in services().items() if not each.off_by_default]
    assert announced(client) == live


ANNOUNCED: tuple[tuple[Announced, set[str], set[str]], ...] = (
    ("gathered", {"patient-risks", "discharge-review"}, {"lab-safety", "discharge-results"}),
    ("parts", {"lab-safety", "discharge-results"}, {"patient-risks", "discharge-review"}),
    ("all", {"patient-risks", "lab-safety", "discharge-review", "discharge-results"}, set()),
)


@pytest.mark.parametrize(("announce", "there", "left_out"), ANNOUNCED)
def test_the_site_chooses_whether_discovery_announces_who_gathers_or_its_parts(
    announce: Announced, there: set[str], left_out: set[str]
) -> None:
    client = served(replace(demo_settings(), announce=announce)).test_client()
    told = {each["id"] for each in received(client.get("/cds-services").data)["services"]}
    assert there <= told
    assert not left_out & told
    assert {*there, *left_out} <= set(announced(client))


@pytest.mark.parametrize("settings", [Settings(), demo_settings()])
def test_who_subscribes_to_all_that_discovery_announces_is_shown_nothing_twice(
    settings: Settings,
) -> None:
    client = served(settings).test_client()
    told = {each["id"] for each in received(client.get("/cds-services").data)["services"]}
    parts = {part.id for part in services()["patient-risks"].parts(settings)}
    assert parts
    gathered = settings.announce == "gathered"
    assert ("patient-risks" in told) == gathered
    assert told & parts == (set() if gathered else parts)


def test_parts_whose_cards_no_one_gathers_are_announced() -> None:
    modes: Any = {"services": {"patient-risks": {"mode": "off"}, "lab-safety": {"mode": "silent"}}}
    silent: Any = {"services": {"lab-safety": {"mode": "silent"}}}
    for chosen in (modes, silent):
        client = served(msgspec.convert(chosen, Settings)).test_client()
        told = {each["id"] for each in received(client.get("/cds-services").data)["services"]}
        assert "lab-safety" in told


def test_std_05_no_live_service_is_an_empty_array() -> None:
    off: Any = {"services": {id: {"mode": "off"} for id in services()}}
    client = served(msgspec.convert(off, Settings)).test_client()
    assert client.get("/cds-services").data == b'{"services":[]}'
    outcome(client.post(URL, json=SENT), 404)


def in_mode(mode: str | None, *, demo: bool = False) -> FlaskClient:
    """A site's server, where it chose that mode for the service that is off by default."""
    chosen: Any = {"services": {ALARM: {"mode": mode}} if mode else {}, "demo": demo}
    return served(msgspec.convert(chosen, Settings)).test_client()


CATALOGUE = "/cds-services?announce=all"
"""Every service that may be called, announced or not."""


def announced(client: FlaskClient) -> list[str]:
    return [each["id"] for each in received(client.get(CATALOGUE).data)["services"]]


@pytest.mark.parametrize("mode", [None, "off"])
def test_a_service_that_is_off_is_neither_announced_nor_there(mode: str | None) -> None:
    client = in_mode(mode)
    assert ALARM not in announced(client)
    issues = outcome(client.post(f"/cds-services/{ALARM}", data=ALARMING, **JSON), 404)
    assert issues[0]["code"] == "not-found"


@time_machine.travel(STORIES_TOLD_ON, tick=False)
def test_a_silent_service_is_announced_and_answers_without_a_card() -> None:
    client = in_mode("silent")
    assert ALARM in announced(client)
    answer = client.post(f"/cds-services/{ALARM}", data=ALARMING, **JSON)
    assert (answer.status_code, answer.data) == (200, b'{"cards":[]}')


@pytest.mark.parametrize(("mode", "demo"), [("live", False), (None, True)])
@time_machine.travel(STORIES_TOLD_ON, tick=False)
def test_a_service_that_is_turned_on_or_in_the_demo_shows_its_cards(
    mode: str | None, demo: bool
) -> None:
    client = in_mode(mode, demo=demo)
    assert ALARM in announced(client)
    answer = client.post(f"/cds-services/{ALARM}", data=ALARMING, **JSON)
    (card,) = received(answer.data)["cards"]
    assert card["indicator"] == "critical"


def test_req_001_and_std_01_json_in_and_json_out(client: FlaskClient) -> None:
    assert client.get("/cds-services").content_type == "application/json"
    answer = client.post(URL, json=SENT)
    assert answer.status_code == 200
    assert answer.content_type == "application/json"


def test_req_008_and_std_06_every_service_is_described_for_people(client: FlaskClient) -> None:
    for each in received(client.get(CATALOGUE).data)["services"]:
        assert {"hook", "id", "title", "description", "usageRequirements"} <= set(each)
        assert each["version"] == "2.0.1"


def test_req_016_and_std_08_every_announced_service_is_at_its_address(client: FlaskClient) -> None:
    for each in received(client.get(CATALOGUE).data)["services"]:
        # The members of every hook's own context: a hook takes no offence at those of another.
        drafts = {"selections": [], "draftOrders": {"resourceType": "Bundle"}}
        context = {**SENT["context"], **drafts, "encounterId": "e1"}
        sent = SENT | {"hook": each["hook"], "context": context}
        answer = client.post(f"/cds-services/{each['id']}", json=sent)
        assert answer.status_code in (200, 412)


def test_std_06_a_service_is_announced_once(client: FlaskClient) -> None:
    ids = [each["id"] for each in received(client.get(CATALOGUE).data)["services"]]
    assert len(ids) == len(set(ids))


def test_req_029_036_055_to_059_templates_ask_what_any_client_can_do(client: FlaskClient) -> None:
    announced = received(client.get(CATALOGUE).data)["services"]
    templates = [query for each in announced for query in each["prefetch"].values()]
    assert templates
    assert [fault for query in templates for fault in template_faults(query)] == []


def test_req_077_no_guidance_is_an_empty_array_of_cards(client: FlaskClient) -> None:
    assert received(client.post(URL, json=SENT).data)["cards"] == []


@pytest.fixture(scope="module")
def demo() -> FlaskClient:
    """The demo, of which calls are remembered from one test to the next."""
    return served(Settings(demo=True)).test_client()


def opens(held: list[dict[str, Any]], hook: str) -> bool:
    """Whether the chart holds the encounter that the hook is about, if it is about one."""
    visited = any(each["resourceType"] == "Encounter" for each in held)
    return visited or not CONTEXTS[hook].encounter_is_required()


@pytest.mark.parametrize("sample", sorted(samples()))
def test_req_074_every_sample_is_answered_with_cards_without_fault(
    demo: FlaskClient, sample: str
) -> None:
    held, cards = resources(samples()[sample].read_bytes()), []
    for service in received(demo.get(CATALOGUE).data)["services"]:
        if not opens(held, service["hook"]):
            continue
        asked = hook_request(held, service, hook_instance=INSTANCE)
        answer = demo.post(f"/cds-services/{service['id']}", json=asked)
        assert answer.status_code == 200
        RESPONSE.validate(received(answer.data))
        cards += received(answer.data)["cards"]
    assert [fault for card in cards for fault in card_faults(card)] == []
    assert cards or not sample.endswith("fires")


def test_req_054_and_std_19_what_is_required_and_not_sent_is_412(client: FlaskClient) -> None:
    for key in services()[SERVICE].required:
        prefetch = {name: SENT["prefetch"][name] for name in SENT["prefetch"] if name != key}
        (issue,) = outcome(client.post(URL, json=SENT | {"prefetch": prefetch}), 412)
        assert issue["expression"] == [f"prefetch.{key}"]


@pytest.mark.parametrize(
    "path",
    ["/cds-services", "/cds-services/", "//cds-services", "/cds-services//", "///cds-services"],
)
def test_std_05_any_spelling_of_discovery_answers_directly(client: FlaskClient, path: str) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = ask(client, method, path, headers=BROWSER)
        assert answer.status_code in (200, 204)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "path",
    [
        f"/cds-services/{SERVICE}",
        f"/cds-services//{SERVICE}",
        f"//cds-services/{SERVICE}",
        f"/cds-services/{SERVICE}/",
        f"//cds-services//{SERVICE}//",
    ],
)
def test_std_08_any_spelling_of_a_service_answers_directly(client: FlaskClient, path: str) -> None:
    assert ask(client, "POST", path, json=SENT).status_code == 200
    assert ask(client, "OPTIONS", path, headers=PREFLIGHT).status_code == 204
    outcome(ask(client, "GET", path), 405)


@pytest.mark.parametrize("path", ["//openapi.json", "/openapi.json/", "//", "", "/x//y", "/x/"])
def test_no_address_redirects_to_another(client: FlaskClient, path: str) -> None:
    assert ask(client, "GET", path).status_code in (200, 404)


@pytest.mark.parametrize("path", ["/cds-services", "/openapi.json"])
def test_head_is_get_without_its_body(client: FlaskClient, path: str) -> None:
    got, asked = client.get(path), client.head(path)
    assert asked.status_code == 200
    assert asked.data == b""
    assert asked.headers["Content-Length"] == str(len(got.data))
    assert asked.content_type == got.content_type


def test_head_of_a_service_is_405_without_a_body(client: FlaskClient) -> None:
    answer = client.head(URL)
    assert (answer.status_code, answer.data) == (405, b"")
    assert answer.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/cds-services", {"GET", "HEAD", "OPTIONS"}), (URL, {"POST", "OPTIONS"})],
)
def test_options_names_the_methods_and_has_no_body(
    client: FlaskClient, path: str, allowed: set[str]
) -> None:
    answer = client.options(path)
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Content-Type" not in answer.headers
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "path", ["/nothing", "/cds-services/nothing", URL + "/nothing", "/favicon.ico"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_req_014_an_unknown_address_is_404(client: FlaskClient, path: str, method: str) -> None:
    answer = client.open(path, method=method, json=SENT)
    known_method = path != "/cds-services/nothing" or method == "POST"
    (issue,) = outcome(answer, 404 if known_method else 405)
    assert issue["code"] == ("not-found" if known_method else "not-supported")


def test_an_unknown_address_is_a_page_for_a_browser_and_json_for_a_machine(
    client: FlaskClient,
) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get("/nothing", headers=browser)
    assert (page.status_code, page.mimetype) == (404, "text/html")
    assert "There is nothing at this address." in page.get_data(as_text=True)
    for accept in ("*/*", "application/json", "application/json, text/html", ""):
        outcome(client.get("/nothing", headers={"Accept": accept}), 404)
    outcome(client.post("/nothing", headers=browser), 404)
    outcome(client.post("/cds-services/nothing", json=SENT, headers=browser), 404)


def test_options_of_an_unknown_address_is_404(client: FlaskClient) -> None:
    outcome(client.options("/nothing", headers=PREFLIGHT), 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", URL, "OPTIONS, POST"),
        ("PUT", URL, "OPTIONS, POST"),
        ("DELETE", URL, "OPTIONS, POST"),
        ("POST", "/cds-services", "GET, HEAD, OPTIONS"),
        ("TRACE", "/cds-services", "GET, HEAD, OPTIONS"),
    ],
)
def test_req_014_a_wrong_method_is_405_and_told_the_right_ones(
    client: FlaskClient, method: str, path: str, allowed: str
) -> None:
    answer = client.open(path, method=method, headers=BROWSER)
    outcome(answer, 405)
    assert answer.headers["Allow"] == allowed
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_std_44_another_hook_than_the_services_is_400(client: FlaskClient) -> None:
    (issue,) = outcome(client.post(URL, json=SENT | {"hook": "order-sign"}), 400)
    assert issue["expression"] == ["hook"]


def test_std_15_what_is_wrong_is_listed_field_by_field(client: FlaskClient) -> None:
    issues = outcome(client.post(URL, json={"hook": 1, "context": {}}), 400)
    named = {name for issue in issues for name in issue["expression"]}
    assert named == {"hook", "hookInstance", "context.patientId"}


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"hook": NaN}', b"[" * 5000, b'"\\u0000"'])
def test_std_03_a_body_that_is_not_a_request_is_400(client: FlaskClient, body: bytes) -> None:
    outcome(client.post(URL, data=body, content_type="application/json"), 400)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/fhir+json",
        "application/json; charset=utf-8",
        'application/fhir+json;charset="UTF-8"; fhirVersion=4.0',
        "Application/JSON",
    ],
)
def test_std_01_json_and_fhir_json_are_taken(client: FlaskClient, content_type: str) -> None:
    answer = client.post(URL, data=json.dumps(SENT), content_type=content_type)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/json; charset=latin-1",
        "multipart/form-data",
    ],
)
def test_std_01_anything_else_is_415(client: FlaskClient, content_type: str) -> None:
    body = io.BytesIO(json.dumps(SENT).encode())
    (issue,) = outcome(client.post(URL, input_stream=body, content_type=content_type), 415)
    assert "application/fhir+json" in issue["details"]["text"]


@pytest.mark.parametrize(
    ("coding", "status"), [("identity", 200), ("gzip", 415), ("br, gzip", 415)]
)
def test_std_01_a_compressed_body_is_415(client: FlaskClient, coding: str, status: int) -> None:
    answer = client.post(URL, json=SENT, headers={"Content-Encoding": coding})
    assert answer.status_code == status


def padded(length: int) -> bytes:
    body = json.dumps(SENT).encode()
    return body[:-1] + b" " * (length - len(body)) + body[-1:]


def chunked(client: FlaskClient, body: bytes) -> TestResponse:
    # A server that has decoded the chunks tells no length, and that the stream ends by itself.
    return client.post(
        URL,
        input_stream=io.BytesIO(body),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )


def test_a_body_up_to_the_limit_is_read(client: FlaskClient) -> None:
    body = padded(MOST)
    assert client.post(URL, data=body, content_type="application/json").status_code == 200
    assert chunked(client, body).status_code == 200


def test_a_longer_body_is_413_whether_its_length_is_told_or_not(client: FlaskClient) -> None:
    body = padded(MOST + 1)
    outcome(client.post(URL, data=body, content_type="application/json"), 413)
    outcome(chunked(client, body), 413)


def test_what_fails_is_500_and_tells_nothing_of_what_was_sent(failing: FlaskClient) -> None:
    with capture_logs() as logs:
        answer = failing.post(URL, json=SENT, headers=BROWSER)
    (issue,) = outcome(answer, 500)
    correlation = answer.headers["X-Correlation-ID"]
    assert correlation in issue["diagnostics"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    (entry,) = logs
    assert entry["exception"] == "ZeroDivisionError"
    assert entry["at"].startswith(f"{__name__}:")
    assert "SECRET" not in answer.text + repr(logs)


def test_a_refusal_is_logged_by_field_and_never_by_value(client: FlaskClient) -> None:
    with capture_logs() as logs:
        client.post(URL, json=SENT | {"context": {"patientId": "SECRET id"}})
    (entry,) = logs
    assert entry["status"] == 400
    assert entry["expressions"] == ["context.patientId"]
    assert "SECRET" not in repr(logs)


def test_each_answer_has_a_correlation_id_of_its_own(client: FlaskClient) -> None:
    given = {client.get("/cds-services").headers["X-Correlation-ID"] for _ in range(3)}
    assert len({UUID(each) for each in given}) == 3


@pytest.mark.parametrize("path", ["/", "/cds-services", "/nothing", "/openapi.json"])
def test_no_answer_is_stored_sniffed_or_framed(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def every_kind_of_answer(client: FlaskClient, headers: dict[str, str]) -> Iterator[TestResponse]:
    yield client.get("/cds-services", headers=headers)
    yield client.post(URL, json=SENT, headers=headers)
    yield client.options(URL, headers=headers)
    yield client.get("/nothing", headers=headers)
    yield client.put(URL, headers=headers)
    yield client.post(URL, json={}, headers=headers)
    yield client.post(URL, json=SENT | {"prefetch": {}}, headers=headers)
    yield client.post(URL, data=padded(MOST + 1), headers=headers)
    yield client.post(URL, data="x", content_type="text/plain", headers=headers)


def test_req_208_and_std_42_every_answer_may_be_read_by_a_listed_origin(
    client: FlaskClient,
) -> None:
    for answer in every_kind_of_answer(client, BROWSER):
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "https://ehr.example.evil", "http://ehr.example", "null", "*", ""],
)
def test_std_42_no_other_origin_may_read_anything(client: FlaskClient, origin: str) -> None:
    for answer in every_kind_of_answer(client, {"Origin": origin}):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.headers["Vary"]


def test_std_42_without_an_origin_nothing_is_said_of_origins(client: FlaskClient) -> None:
    for answer in every_kind_of_answer(client, {}):
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_std_42_a_preflight_without_a_token_names_methods_and_headers(client: FlaskClient) -> None:
    for path in ("/cds-services", URL, "/cds-services//" + SERVICE):
        answer = client.options(path, headers=PREFLIGHT)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, OPTIONS"
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"


def test_std_42_no_wildcard_and_no_credentials(client: FlaskClient) -> None:
    for answer in every_kind_of_answer(client, PREFLIGHT):
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "*" not in [value for name, value in answer.headers if name.startswith("Access")]


def test_std_42_only_the_demo_lets_a_public_page_call_a_private_network() -> None:
    demo = served(msgspec.structs.replace(SETTINGS, demo=True)).test_client()
    name = "Access-Control-Allow-Private-Network"
    assert demo.options(URL, headers=PRIVATE).headers[name] == "true"
    assert name not in demo.options(URL, headers=PREFLIGHT).headers
    assert name not in served(SETTINGS).test_client().options(URL, headers=PRIVATE).headers


def test_std_43_the_description_is_openapi_3_1_and_names_every_address(client: FlaskClient) -> None:
    document: Any = client.get("/openapi.json").get_json()
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= set(document["info"])
    described = {
        (path, method.upper()) for path, item in document["paths"].items() for method in item
    }
    answered = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in served(SETTINGS).url_map.iter_rules()
        if rule.endpoint.startswith(PROTOCOL)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == answered


def test_the_description_says_which_calls_need_a_token(client: FlaskClient) -> None:
    document: Any = client.get("/openapi.json").get_json()
    needed = {
        path
        for path, item in document["paths"].items()
        if any("security" in operation for operation in item.values())
    }
    assert needed == {path for path in document["paths"] if path.startswith("/cds-services")}
    assert document["components"]["securitySchemes"]["client"]["bearerFormat"] == "JWT"


def test_std_43_every_operation_is_whole_and_every_reference_leads_somewhere() -> None:
    document: Any = openapi()
    operations = [each for item in document["paths"].values() for each in item.values()]
    assert len({each["operationId"] for each in operations}) == len(operations)
    for each in operations:
        assert each["responses"]["200"]["description"]
    for reference in json.dumps(document).split('"$ref": "#/')[1:]:
        found = document
        for part in reference.split('"')[0].split("/"):
            found = found[part]


def test_std_43_answers_are_as_described(client: FlaskClient) -> None:
    answers = {"Discovery": client.get("/cds-services"), "CDSResponse": client.post(URL, json=SENT)}
    for name, answer in answers.items():
        jsonschema.Draft202012Validator(schema(name)).validate(answer.json)
