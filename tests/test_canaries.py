"""Nothing of a patient, and no token, is where it does not belong: logs, rows, files, errors."""

import io
import json
import logging
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NoReturn
from uuid import uuid4

import msgspec
import pytest
import structlog
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from cds_hooks import logs
from cds_hooks.engine.service import services
from cds_hooks.fhir_export.audit_events import audit_event
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.fatigue import FatigueSettings
from cds_hooks.settings.fetch import FetchSettings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.audit_rows import audited
from cds_hooks.store.database import Store
from cds_hooks.store.export import exported
from cds_hooks.store.recorder import Recorder
from tests import callers, stores
from tests.charts import (
    ALL_LIVE,
    ATRIAL_FIBRILLATION,
    INSTANCE,
    METFORMIN,
    Resource,
    at_risk,
    order,
    patient,
    problem,
    request,
    result,
    visit_for,
)
from tests.fhir_server import FAULTS, PAGING, WAITING, Exchange, Fault, serving, well

PATIENT = "canary-patient-8f3a"
OF_THE_PATIENT = {
    "name": "Canarynsson",
    "given name": "Canaryella",
    "MRN": "MRN-CANARY-4711",
    "birth date": "1951-11-29",
    "address": "13 Canary Row",
    "telephone": "555-CANARY-1",
    "note": "canary-note-of-a-nurse",
    "problem in words": "canary-problem-in-words",
    "token": "canary-access-token-77",
    "JWT": "eyJhbGciOiJFUzM4NCJ9.canary-jwt.c2lnbmF0dXJl",
    "jti": "canary-jti-31",
    "kid": "canary-kid-37",
    "claim": "canary-claim-41",
}
"""What is never kept or told, whatever the site chooses."""

IDS = {
    "patient id": PATIENT,
    "user id": "canary-user-19",
    "encounter id": "canary-encounter-23",
    "resource id": "canary-resource-29",
}
"""What is kept keyed, unless the site chooses otherwise."""

UNPROVEN = {"Authorization": f"Bearer {OF_THE_PATIENT['JWT']}"}
SENT: list[str] = []
"""The tokens that the calls of a test were made with."""

KEEPINGS: tuple[Literal["full", "hashed", "none"], ...] = ("full", "hashed", "none")
STORAGES = {f"{each}, ids keyed": StoreSettings(inputs=each) for each in KEEPINGS} | {
    f"{each}, ids plain, cards": StoreSettings(inputs=each, ids="plain", card_content=True)
    for each in KEEPINGS
}
FEW = ("lab-safety", "patient-risks")
"""A service, and the one that gathers the others."""

EXERCISES = pytest.mark.parametrize(
    ("keeping", "asked"),
    [
        *(
            pytest.param(each, tuple(services()) if each.inputs == "full" else FEW, id=name)
            for name, each in STORAGES.items()
        ),
        *(
            pytest.param(each, tuple(services()), id=f"{name}, every one", marks=pytest.mark.long)
            for name, each in STORAGES.items()
            if each.inputs != "full"
        ),
    ],
)
"""Where most is kept, every service is asked in every run; elsewhere a few are."""

KNOWN = callers.known(replace(ALL_LIVE, fatigue=FatigueSettings(on=True, most_an_hour=2)))
SITE = replace(
    KNOWN,
    clients={
        name: replace(client, replay="strict", on_store_error="accept")
        for name, client in KNOWN.clients.items()
    },
)


