import shutil
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import NoReturn

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert as plain_insert
from structlog.testing import capture_logs

from cds_hooks.engine.call import Call
from cds_hooks.protocol.feedback import Outcome
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import recorder, startup
from cds_hooks.store.call_rows import records
from cds_hooks.store.database import Store, Unavailable
from cds_hooks.store.feedback_rows import Received, keep
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import audit_events
from tests import stores
from tests.cds_hooks.store.calls import answer, call, remembered
from tests.charts import NOW

EVERY = {
    "cards": 1,
    "suggestions": 2,
    "assessments": 0,
    "audit_events": 1,
    "feedback": 0,
    "replay_ids": 0,
    "smart_launches": 0,
}


class AtOnce(Thread):
    """Does its work where it is started, so that a test need not wait for it."""

    def start(self) -> None:
        self.run()


@pytest.fixture(autouse=True)
def long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "REST", 3600.0)


@pytest.fixture
def remembering(store_settings: StoreSettings) -> Recorder:
    return startup.recorder(store_settings, stores.ENVIRONMENT)


@pytest.fixture
def away(sqlite_settings: StoreSettings, tmp_path: Path) -> Recorder:
    """A recorder whose database is not there, until `back` puts it there."""
    gone = replace(sqlite_settings, url=f"sqlite:///{tmp_path / 'away' / 'cds-hooks.db'}")
    return startup.recorder(gone, stores.ENVIRONMENT)


def back(away: Recorder, there: StoreSettings) -> None:
    path = Path(away.store.url.removeprefix("sqlite:///"))
    path.parent.mkdir()
    shutil.copyfile(there.url.removeprefix("sqlite:///"), path)


def counted(store: Store) -> dict[str, int]:
    return {name: len(rows) for name, rows in remembered(store).items()}


def test_a_call_is_in_the_database_when_it_was_recorded(remembering: Recorder) -> None:
    remembering.record(answer(), call())
    assert counted(remembering.store) == EVERY | {
        "assessments": len(answer().evaluations[0].assessments)
    }
    assert not remembering.spool.waiting()


def test_a_call_that_is_repeated_is_recorded_as_one_with_two_events(remembering: Recorder) -> None:
    remembering.record(answer(), call("first"))
    before = counted(remembering.store)
    remembering.record(answer(), call("again"))
    assert counted(remembering.store) == before | {"audit_events": 2}


def test_while_the_database_is_away_calls_are_spooled_and_then_replayed_once(
    away: Recorder, sqlite_settings: StoreSettings
) -> None:
    with capture_logs() as logs:
        for number in range(3):
            away.record(answer(), call(f"call-{number}"))
    # It is told once: while the database is left alone no call tries it.
    assert [entry["event"] for entry in logs] == ["spooled"]
    assert away.spool.waiting()
    with pytest.raises(Unavailable):
        away.catch_up()
    back(away, sqlite_settings)
    assert away.catch_up() == 3
    assert away.catch_up() == 0
    assert counted(away.store)["audit_events"] == 3
    assert counted(away.store)["cards"] == 1


def test_what_was_written_and_spooled_is_there_once(
    remembering: Recorder, store_settings: StoreSettings
) -> None:
    hasty = startup.recorder(replace(store_settings, patience_ms=1), stores.ENVIRONMENT)
    other = Store(store_settings.url)
    with other.begin() as connection:
        connection.execute(plain_insert(audit_events), [EVENT])
        if not other.embedded:
            connection.exec_driver_sql("LOCK TABLE cards IN ACCESS EXCLUSIVE MODE")
        hasty.record(answer(), call())
        assert hasty.spool.waiting()
    # What came too late for the answer may have been committed by now, or will be, beside this.
    hasty.catch_up()
    remembering.record(answer(), call())
    assert counted(remembering.store)["cards"] == 1
    assert {row["id"] for row in remembered(remembering.store)["audit_events"]} == {
        "call-1",
        "other",
    }


EVENT = {
    "client": "demo",
    "id": "other",
    "event": "call",
    "service": "s",
    "detail": "{}",
    "recorded_at": "2026-03-15T12:00:00.000000Z",
}


