from datetime import datetime, timedelta
from functools import partial

import pytest

from cds_hooks.engine.call import Call
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import retention
from cds_hooks.store.call_rows import records
from cds_hooks.store.database import Store, insert
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.retention import purge
from cds_hooks.store.schema import EXPIRES, KEPT_SINCE, metadata
from cds_hooks.store.used_tokens import spent
from tests.cds_hooks.store.calls import answer, remembered
from tests.charts import NOW, at_risk, patient


def call_at(moment: datetime, store: Store) -> None:
    answered = answer(patient(), *at_risk(), service="cardiovascular-risk")
    call = Call(moment.isoformat(), str(moment.timestamp()), moment)
    keys = Keys((b"the secret of the tests",))
    batch = records(answered, call, settings=StoreSettings(), keys=keys)
    store.within(10, lambda connection: insert(connection, batch))


def test_what_is_older_is_deleted_from_every_table_and_the_rest_kept(
    store_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    store = Store(store_settings.url)
    for days in range(5):
        call_at(NOW - timedelta(days=days), store)
    deleted = purge(store, now=NOW, days=1)
    left = remembered(store)
    assert deleted["audit_events"] == deleted["cards"] == 3
    assert deleted["assessments"] == 6
    assert [len(left[name]) for name in ("audit_events", "cards", "assessments")] == [2, 2, 4]
    clients = {row["client"] for row in left["cards"]}
    assert {row["client"] for row in left["suggestions"]} == clients
    assert not purge(store, now=NOW, days=1)


def test_a_used_token_is_forgotten_once_it_has_expired_and_not_before(
    store_settings: StoreSettings,
) -> None:
    store = Store(store_settings.url)
    for minute in range(3):
        until = NOW + timedelta(minutes=minute)
        use = partial(spent, client="ehr", jti=str(minute), until=until, call="")
        assert store.within(10, use)
    assert purge(store, now=NOW + timedelta(minutes=1), days=90) == {"replay_ids": 1}
    assert len(remembered(store)["replay_ids"]) == 2


def test_every_table_is_purged_or_goes_with_its_card() -> None:
    assert set(KEPT_SINCE) | set(EXPIRES) | {"suggestions"} == set(metadata.tables)
    for table, column in ({**KEPT_SINCE, **EXPIRES}).items():
        assert column in metadata.tables[table].columns
