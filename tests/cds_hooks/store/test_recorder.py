import gc
import shutil
from collections.abc import Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic
from typing import NoReturn

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert as plain_insert
from structlog.testing import capture_logs

from cds_hooks.protocol.feedback import Outcome
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import database, recorder, startup
from cds_hooks.store.call_rows import records
from cds_hooks.store.database import Store, Unavailable
from cds_hooks.store.feedback_rows import Received, keep
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.schema import calls
from tests import stores
from tests.cds_hooks.store.calls import answer, call, remembered
from tests.charts import NOW

EVERY = {
    "calls": 1,
    "cards": 1,
    "feedback": 0,
    "marks": 0,
    "outcomes": 0,
    "replay_ids": 0,
    "smart_launches": 0,
}


@pytest.fixture(autouse=True)
def long_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "REST", 3600.0)


def rested(remembering: Recorder) -> Recorder:
    """The same, long after the database has failed."""
    remembering.store._rests_until = 0.0
    return remembering


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


encoded = msgspec.msgpack.encode


def spooled(remembering: Recorder, record: bytes) -> None:
    remembering.spool.append(record, seconds=10)


def counted(store: Store) -> dict[str, int]:
    return {name: len(rows) for name, rows in remembered(store).items()}


def test_a_call_is_in_the_database_when_it_was_recorded(remembering: Recorder) -> None:
    assert remembering.record(answer(), call()) == ""
    assert counted(remembering.store) == EVERY
    assert not remembering.spool.waiting()


def test_a_call_that_is_repeated_has_its_cards_once(remembering: Recorder) -> None:
    remembering.record(answer(), call("first"))
    before = counted(remembering.store)
    remembering.record(answer(), call("again"))
    assert counted(remembering.store) == before | {"calls": 2}


def test_while_the_database_is_away_calls_are_spooled_and_then_replayed_once(
    away: Recorder, sqlite_settings: StoreSettings
) -> None:
    with capture_logs() as logs:
        for number in range(3):
            assert away.record(answer(), call(f"call-{number}")) == "waiting"
    # It is told once: while the database is left alone no call tries it.
    assert [entry["event"] for entry in logs] == ["spooled"]
    assert away.spool.waiting()
    with pytest.raises(Unavailable):
        rested(away).catch_up()
    back(rested(away), sqlite_settings)
    assert away.catch_up() == 3
    assert away.catch_up() == 0
    assert counted(away.store)["calls"] == 3
    assert counted(away.store)["cards"] == 1


