"""A whole exchange as integrators rehearse it: a site is served, and a client signs its calls."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import serialization

from cds_hooks.auth.signing import Signer
from cds_hooks.commands.cli import main
from tests import fhir_server, stores
from tests.callers import private_key
from tests.fhir_server import Chart
from tests.postgres import Postgres
from tests.servers import Server

CHART = Path(__file__).parents[1] / "fixtures" / "patients" / "lab-safety-fires.json"
ISSUER = "https://ehr.example"
SERVICE = "lab-safety"


def cds_hooks(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def publish(folder: Path, number: int) -> None:
    """Makes that key the client's only one."""
    key = private_key("P-384", number)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / f"{number}.pem").write_bytes(pem)
    told = cds_hooks("jwks", folder / f"{number}.pem", "--kid", f"key-{number}")
    (folder / "new.json").write_text(told.stdout)
    os.replace(folder / "new.json", folder / "jwks.json")


@pytest.fixture(scope="module")
def fhir() -> Iterator[Chart]:
    with fhir_server.serving(CHART.read_bytes()) as chart:
        yield chart


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty, upgraded database: of each kind in turn."""
    if request.param == "sqlite":
        yield stores.placed().url
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database(request.getfixturevalue("postgres_template")) as name:
        yield server.url(name)


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, store_url: str, fhir: Chart
) -> Iterator[Server]:
    """The server of a site with one client, whose first key is published."""
    folder = tmp_path_factory.mktemp("site")
    made = Server(folder, demo=False)
    publish(folder, 1)
    (folder / "cds.toml").write_text(f"""
public_url = "{made.url}"
fetch.deadline_ms = 20000
store.url = "{store_url}"
store.patience_ms = 10000
[clients.north]
issuer = "{ISSUER}"
jwks_file = "jwks.json"
tenants = ["north"]
fhir_servers = [{{ base = "{fhir.base}", private = true, plain_http = true }}]
""")
    try:
        made.start()
        yield made
    finally:
        made.kill()


def call(server: Server, *more: object, number: int = 1, tenant: str = "north") -> Result:
    signing = ("--key", server.folder / f"{number}.pem", "--kid", f"key-{number}")
    saying = ("--issuer", ISSUER, "--claim", f"tenant={tenant}")
    to = ("--url", server.url, "--service", SERVICE, "--patient", CHART)
    return cds_hooks("call", *to, *signing, *saying, *more)


def test_discovery_a_hook_with_fetch_feedback_and_rotation(server: Server, fhir: Chart) -> None:
    access = ("--fhir-server", fhir.base, "--fhir-token", "a-token", "--no-prefetch")
    answered = call(server, "--json", *access)
    assert answered.exit_code == 0, answered.stderr
    cards = json.loads(answered.stdout)["cards"]
    assert cards
    assert {each["Authorization"] for each in fhir.headers} == {"Bearer a-token"}

    url = f"{server.url}/cds-services/{SERVICE}/feedback"
    signer = Signer(private_key("P-384", 1), "key-1", "ES384", ISSUER, claims={"tenant": "north"})
    item = {"card": cards[0]["uuid"], "outcome": "overridden"}
    body = {"feedback": [item | {"outcomeTimestamp": "2026-03-15T12:00:00Z"}]}
    header = {"Authorization": f"Bearer {signer.token(url, datetime.now(UTC))}"}
    told = [requests.post(url, json=body, headers=header, timeout=30) for _ in range(2)]
    assert [each.status_code for each in told] == [200, 401]

    publish(server.folder, 2)
    assert call(server).exit_code == 1
    assert call(server, number=2).exit_code == 0


def test_a_call_that_is_not_signed_as_registered_is_told_no_more_than_that(server: Server) -> None:
    publish(server.folder, 3)
    to = ("--url", server.url, "--service", SERVICE, "--patient", CHART)
    wrong = [
        cds_hooks("call", *to),
        call(server),
        call(server, tenant="south", number=3),
        call(server, "--audience", "other", number=3),
        call(server, "--kid", "other", number=3),
        call(server, "--jku", "https://ehr.example/jwks", number=3),
    ]
    assert {each.exit_code for each in wrong} == {1}
    assert len({each.stderr for each in wrong}) == 1
    assert "answered 401\nerror: the call is not authenticated" in wrong[0].stderr
