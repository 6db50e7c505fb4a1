import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from cds_hooks.engine.service import services
from cds_hooks.fhir_client.response import JSONResponse
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.store.database import Store
from cds_hooks.store.schema import calls, replay_ids
from cds_hooks.web.app import create_app
from tests import stores
from tests.callers import BASE, claims, jwk, jwks, private_key, signed
from tests.cds_hooks.auth import forged
from tests.cds_hooks.auth.forged import CLIENT, FORGED, URL, valid
from tests.cds_hooks.store.calls import remembered
from tests.charts import NOW, at_risk, patient, request, result

PATH = URL.removeprefix(BASE)
BODY = json.dumps(request(services()["lab-safety"], patient(), *at_risk())).encode()
SITE = Settings(
    public_url=BASE,
    clients={"north": CLIENT, "south": replace(CLIENT, issuer="https://ehr.south.example")},
    limits=LimitSettings(failed_authentications=0, calls=0),
)
UNTOLD = {"Date", "X-Correlation-ID"}


def keys(_: str, __: FhirServer) -> JSONResponse:
    return JSONResponse(forged.KEYS, {})


def served(settings: Settings = SITE) -> Flask:
    return create_app(settings, stores.recorder(settings.store), fetch_keys=keys)


def client_of(**changes: Any) -> FlaskClient:
    """A server that knows one client, which is as `north` but for the changes."""
    return served(replace(SITE, clients={"north": replace(CLIENT, **changes)})).test_client()


@pytest.fixture(scope="module")
def server() -> FlaskClient:
    return served().test_client()


def post(server: FlaskClient, header: str, body: bytes = BODY, path: str = PATH) -> TestResponse:
    headers = {"Authorization": header} if header else {}
    return server.post(path, data=body, headers=headers, content_type="application/json")


def told(answer: TestResponse) -> tuple[int, bytes, dict[str, str]]:
    """Everything that an answer says, but for what is different each time."""
    headers = {name: value for name, value in answer.headers.items() if name not in UNTOLD}
    return answer.status_code, answer.data, headers


@pytest.fixture(scope="module")
def refusal(server: FlaskClient) -> tuple[int, bytes, dict[str, str]]:
    return told(post(server, ""))


@pytest.mark.parametrize("name", FORGED)
def test_req_177_every_forgery_is_refused_with_the_same_bytes_and_its_reason_logged(
    server: FlaskClient, refusal: tuple[int, bytes, dict[str, str]], name: str
) -> None:
    forge, reason = FORGED[name]
    with capture_logs() as logs:
        assert told(post(server, forge())) == refusal
    assert [each["reason"] for each in logs if each["event"] == "refused"] == [reason]


def test_the_refusal_is_401_bearer_and_tells_nothing(refusal: Any) -> None:
    status, body, headers = refusal
    assert status == 401
    assert headers["WWW-Authenticate"] == "Bearer"
    (issue,) = msgspec.json.decode(body)["issue"]
    assert issue == {
        "severity": "error",
        "code": "login",
        "details": {"text": "the call is not authenticated"},
    }


def test_at_least_eighty_forgeries_are_tried() -> None:
    assert len(FORGED) > 80


def test_req_176_a_valid_token_is_answered(server: FlaskClient) -> None:
    for header in (valid(), valid(aud=["x", URL]), valid().replace("Bearer", "bearer")):
        assert post(server, header).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/cds-services"),
        ("HEAD", "/cds-services"),
        ("POST", PATH),
        ("POST", f"{PATH}/feedback"),
        ("POST", "/cds-services/no-such-service"),
        ("POST", "/cds-services/no-such-service/feedback"),
    ],
)
def test_req_178_every_endpoint_of_the_standard_needs_a_token_for_itself(
    server: FlaskClient, method: str, path: str
) -> None:
    assert server.open(path, method=method).status_code == 401
    for aud, refused in ((BASE + path, False), (f"{BASE}/cds-services/other", True)):
        header = {"Authorization": valid(aud=aud)}
        assert (server.open(path, method=method, headers=header).status_code == 401) is refused


@pytest.mark.parametrize("path", ["/livez", "/openapi.json"])
def test_what_tells_nothing_of_patients_needs_no_token(server: FlaskClient, path: str) -> None:
    assert server.get(path).status_code == 200


