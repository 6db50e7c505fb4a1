from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from structlog.testing import capture_logs

from cds_hooks.engine.call import Call
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import retention
from cds_hooks.store.call_rows import records
from cds_hooks.store.database import Store
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.retention import (
    CLOCKS,
    EVERY,
    JUMP,
    STEADY,
    database_clock,
    probe,
    purge,
    purge_if_due,
)
from cds_hooks.store.schema import EXPIRES, KEPT_SINCE, metadata
from cds_hooks.store.used_tokens import spent
from tests import stores
from tests.cds_hooks.store.calls import answer, remembered
from tests.charts import NOW, at_risk, patient

Clock: TypeAlias = Callable[[Connection], datetime]


def at(moment: datetime) -> Clock:
    """A database whose clock shows that time."""
    return lambda _: moment


def call_at(moment: datetime, store: Store) -> None:
    answered = answer(patient(), *at_risk(), service="cardiovascular-risk")
    call = Call(moment.isoformat(), str(moment.timestamp()), moment)
    keys = Keys((b"the secret of the tests",))
    batch = records(answered, call, settings=StoreSettings(), keys=keys)
    store.insert_within(10, batch)


def calls_left(store: Store) -> int:
    return len(remembered(store)["calls"])


def test_what_is_older_is_deleted_from_every_table_and_the_rest_kept(
    store_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    store = Store(store_settings.url)
    for days in range(5):
        call_at(NOW - timedelta(days=days), store)
    deleted = purge(store, days=1, clock=at(NOW))
    left = remembered(store)
    assert deleted["calls"] == deleted["cards"] == 3
    assert [len(left[name]) for name in ("calls", "cards")] == [2, 2]
    assert not purge(store, days=1, clock=at(NOW))


def test_the_clock_is_the_databases(store_settings: StoreSettings) -> None:
    with Store(store_settings.url).reading() as connection:
        assert abs(database_clock(connection) - datetime.now(UTC)) < timedelta(minutes=1)


def test_only_one_process_purges_in_an_hour(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    call_at(NOW - timedelta(days=10), store)
    call_at(NOW, store)
    assert purge_if_due(store, days=5, clock=at(NOW + EVERY))["calls"] == 1
    call_at(NOW - timedelta(days=10, seconds=1), store)
    soon = NOW + EVERY + timedelta(minutes=59)
    assert not purge_if_due(store, days=5, clock=at(soon))
    assert purge_if_due(store, days=5, clock=at(soon + timedelta(minutes=1)))["calls"] == 1


def test_one_run_deletes_no_more_than_its_share(
    sqlite_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "FEW", 2)
    monkeypatch.setattr(retention, "SHARE", 0.5)
    store = Store(sqlite_settings.url)
    for days in range(10):
        call_at(NOW - timedelta(days=days), store)
    assert purge_if_due(store, days=1, clock=at(NOW + EVERY))["calls"] == 5
    assert purge_if_due(store, days=1, clock=at(NOW + 2 * EVERY))["calls"] == 2


@pytest.mark.parametrize("jump", [timedelta(days=100), JUMP, -2 * EVERY])
def test_after_a_jump_of_the_clock_nothing_is_deleted_until_it_was_steady_for_a_day(
    sqlite_settings: StoreSettings, jump: timedelta
) -> None:
    store = Store(sqlite_settings.url)
    call_at(NOW, store)
    purge_if_due(store, days=90, clock=at(NOW))
    call_at(NOW - timedelta(days=500), store)
    wrong = NOW + jump
    with capture_logs() as logs:
        assert not purge_if_due(store, days=90, clock=at(wrong))
    assert [entry["event"] for entry in logs] == ["clock jumped"]
    assert store.within(5, probe) == wrong
    for hours in range(1, 24, 4):
        assert not purge_if_due(store, days=90, clock=at(wrong + timedelta(hours=hours)))
    assert purge_if_due(store, days=90, clock=at(wrong + STEADY))["calls"] >= 1
    assert store.within(5, probe) is None


def test_a_server_that_was_off_at_its_first_run_is_compared_with_the_newest_call(
    sqlite_settings: StoreSettings,
) -> None:
    store = Store(sqlite_settings.url)
    call_at(NOW, store)
    with capture_logs():
        assert not purge_if_due(store, days=90, clock=at(NOW + timedelta(days=100)))
    assert calls_left(store) == 1


def test_a_clock_that_is_set_right_again_deletes_nothing_either(
    sqlite_settings: StoreSettings,
) -> None:
    store = Store(sqlite_settings.url)
    call_at(NOW, store)
    with capture_logs():
        for days in (100, 0):
            assert not purge_if_due(store, days=90, clock=at(NOW + timedelta(days=days)))
        assert not purge_if_due(store, days=90, clock=at(NOW + EVERY))
    assert calls_left(store) == 1


def test_a_used_token_is_kept_for_as_long_as_clocks_may_differ(
    store_settings: StoreSettings,
) -> None:
    store = Store(store_settings.url)
    for minute in range(3):
        until = NOW + timedelta(minutes=minute)
        use = partial(spent, client="ehr", jti=str(minute), until=until, call="")
        assert store.within(10, use)
    later = NOW + CLOCKS + timedelta(minutes=1)
    assert purge(store, days=90, clock=at(later)) == {"replay_ids": 1}
    assert len(remembered(store)["replay_ids"]) == 2


SKEW = st.floats(-CLOCKS.total_seconds(), CLOCKS.total_seconds())


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    first=SKEW, second=SKEW, later=st.floats(0, 3 * CLOCKS.total_seconds()), life=st.floats(0, 900)
)
def test_no_token_counts_twice_however_the_clocks_of_replicas_differ(
    first: float, second: float, later: float, life: float
) -> None:
    store = Store(stores.placed().url)
    until = NOW + timedelta(seconds=life)
    use = partial(spent, client="ehr", jti="one", until=until, call="")

    def accepted(skew: float, moment: datetime) -> bool:
        in_time = moment + timedelta(seconds=skew) < until
        return in_time and store.within(10, use)

    took = accepted(first, NOW)
    moment = NOW + timedelta(seconds=later)
    purge(store, days=90, clock=at(moment))
    assert not (took and accepted(second, moment))
    store.close()


def test_every_table_is_purged_but_that_of_marks() -> None:
    assert set(KEPT_SINCE) | set(EXPIRES) | {"marks"} == set(metadata.tables)
    for table, column in ({**KEPT_SINCE, **EXPIRES}).items():
        assert column in metadata.tables[table].columns