def test_a_database_on_a_full_disk_keeps_no_record_from_the_spool(
    sqlite_settings: StoreSettings,
) -> None:
    full = startup.recorder(replace(sqlite_settings, card_content=True), stores.ENVIRONMENT)
    full.store.within(5, lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))
    with capture_logs():
        for number in range(40):
            full.record(answer(), call(f"call-{number}"))
    assert full.spool.waiting()
    full.store.close()
    full.catch_up()
    assert counted(full.store)["audit_events"] == 40


def test_without_the_database_and_with_a_full_spool_cards_go_on(away: Recorder) -> None:
    away.spool.room = 100
    with capture_logs() as logs:
        away.record(answer(), call())
    assert [entry["event"] for entry in logs] == ["spooled", "unrecorded"]
    assert "SECRET" not in repr(logs)


def test_a_mistake_in_what_is_recorded_keeps_no_card_back(
    remembering: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError("SECRET")

    monkeypatch.setattr(recorder, "records", fail)
    with capture_logs() as logs:
        remembering.record(answer(), call())
    assert logs[0]["exception"] == "ZeroDivisionError"
    assert "SECRET" not in repr(logs)


def test_a_record_that_the_database_refuses_does_not_hold_up_the_others(
    remembering: Recorder,
) -> None:
    remembering.spool.append(b"no JSON")
    remembering.spool.append(b'{"cards":[{"client":"demo","uuid":"without the rest"}]}')
    remembering.spool.append(b'{"replay_ids":[{"client":"demo","jti":"1","expires_at":"9"}]}')
    with capture_logs() as logs:
        assert remembering.catch_up() == 3
    assert [entry["event"] for entry in logs] == ["unrecorded"] * 2
    assert counted(remembering.store)["replay_ids"] == 1


def test_a_database_that_failed_is_left_alone_for_a_while(
    away: Recorder, sqlite_settings: StoreSettings
) -> None:
    with capture_logs() as logs:
        away.record(answer(), call("first"))
        back(away, sqlite_settings)
        away.record(answer(), call("second"))
    assert len(logs) == 1
    assert away.catch_up() == 2


def test_the_next_call_after_the_database_is_back_replays_the_spool_and_purges(
    away: Recorder, sqlite_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "Thread", AtOnce)
    monkeypatch.setattr(recorder, "REST", 0.0)
    with capture_logs():
        away.record(answer(), call("first"))
    back(away, sqlite_settings)
    away.record(answer(), call("second"))
    assert counted(away.store)["audit_events"] == 2
    later = NOW + timedelta(days=away.settings.retention_days, hours=1)
    away.record(answer(), Call("demo", "third", later))
    (left,) = remembered(away.store)["audit_events"]
    assert left["id"] == "third"


def test_feedback_on_a_card_that_waits_in_the_spool_is_linked_when_that_is_replayed(
    remembering: Recorder,
) -> None:
    made = answer()
    (card,) = made.response.cards
    rows = records(made, call(), settings=remembering.settings, keys=remembering.keys)
    remembering.spool.append(msgspec.json.encode(rows))
    told = Outcome(card=str(card.uuid), kind="overridden", at=NOW)
    post = Received((told,), client="demo", service="lab-safety", at=NOW)
    remembering.store.within(5, lambda c: keep(c, post))
    (row,) = remembered(remembering.store)["feedback"]
    assert row["orphan"]
    assert remembering.catch_up() == 1
    (row,) = remembered(remembering.store)["feedback"]
    assert (row["orphan"], row["mismatch"]) == (False, False)


def test_a_replay_that_fails_is_not_tried_again_by_every_call(
    remembering: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> NoReturn:
        raise Unavailable("SECRET")

    monkeypatch.setattr(recorder, "Thread", AtOnce)
    monkeypatch.setattr(remembering, "catch_up", fail)
    remembering.spool.append(b"{}")
    with capture_logs() as logs:
        for number in range(3):
            remembering.record(answer(), call(f"call-{number}"))
    assert [entry["event"] for entry in logs] == ["untidied"]
    assert "SECRET" not in repr(logs)