def test_req_199_a_token_without_jku_is_verified_with_the_keys_that_are_registered(
    server: FlaskClient,
) -> None:
    assert post(server, forged.headed(jku=None)).status_code == 200


@pytest.mark.parametrize(
    ("algorithm", "kid", "key"), [("ES384", "ec", forged.EC), ("RS384", "rsa", forged.RSA)]
)
def test_req_205_the_recommended_algorithms_are_accepted_by_themselves(
    server: FlaskClient, algorithm: str, kid: str, key: Any
) -> None:
    assert post(server, forged.by(algorithm, kid, key)).status_code == 200


@pytest.mark.parametrize(
    ("algorithm", "kid", "key"),
    [("ES256", "p256", "P-256"), ("EdDSA", "ed", "Ed25519"), ("PS384", "rsa", "RSA-2048")],
)
def test_another_algorithm_is_accepted_of_the_client_that_registered_it(
    algorithm: str, kid: str, key: str
) -> None:
    header = forged.by(algorithm, kid, private_key(key))
    assert post(client_of(algorithms=(algorithm,)), header).status_code == 200
    assert post(client_of(), header).status_code == 401


def test_a_shared_issuer_is_told_apart_by_the_tenant() -> None:
    both = {name: replace(CLIENT, tenants=(name,)) for name in ("north", "south")}
    app = served(replace(SITE, clients=both))
    assert post(app.test_client(), valid(tenant="south")).status_code == 200
    rows = remembered(stores.started(app).recorder.store)["calls"]
    assert [row["client"] for row in rows] == ["south"]


def test_a_token_like_epics_is_accepted() -> None:
    epic = client_of(
        issuer="https://epic.example/api/FHIR/R4", audiences=("cds-hooks.example",), tenants=()
    )
    issued = datetime.now(UTC)
    early, late = issued - timedelta(minutes=5), issued + timedelta(minutes=15)
    said = claims("cds-hooks.example", issued, iss="https://epic.example/api/FHIR/R4")
    said |= {"sub": "client-1", "nbf": int(early.timestamp()), "exp": int(late.timestamp())}
    header = f"Bearer {signed(said, key=forged.RSA, kid='rsa', alg='RS384', jku=forged.JKU)}"
    assert post(epic, header).status_code == 200


def test_a_key_id_may_be_any_text() -> None:
    odd = "a+b/c=="
    app = create_app(
        SITE, stores.recorder(), fetch_keys=lambda *_: JSONResponse(jwks(jwk(forged.EC, odd)), {})
    )
    assert post(app.test_client(), forged.headed(kid=odd)).status_code == 200


def test_a_token_like_cerners_is_accepted() -> None:
    keys_at = "https://authorization.cerner.example/jwk"
    cerner = client_of(issuer="https://cds-hooks.cerner.example", jkus=(keys_at,), sub="")
    said = claims(URL, iss="https://cds-hooks.cerner.example", tenant="north")
    header = signed(said, key=forged.EC, kid="ec", alg="ES384", jku=keys_at)
    assert post(cerner, f"Bearer {header}").status_code == 200


def test_clocks_may_differ_by_the_leeway() -> None:
    server, header = client_of(leeway=60), valid(iat=forged.now(-300), exp=forged.now(-55))
    assert post(server, header).status_code == 200
    assert post(server, valid(iat=forged.now(55))).status_code == 200


@pytest.mark.parametrize(
    ("replay", "same", "another"),
    [("strict", 401, 401), ("same-body", 200, 401), ("off", 200, 200)],
)
def test_a_token_may_be_repeated_as_its_client_has_it(replay: str, same: int, another: int) -> None:
    server, header = client_of(replay=replay), valid()
    other = BODY.replace(b"}", b" }", 1)
    answers = [post(server, header, body).status_code for body in (BODY, BODY, other)]
    assert answers == [200, same, another]


def test_a_used_token_cannot_be_used_again_before_its_leeway_is_over_nor_after() -> None:
    server, header, issued = client_of(), valid(), datetime.now(UTC)
    with time_machine.travel(issued, tick=False) as clock:
        assert post(server, header).status_code == 200
        for seconds in (1, 299, 301, 359, 361):
            clock.move_to(issued + timedelta(seconds=seconds))
            assert post(server, header).status_code == 401