def test_what_was_written_and_spooled_is_there_once(
    remembering: Recorder, store_settings: StoreSettings
) -> None:
    hasty = startup.recorder(replace(store_settings, patience_ms=400), stores.ENVIRONMENT)
    other = Store(store_settings.url)
    with other.begin() as connection:
        connection.execute(plain_insert(calls), [EVENT])
        if not other.embedded:
            connection.exec_driver_sql("LOCK TABLE cards IN ACCESS EXCLUSIVE MODE")
        hasty.record(answer(), call())
        assert hasty.spool.waiting()
    # What came too late for the answer may have been committed by now, or will be, beside this.
    rested(hasty).catch_up()
    remembering.record(answer(), call())
    assert counted(remembering.store)["cards"] == 1
    assert {row["id"] for row in remembered(remembering.store)["calls"]} == {
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
        for number in range(300):
            full.record(answer(), call(f"call-{number}"))
    assert full.spool.waiting()
    full.store.close()
    rested(full).catch_up()
    assert counted(full.store)["calls"] == 300


def test_without_the_database_and_with_a_full_spool_cards_go_on(away: Recorder) -> None:
    away.spool.room = 100
    with capture_logs() as logs:
        assert away.record(answer(), call()) == "lost"
    assert [entry["event"] for entry in logs] == ["spooled", "unrecorded"]
    assert "SECRET" not in repr(logs)
    assert (away.tally.counts.late, away.tally.counts.lost) == (0, 1)


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
    used = {"client": "demo", "jti": "1", "expires_at": "9"}
    spooled(remembering, b"no record")
    spooled(remembering, encoded({"cards": [{"client": "demo", "uuid": "without the rest"}]}))
    spooled(remembering, encoded({"no such table": [{}]}))
    spooled(remembering, encoded({"replay_ids": [used]}))
    with capture_logs() as logs:
        assert remembering.catch_up() == 4
    assert [entry["event"] for entry in logs] == ["unrecorded"] * 3
    assert remembering.tally.counts.lost == 3
    assert counted(remembering.store)["replay_ids"] == 1


def test_a_database_that_failed_is_left_alone_for_a_while(
    away: Recorder, sqlite_settings: StoreSettings
) -> None:
    with capture_logs() as logs:
        away.record(answer(), call("first"))
        back(away, sqlite_settings)
        away.record(answer(), call("second"))
    assert len(logs) == 1
    assert rested(away).catch_up() == 2


def test_after_the_database_is_back_the_spool_is_replayed_without_any_call(
    away: Recorder, sqlite_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "REST", 0.0)
    monkeypatch.setattr(recorder, "TIDIED_EVERY", 0.01)
    with capture_logs():
        away.record(answer(), call("first"))
    back(away, sqlite_settings)
    with capture_logs():
        tidying = begun(away)
        until = monotonic() + 30
        while away.spool.waiting() and monotonic() < until:
            tidying.join(0.01)
    assert counted(away.store)["calls"] == 1


def test_the_thread_that_tidies_ends_with_the_recorder(
    sqlite_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "TIDIED_EVERY", 0.01)
    made = startup.recorder(sqlite_settings, stores.ENVIRONMENT)
    thread = begun(made)
    assert thread.is_alive()
    del made
    gc.collect()
    thread.join(30)
    assert not thread.is_alive()


def begun(made: Recorder) -> Thread:
    """Begins the thread, which the tests otherwise keep from beginning."""
    thread = Thread(target=made._tidying._work, daemon=True)
    thread.start()
    return thread


def test_a_database_that_is_late_sends_only_the_calls_that_wait_to_the_spool(
    sqlite_settings: StoreSettings,
) -> None:
    hasty = startup.recorder(replace(sqlite_settings, patience_ms=400), stores.ENVIRONMENT)
    with capture_logs() as logs, Store(sqlite_settings.url).begin():
        assert hasty.record(answer(), call("first")) == "waiting"
        assert hasty.record(answer(), call("second")) == "waiting"
    assert [entry["event"] for entry in logs] == ["spooled"]
    hasty.store.within(5, lambda _: None)
    assert hasty.record(answer(), call("third")) == ""
    hasty.catch_up()
    assert counted(hasty.store)["calls"] == 3


def test_a_record_that_is_on_no_disk_in_time_is_counted_as_late_and_still_kept(
    away: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = Lock()
    written = away.spool._written

    def slowly(records: Sequence[bytes]) -> int:
        with hold:
            return written(records)

    monkeypatch.setattr(away.spool, "_written", slowly)
    away._half = 0.05
    with capture_logs(), hold:
        assert away.record(answer(), call()) == "late"
    away.spool.append(b"the next", seconds=10)
    assert (away.tally.counts.late, away.tally.counts.lost) == (1, 0)
    assert away.spool.waiting()


def test_a_late_record_that_cannot_be_written_after_all_is_counted_as_lost(
    away: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, failed = Lock(), Event()

    def refuse(_: object) -> NoReturn:
        with hold:
            failed.set()
            raise OSError("SECRET")

    monkeypatch.setattr(away.spool, "_written", refuse)
    away._half = 0.05
    with capture_logs(), hold:
        assert away.record(answer(), call()) == "late"
    assert failed.wait(10)
    with pytest.raises(OSError, match="SECRET"):
        away.spool.append(b"the next", seconds=10)
    assert (away.tally.counts.late, away.tally.counts.lost) == (1, 1)


def test_feedback_on_a_card_that_waits_in_the_spool_is_linked_when_that_is_replayed(
    remembering: Recorder,
) -> None:
    made = answer()
    (card,) = made.response.cards
    rows = records(made, call(), settings=remembering.settings, keys=remembering.keys)
    spooled(remembering, encoded(rows))
    told = Outcome(card=str(card.uuid), kind="overridden", at=NOW)
    post = Received((told,), client="demo", service="lab-safety", at=NOW)
    remembering.store.within(5, lambda c: keep(c, post))
    (row,) = remembered(remembering.store)["feedback"]
    assert row["orphan"]
    assert remembering.catch_up() == 1
    (row,) = remembered(remembering.store)["feedback"]
    assert (row["orphan"], row["mismatch"]) == (False, False)
