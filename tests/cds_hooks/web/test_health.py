from dataclasses import replace as changed
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.service import services
from cds_hooks.model_registry.gate import Gate, Verified
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.database import Store
from cds_hooks.web import health
from tests import stores
from tests.cds_hooks.model_registry.model_service import TEST_RISK, shown
from tests.cds_hooks.protocol.wire_rules import received
from tests.cds_hooks.web.test_app import SENT, URL

DAMAGED = "Test risk is unavailable: its hash is another"
FAULTY = Verified(TEST_RISK, "shipped", fault=DAMAGED)


@pytest.fixture
def app(store_settings: StoreSettings) -> Flask:
    return stores.served(Settings(), startup.recorder(store_settings, stores.ENVIRONMENT))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    stores.changed(app, gate=Gate({}, {}))
    return app.test_client()


def answered(client: FlaskClient, path: str = "/readyz", status: int = 200) -> Any:
    answer = client.get(path)
    assert answer.status_code == status
    return received(answer.data)


def test_a_server_with_all_its_parts_is_live_and_ready(client: FlaskClient) -> None:
    assert answered(client, "/livez") == {"status": "ok"}
    assert answered(client) == {"status": "ok"}


def test_a_database_that_is_away_degrades_and_takes_nothing_out(client: FlaskClient) -> None:
    recorder = stores.started(client.application).recorder
    recorder.store = Store("sqlite:////nowhere/at/all.db")
    told = {"status": "degraded", "database": "unavailable: Unavailable"}
    assert answered(client) == told
    assert answered(client, "/livez") == {"status": "ok"}
    sent = client.post(URL, json=SENT)
    assert sent.status_code == 200
    assert sent.json
    assert sent.json["extension"][EXTENSION]["record"] == "waiting"
    assert answered(client)["spool"] == "waiting"


def test_a_database_that_can_only_be_read_degrades_and_cards_go_on(
    sqlite_settings: StoreSettings,
) -> None:
    recorder = startup.recorder(sqlite_settings, stores.ENVIRONMENT)
    recorder.store.within(5, lambda c: c.exec_driver_sql("PRAGMA query_only = ON"))
    client = stores.served(Settings(), recorder).test_client()
    assert client.post(URL, json=SENT).status_code == 200
    assert answered(client)["status"] == "degraded"


def test_records_that_are_late_or_lost_are_told(client: FlaskClient) -> None:
    tally = stores.started(client.application).recorder.tally
    tally.late()
    tally.lost()
    assert answered(client) == {"status": "degraded", "records": {"late": 1, "lost": 1}}


def test_a_database_without_its_tables_degrades(bare_settings: StoreSettings) -> None:
    recorder = startup.recorder(bare_settings, stores.ENVIRONMENT)
    told = answered(stores.served(Settings(), recorder).test_client())
    assert told["status"] == "degraded"
    assert told["database"].startswith("unavailable: ")


def test_a_spool_that_is_full_degrades(client: FlaskClient) -> None:
    spool = stores.started(client.application).recorder.spool
    spool.append(b"x" * 900_000, seconds=10)
    assert answered(client) == {"status": "degraded", "spool": "full"}
    assert spool.replay(lambda _: None) == 1
    assert answered(client) == {"status": "ok"}


def test_a_spool_that_cannot_be_read_degrades(client: FlaskClient) -> None:
    spool = stores.started(client.application).recorder.spool
    spool.path = spool.path.parent / ("x" * 300)
    assert answered(client) == {"status": "degraded", "spool": "unavailable: OSError"}


def test_a_model_that_may_not_answer_degrades_and_is_named(app: Flask) -> None:
    stores.changed(
        app, gate=Gate({"test-risk": FAULTY}, {"test-risk": changed(FAULTY, fault="late")})
    )
    told = answered(app.test_client())
    assert told["status"] == "degraded"
    assert told["models"] == {"test-risk": DAMAGED, "test-risk (challenger)": "late"}


def test_where_no_service_can_answer_the_server_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "on_for_anyone", lambda _: (shown,))
    assert answered(client) == {"status": "ok"}
    stores.changed(client.application, gate=Gate({"test-risk": FAULTY}, {}))
    assert answered(client, status=503)["status"] == "unavailable"
    assert answered(client, "/livez") == {"status": "ok"}


def test_a_site_that_has_every_service_off_is_served_as_it_chose() -> None:
    off = Settings(services=dict.fromkeys(services(), ServiceSettings(mode="off")))
    assert answered(stores.served(off).test_client()) == {"status": "ok"}


def test_what_is_told_holds_no_path_and_no_password(client: FlaskClient) -> None:
    recorder = stores.started(client.application).recorder
    recorder.store = Store("postgresql://user:SECRET@127.0.0.1:9/SECRET")
    assert "SECRET" not in client.get("/readyz").text
