from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import insert
from structlog.testing import capture_logs

from cds_hooks.engine.call import Call
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.database import Store
from cds_hooks.store.schema import marks, replay_ids
from cds_hooks.store.startup import elsewhere, prepared
from cds_hooks.store.upgrade import require_upgraded
from tests.cds_hooks.store.calls import answer, call, remembered

LINE = msgspec.msgpack.encode({"replay_ids": [{"client": "demo", "jti": "1", "expires_at": "9"}]})


@pytest.fixture
def fresh(tmp_path: Path) -> StoreSettings:
    """A folder with nothing in it."""
    return replace(elsewhere(StoreSettings(), tmp_path), spool_mb=1)


def test_in_a_fresh_folder_everything_is_made_and_remembers(
    fresh: StoreSettings, tmp_path: Path
) -> None:
    made = prepared(fresh)
    names = {"cds-hooks.db", "cds-hooks.secret", "cds-hooks.spool"}
    names |= {"cds-hooks.db-next", "cds-hooks.db-turn"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())
    made.record(answer(), call())
    assert len(remembered(made.store)["cards"]) == 1


def test_at_the_next_start_all_is_still_there_and_the_spool_is_replayed(
    fresh: StoreSettings,
) -> None:
    first = prepared(fresh)
    first.record(answer(), Call("demo", "call-1", datetime.now(UTC)))
    first.store.close()
    first.spool.append(LINE, seconds=10)
    again = prepared(fresh)
    assert not again.spool.waiting()
    assert again.keys.secrets == first.keys.secrets
    rows = remembered(again.store)
    assert (len(rows["cards"]), len(rows["replay_ids"])) == (1, 1)


def test_at_the_start_what_is_too_old_is_deleted(fresh: StoreSettings) -> None:
    store = prepared(fresh).store
    with store.begin() as connection:
        old = {"client": "demo", "jti": "1", "expires_at": "2001-01-01T00:00:00.000000Z"}
        connection.execute(insert(replay_ids), [old])
        # The last purge was a minute ago, at the start before.
        connection.execute(marks.delete())
    assert remembered(prepared(fresh).store)["replay_ids"] == []


def test_a_folder_that_is_not_there_is_told_by_the_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="secret_file"):
        prepared(elsewhere(StoreSettings(), tmp_path / "nowhere"))


def test_a_file_that_is_no_database_is_told_by_the_key(
    fresh: StoreSettings, tmp_path: Path
) -> None:
    (tmp_path / "cds-hooks.db").write_bytes(b"SECRET, and no database" * 100)
    with pytest.raises(ConfigError, match=r"store\.url") as refused:
        prepared(fresh)
    assert "SECRET" not in str(refused.value)


def test_a_spool_that_cannot_be_made_is_told_by_the_key(fresh: StoreSettings) -> None:
    with pytest.raises(ConfigError, match=r"store\.spool_file"):
        prepared(replace(fresh, spool_file=str(Path(fresh.spool_file).parent)))


def test_records_that_an_older_version_left_are_not_written_over(fresh: StoreSettings) -> None:
    path = Path(fresh.spool_file)
    path.write_bytes(b"spool 00000001\n00000001 00000002 00000000 {}\n")
    with pytest.raises(ConfigError, match="older version"):
        prepared(fresh)
    path.write_bytes(b"spool 00000002\n" + bytes(100))
    assert not prepared(fresh).spool.waiting()


def on_a_server(settings: StoreSettings, folder: Path) -> StoreSettings:
    secret = folder / "secret"
    secret.write_text("the secret of the tests, which is long")
    return replace(settings, secret_env="", secret_file=str(secret))


def test_a_server_with_this_versions_tables_is_taken(
    postgres_settings: StoreSettings, tmp_path: Path
) -> None:
    made = prepared(on_a_server(postgres_settings, tmp_path))
    made.record(answer(), call())
    assert len(remembered(made.store)["cards"]) == 1


def test_a_server_without_this_versions_tables_is_refused_and_left_alone(
    bare_settings: StoreSettings, tmp_path: Path
) -> None:
    if bare_settings.url.startswith("sqlite"):
        require_upgraded(prepared(on_a_server(bare_settings, tmp_path)).store)
        return
    with pytest.raises(ConfigError, match="cds-hooks db upgrade"):
        prepared(on_a_server(bare_settings, tmp_path))


def test_a_server_that_is_away_is_left_to_the_spool(
    sqlite_settings: StoreSettings, tmp_path: Path
) -> None:
    away = replace(sqlite_settings, url=f"postgresql://postgres@/x?host={tmp_path}")
    with capture_logs() as logs:
        made = prepared(on_a_server(away, tmp_path))
        made.record(answer(), call())
    assert [entry["event"] for entry in logs] == ["database unavailable", "spooled"]
    assert made.spool.waiting()


def test_on_a_server_the_secret_is_the_sites_to_give(
    sqlite_settings: StoreSettings, tmp_path: Path
) -> None:
    # Each host would make one of its own, and know the others' patients as others.
    away = replace(sqlite_settings, url=f"postgresql://postgres@/x?host={tmp_path}")
    with pytest.raises(ConfigError, match="secret_file"):
        prepared(replace(away, secret_env="", secret_file=str(tmp_path / "none")))


def test_what_starts_the_server_leaves_no_connection_to_be_forked(fresh: StoreSettings) -> None:
    # SQLite removes its journal with the last connection.
    store = prepared(fresh).store
    assert isinstance(store, Store)
    assert not Path(fresh.url.removeprefix("sqlite:///") + "-wal").exists()
