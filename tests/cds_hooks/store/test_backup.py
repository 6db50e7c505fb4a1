from pathlib import Path

import msgspec
import pytest

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.backup import UnusableBackup, backup, restore
from cds_hooks.store.database import Store, insert
from cds_hooks.store.upgrade import migrate, require_upgraded, revisions
from tests.cds_hooks.store.calls import remembered
from tests.cds_hooks.store.rows import filled
from tests.cds_hooks.store.test_database import BATCH, CARD


def kept(settings: StoreSettings) -> Store:
    store = Store(settings.url)
    with store.begin() as connection:
        filled(connection)
        insert(connection, {"cards": [{**CARD, "uuid": f"c{n}"} for n in range(600)]})
    return store


def test_what_is_backed_up_is_restored_into_either_database(
    store_settings: StoreSettings, bare_settings: StoreSettings
) -> None:
    store, other = kept(store_settings), Store(bare_settings.url)
    lines = list(backup(store))
    restored = restore(other, lines)
    assert remembered(other) == remembered(store)
    assert restored.total() == len(lines) - 2
    assert sorted(backup(other)) == sorted(lines)


def test_a_backup_is_of_one_moment(store_settings: StoreSettings) -> None:
    store = Store(store_settings.url)
    lines = backup(store)
    next(lines)
    store.within(10, lambda connection: insert(connection, BATCH))
    assert list(lines) == [b'{"rows":0}']


@pytest.mark.parametrize("released", revisions())
def test_a_backup_of_every_released_version_is_restored(
    bare_settings: StoreSettings, sqlite_settings: StoreSettings, released: str
) -> None:
    old = Store(sqlite_settings.url.replace("cds-hooks.db", "old.db"))
    with old.begin() as connection:
        migrate(connection, released)
        rows = filled(connection)
    store = Store(bare_settings.url)
    assert restore(store, backup(old)) == rows
    require_upgraded(store)
    assert len(remembered(store)["calls"]) == 1


def test_a_database_with_rows_is_not_restored_into(sqlite_settings: StoreSettings) -> None:
    store = kept(sqlite_settings)
    before = remembered(store)
    with pytest.raises(UnusableBackup, match="holds rows"):
        restore(store, list(backup(store)))
    assert remembered(store) == before


@pytest.mark.parametrize("cut", [0, 1, 600, -1])
def test_a_backup_that_was_cut_short_is_refused_and_restores_nothing(
    bare_settings: StoreSettings, sqlite_settings: StoreSettings, cut: int
) -> None:
    store, lines = Store(bare_settings.url), list(backup(kept(sqlite_settings)))
    with pytest.raises(UnusableBackup):
        restore(store, lines[:cut])
    with pytest.raises(UnusableBackup, match="no tables"):
        list(backup(store))


@pytest.mark.parametrize(
    "lines",
    [
        [b"SECRET"],
        [b"[1]"],
        [b'{"format":2,"revision":"0001"}'],
        [b'{"format":1,"revision":"9999"}'],
        [b'{"format":1,"revision":"0001"}', b'{"table":"users","row":{}}', b'{"rows":1}'],
        [b'{"format":1,"revision":"0001"}', b'{"rows":0}', b'{"rows":0}'],
        [b'{"format":1,"revision":"0001"}', b'{"rows":1}'],
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, lines: list[bytes]) -> None:
    with pytest.raises(UnusableBackup) as refused:
        restore(Store(f"sqlite:///{tmp_path / 'x.db'}"), lines)
    assert "SECRET" not in str(refused.value)


def test_a_backup_is_lines_of_json(sqlite_settings: StoreSettings) -> None:
    head, *_, last = [msgspec.json.decode(line) for line in backup(kept(sqlite_settings))]
    assert head == {"format": 1, "revision": revisions()[-1]}
    assert last == {"rows": 607}