def test_a_token_that_proves_nothing_is_not_remembered() -> None:
    app = served()
    for name in ("signature: a byte within the signature", "claims: aud empty"):
        post(app.test_client(), FORGED[name][0]())
    assert remembered(stores.started(app).recorder.store)["replay_ids"] == []


@pytest.mark.parametrize(("policy", "status"), [("reject", 503), ("accept", 200)])
def test_while_replays_cannot_be_told_the_client_is_treated_as_the_site_chose(
    policy: str, status: int
) -> None:
    server = client_of(on_store_error=policy)
    stores.started(server.application).recorder.store = Store("sqlite:////nowhere/at/all.db")
    with capture_logs() as logs:
        answer = post(server, valid())
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert "replays unknown" in [each["event"] for each in logs]


def test_while_the_database_is_away_a_token_that_was_seen_is_refused() -> None:
    server = client_of()
    seen, fresh = valid(), valid()
    assert post(server, seen).status_code == 200
    recorder = stores.started(server.application).recorder
    there, recorder.store = recorder.store, Store("sqlite:////nowhere/at/all.db")
    with capture_logs():
        assert post(server, seen).status_code == 401
        assert [post(server, fresh).status_code for _ in range(2)] == [200, 401]
    recorder.store = there
    recorder.catch_up()
    assert len(remembered(there)["replay_ids"]) == 2


def test_what_is_remembered_names_the_client_that_called() -> None:
    app = served()
    post(app.test_client(), valid())
    store = stores.started(app).recorder.store
    rows = remembered(store)
    assert {row["client"] for row in rows[calls.name]} == {"north"}
    assert {row["client"] for row in rows[replay_ids.name]} == {"north"}


@time_machine.travel(NOW)
def test_a_client_answers_its_own_cards_alone() -> None:
    app = served()
    server = app.test_client()
    critical = json.dumps(
        request(services()["lab-safety"], patient(), result("potassium", 6.9))
    ).encode()
    (card, *_) = post(server, valid(), critical).get_json()["cards"]
    item = {"card": card["uuid"], "outcome": "overridden"}
    body = json.dumps({"feedback": [item | {"outcomeTimestamp": "2026-03-15T12:00:00Z"}]}).encode()
    path, aud = f"{PATH}/feedback", f"{URL}/feedback"
    south = valid(aud=aud, iss="https://ehr.south.example")
    assert post(server, south, body, path).status_code == 403
    assert post(server, valid(aud=aud), body, path).status_code == 200


def test_a_clients_settings_are_on_top_of_the_sites() -> None:
    off = {"lab-safety": ServiceSettings(mode="off")}
    clients = {"north": replace(CLIENT, services=off), "south": replace(CLIENT, sub="client-2")}
    server = served(replace(SITE, clients=clients)).test_client()
    assert post(server, valid()).status_code == 404
    assert post(server, valid(sub="client-2")).status_code == 200
    header = {"Authorization": valid(aud=f"{BASE}/cds-services")}
    announced = server.get("/cds-services?announce=all", headers=header).get_json()["services"]
    assert "lab-safety" not in {each["id"] for each in announced}


ORIGINS = {"north": "https://north.example", "south": "https://south.example"}


@pytest.fixture
def browsers() -> FlaskClient:
    clients = {
        name: replace(SITE.clients[name], cors_origins=(origin,))
        for name, origin in ORIGINS.items()
    }
    return served(replace(SITE, clients=clients)).test_client()


@pytest.mark.parametrize("origin", ORIGINS.values())
def test_req_208_a_preflight_needs_no_token(browsers: FlaskClient, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = browsers.options(PATH, headers=asks)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_req_208_an_answer_is_for_the_pages_of_the_client_that_called(
    browsers: FlaskClient,
) -> None:
    for name, origin in ORIGINS.items():
        header = {"Authorization": valid(), "Origin": origin}
        answer = browsers.post(PATH, data=BODY, headers=header, content_type="application/json")
        assert ("Access-Control-Allow-Origin" in answer.headers) == (name == "north")
    refused = browsers.post(PATH, headers={"Origin": ORIGINS["south"]})
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGINS["south"]


@pytest.fixture
def demo() -> FlaskClient:
    return stores.served(demo_settings()).test_client()


def test_the_demo_answers_with_and_without_a_token_and_the_sandboxs_too(demo: FlaskClient) -> None:
    for header in ("", valid(), "Bearer nonsense"):
        assert post(demo, header).status_code == 200