@pytest.fixture(autouse=True)
def _nothing_was_sent() -> None:
    SENT.clear()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the server writes to its log, as it configures it."""
    handlers, before, file = list(logging.root.handlers), structlog.get_config(), io.StringIO()
    logs.configure(file)
    yield file
    logging.captureWarnings(False)
    logging.root.handlers = handlers
    structlog.configure(**before)


def person() -> Resource:
    return patient(
        id=PATIENT,
        name=[{"family": OF_THE_PATIENT["name"], "given": [OF_THE_PATIENT["given name"]]}],
        identifier=[{"system": "urn:mrn", "value": OF_THE_PATIENT["MRN"]}],
        birthDate=OF_THE_PATIENT["birth date"],
        address=[{"line": [OF_THE_PATIENT["address"]]}],
        telecom=[{"system": "phone", "value": OF_THE_PATIENT["telephone"]}],
    )


def chart() -> list[Resource]:
    note = [{"text": OF_THE_PATIENT["note"]}]
    words: Any = {"text": OF_THE_PATIENT["problem in words"]}
    sick = problem(ATRIAL_FIBRILLATION, note=note, id=IDS["resource id"])
    sick["code"] |= words
    values = [result("potassium", 6.9, note=note), result("creatinine", 3.9), *at_risk()]
    odd = result("sodium", 1, id=IDS["resource id"])
    del odd["valueQuantity"]
    odd["valueString"] = OF_THE_PATIENT["note"]
    clinical = [sick, order(METFORMIN, note=note), odd, *values]
    return [
        person(),
        *(each | {"subject": {"reference": f"Patient/{PATIENT}"}} for each in clinical),
    ]


def hook(service: str, **changes: Any) -> dict[str, Any]:
    asked = services()[service]
    sent = request(asked, *chart(), *visit_for(asked, IDS["encounter id"]), settings=SITE)
    context = {"userId": f"Practitioner/{IDS['user id']}", "encounterId": IDS["encounter id"]}
    sent["context"] |= context
    token = {"access_token": OF_THE_PATIENT["token"], "token_type": "Bearer", "patient": PATIENT}
    return sent | {"fhirServer": "https://ehr.example/fhir", "fhirAuthorization": token} | changes


def malformed(service: str) -> Iterator[bytes]:
    """Bodies that are refused, each with everything that must not be told of."""
    whole = hook(service)
    text = json.dumps(whole)
    everything = [*OF_THE_PATIENT.values(), *IDS.values()]
    yield text[:-20].encode()
    yield text.encode("utf-16")
    yield text.replace(OF_THE_PATIENT["name"], OF_THE_PATIENT["name"] + "\\u0000").encode()
    yield b"[" * 5000 + text.encode()
    yield json.dumps(everything).encode()
    for field in ("hook", "hookInstance", "context", "fhirServer", "fhirAuthorization", "prefetch"):
        yield json.dumps(whole | {field: everything}).encode()
        yield json.dumps(whole | {field: " ".join(everything)}).encode()
    yield json.dumps(whole | {"prefetch": {}}).encode()
    for field in ("patientId", "userId", "encounterId"):
        yield json.dumps(whole | {"context": whole["context"] | {field: everything}}).encode()
    other = person() | {"id": "another"}
    yield json.dumps(whole | {"prefetch": whole["prefetch"] | {"patient": other}}).encode()


def answers(shown: list[dict[str, Any]]) -> Iterator[Any]:
    """Feedback, such as can be kept and such as cannot."""
    secrets = " ".join(OF_THE_PATIENT.values())
    for card in shown or [{"uuid": INSTANCE}]:
        item: Any = {"card": card["uuid"], "outcome": "overridden"}
        item["outcomeTimestamp"] = "2026-03-15T12:00:00Z"
        yield {"feedback": [item]}
        yield {"feedback": [item | {"patient": secrets}]}
        for field in ("outcome", "outcomeTimestamp", "acceptedSuggestions", "overrideReason"):
            yield {"feedback": [item | {field: secrets}]}
            yield {"feedback": [item | {field: [{"id": {"secret": secrets}}]}]}
    yield {"feedback": secrets}


def post(client: FlaskClient, path: str, body: bytes, **more: Any) -> TestResponse:
    return client.post(path, data=body, headers=authorized(path), **{"content_type": JSON} | more)


def authorized(path: str, **changes: Any) -> dict[str, str]:
    """A header that proves who calls, or not if anything is changed."""
    told = {"jti": f"{OF_THE_PATIENT['jti']}-{uuid4()}", "sub": OF_THE_PATIENT["claim"]}
    SENT.append(callers.signed(callers.claims(callers.BASE + path, **(told | changes))))
    return {"Authorization": f"Bearer {SENT[-1]}"}


def unproven(path: str) -> Iterator[dict[str, str]]:
    """Headers that prove nothing, each with something that must not be told of."""
    claim, again = OF_THE_PATIENT["claim"], authorized(path)
    yield UNPROVEN
    yield {"Authorization": OF_THE_PATIENT["JWT"]}
    yield {"Authorization": f"Basic {OF_THE_PATIENT['JWT']}"}
    for name in ("iss", "aud", "exp", "iat", "nbf", "jti"):
        yield authorized(path, **{name: claim})
    yield authorized(path, jti=claim * 20)
    yield authorized(path, exp=1)
    for header in ("kid", "alg", "typ", "jku"):
        text = msgspec.json.encode({"alg": "EdDSA", "typ": "JWT", "kid": "k"} | {header: claim})
        head = urlsafe_b64encode(text).rstrip(b"=").decode()
        yield {"Authorization": f"Bearer {head}.{SENT[-1].partition('.')[2]}"}
    yield again
    yield again


JSON = "application/json"


def exercise(client: FlaskClient, asked: Iterable[str]) -> list[str]:
    """Calls those services, and all else, in every way; the bodies of all refusals."""
    refused: list[TestResponse] = []
    for service in asked:
        path = f"/cds-services/{service}"
        called = [post(client, path, json.dumps(hook(service)).encode()) for _ in range(2)]
        shown = [card for each in called for card in (each.get_json().get("cards") or ())]
        for item in answers(shown):
            refused.append(post(client, f"{path}/feedback", json.dumps(item).encode()))
    path = "/cds-services/lab-safety"
    refused += [post(client, path, body) for body in malformed("lab-safety")]
    whole = json.dumps(hook("lab-safety")).encode()
    for header in unproven(path):
        refused.append(client.post(path, data=whole, headers=header, content_type=JSON))
    refused.append(post(client, path, whole, content_type="text/plain"))
    refused.append(post(client, path, whole + b" " * 20_000_000))
    for said in (*OF_THE_PATIENT.values(), PATIENT):
        refused.append(post(client, f"/cds-services/{said}", whole))
        refused.append(client.get(f"/{said}", headers=UNPROVEN))
    refused += [client.get("/readyz"), client.get("/metrics")]
    return [each.text for each in refused if each.status_code >= 400]


def held(recorder: Recorder) -> Mapping[str, bytes]:
    """Every file beside the database, and every export of it."""
    folder = Path(recorder.store.url.removeprefix("sqlite:///")).parent
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert files["cds-hooks.db"]
    rows = b"\n".join(exported(recorder.store))
    events = json.dumps([audit_event(row) for row in audited(recorder.store)]).encode()
    return files | {"export": rows, "audit": events}


def found(texts: Mapping[str, bytes], secrets: Mapping[str, str]) -> set[tuple[str, str]]:
    """Which secret is in which text."""
    return {
        (name, where)
        for name, secret in secrets.items()
        for where, text in texts.items()
        if secret.encode() in text
    }


def require_none(
    log: io.StringIO, refused: list[str], recorder: Recorder, keeping: StoreSettings
) -> None:
    told = {"log": log.getvalue().encode(), "errors": "\n".join(refused).encode()}
    assert told["log"].count(b"\n") > 20
    signatures = {f"token {number}": text[-40:] for number, text in enumerate(SENT)}
    assert found(told, OF_THE_PATIENT | IDS | signatures) == set()
    kept = held(recorder)
    secrets = OF_THE_PATIENT | signatures | (IDS if keeping.ids == "keyed" else {})
    assert found(kept, secrets) == set()
    if keeping.ids == "plain":
        assert "patient id" in {name for name, _ in found(kept, IDS)}


@EXERCISES
def test_no_canary_is_in_a_log_a_row_a_file_or_an_error(
    log: io.StringIO, keeping: StoreSettings, asked: tuple[str, ...]
) -> None:
    recorder = stores.recorder(keeping)
    client = stores.served(SITE, recorder).test_client()
    refused = exercise(client, asked)
    require_none(log, refused, recorder, keeping)
    assert b'"table":"cards"' in held(recorder)["export"]
    assert b'"table":"replay_ids"' in held(recorder)["export"]
    reasons = {json.loads(line).get("reason") for line in log.getvalue().splitlines()}
    assert {"no token", "replayed", "audience", "key"} - reasons == {"no token"}


@EXERCISES
def test_no_canary_is_told_or_spooled_while_the_database_is_away(
    log: io.StringIO, keeping: StoreSettings, asked: tuple[str, ...]
) -> None:
    placed = stores.placed(keeping)
    there = Store(placed.url)
    recorder = startup.recorder(placed, stores.ENVIRONMENT)
    recorder.store = Store("sqlite:////nowhere/at/all.db")
    client = stores.served(SITE, recorder).test_client()
    refused = exercise(client, asked)
    assert recorder.spool.waiting()
    recorder.store = there
    require_none(log, refused, recorder, keeping)
    assert recorder.catch_up() > 0
    require_none(log, refused, recorder, keeping)
    assert {"spooled", "unremembered", "replays unknown"} & {
        json.loads(e)["event"] for e in log.getvalue().splitlines()
    }


def test_no_canary_is_told_where_a_service_or_the_record_raises_it(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise ValueError(" ".join((*OF_THE_PATIENT.values(), *IDS.values())))

    recorder = stores.recorder()
    client = stores.served(SITE, recorder).test_client()
    whole = json.dumps(hook("patient-risks")).encode()
    texts = []
    for place in ("engine.gathering.evaluate", "store.recorder.records", "web.call.respond"):
        with monkeypatch.context() as patched:
            patched.setattr(f"cds_hooks.{place}", fail)
            texts.append(post(client, "/cds-services/patient-risks", whole).text)
    assert "this server failed" in texts[-1]
    assert found({"log": log.getvalue().encode()}, OF_THE_PATIENT | IDS) == set()
    assert found({"error": texts[-1].encode()}, OF_THE_PATIENT | IDS) == set()
    assert {"failed", "unrecorded"} <= {json.loads(e)["event"] for e in log.getvalue().splitlines()}


def echo(exchange: Exchange) -> None:
    """A server that tells everything that it knows, wherever it can."""
    told = f"{exchange.headers['Authorization']} {exchange.path}"
    secrets = " ".join((told, *OF_THE_PATIENT.values(), *IDS.values()))
    exchange.raw(f"HTTP/1.1 500 {secrets}\r\nLocation: /{secrets}\r\n{secrets}\r\n\r\n".encode())


ENDING = {"none": well, "echo": echo, **FAULTS, **PAGING}
FETCHED: Mapping[str, Mapping[str, Fault]] = {
    "at the end": {name: each for name, each in ENDING.items() if name not in WAITING},
    "at the deadline": {name: each for name, each in ENDING.items() if name in WAITING},
}


@pytest.mark.parametrize(("ends", "deadline"), [("at the end", 20_000), ("at the deadline", 600)])
def test_no_canary_is_told_or_kept_where_it_was_fetched_or_could_not_be(
    log: io.StringIO, ends: str, deadline: int
) -> None:
    recorder, refused = stores.recorder(), []
    with serving(chart()) as there:
        client = fetching(there.base, recorder, FetchSettings(deadline_ms=deadline, failures=1000))
        for fault in FETCHED[ends].values():
            there.always(fault)
            for service in ("lab-safety", "patient-risks"):
                body = json.dumps(hook(service, fhirServer=there.base, prefetch={})).encode()
                answer = client.post(f"/cds-services/{service}", data=body, content_type=JSON)
                refused += [answer.text] if answer.status_code >= 400 else []
        assert there.asked
    told = {"log": log.getvalue().encode(), "errors": "\n".join(refused).encode()}
    assert b"unfetched" in told["log"]
    assert found(told, OF_THE_PATIENT | IDS) == set()
    assert found(held(recorder), OF_THE_PATIENT | IDS) == set()


def fetching(base: str, recorder: Recorder, chosen: FetchSettings) -> FlaskClient:
    """A client whose FHIR server is at that base."""
    site = callers.known(replace(SITE, fetch=chosen))
    server = FhirServer(base=base, private=True, plain_http=True)
    tester = replace(site.clients[callers.TESTER], fhir_servers=(server,))
    app = stores.served(replace(site, clients={callers.TESTER: tester}), recorder)
    return callers.Caller(app, app.response_class)


def test_a_canary_that_is_there_is_found() -> None:
    planted = {"log": b"the patient Canarynsson"}
    assert found(planted, OF_THE_PATIENT) == {("name", "log")}
