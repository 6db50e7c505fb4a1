import json
import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store, Unavailable, UnusableAddress, insert
from cds_hooks.store.schema import Batch, Row, cards, replay_ids
from tests.postgres import Postgres

CARD: Row = {
    "client": "a",
    "uuid": "c1",
    "call_id": "call",
    "hook_instance": "h",
    "service": "s",
    "topic": None,
    "indicator": "info",
    "over": 1.5,
    "patient_id": "SECRET",
    "user_id": None,
    "encounter_id": None,
    "shown": True,
    "withheld_reason": None,
    "issued_at": "2026-03-15T12:00:00.000000Z",
    "content": None,
    "suggestions": "[]",
    "rests_on": "[]",
}
USED: Row = {"client": "a", "jti": "j", "expires_at": "2026", "call_digest": None}
BATCH: Batch = {"cards": [CARD], "replay_ids": [USED], "calls": []}


@pytest.fixture
def store(store_settings: StoreSettings) -> Store:
    return Store(store_settings.url)


def counted(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(cards)) or 0)


def test_what_is_inserted_again_is_there_once(store: Store) -> None:
    for _ in range(2):
        store.within(5, lambda connection: insert(connection, BATCH))
    with store.reading() as connection:
        assert [row._asdict() for row in connection.execute(select(cards))] == [CARD]
        assert [row._asdict() for row in connection.execute(select(replay_ids))] == [USED]


def test_a_transaction_is_written_whole_or_not_at_all(store: Store) -> None:
    lost: Batch = {"cards": [CARD], "replay_ids": [{**USED, "expires_at": None}]}
    with pytest.raises(IntegrityError):
        store.within(5, lambda connection: insert(connection, lost))
    assert counted(store) == 0


def test_who_waits_for_a_lock_is_told_in_time_and_may_repeat(
    store: Store, store_settings: StoreSettings
) -> None:
    other = Store(store_settings.url)
    with other.begin() as connection:
        insert(connection, BATCH)
        with pytest.raises(Unavailable):
            store.within(0.05, lambda waiting: insert(waiting, BATCH))
    store.within(5, lambda connection: insert(connection, BATCH))
    assert counted(store) == 1


def test_no_statement_waits_longer_than_it_may(store_settings: StoreSettings) -> None:
    impatient, other = Store(store_settings.url, seconds=0.05), Store(store_settings.url)
    with other.begin() as connection:
        insert(connection, BATCH)
        with pytest.raises(Unavailable), impatient.begin() as waiting:
            insert(waiting, BATCH)


def test_who_reads_sees_one_moment_and_keeps_no_one_from_writing(store: Store) -> None:
    with store.reading() as reader:
        assert reader.scalar(select(func.count()).select_from(cards)) == 0
        store.within(5, lambda connection: insert(connection, BATCH))
        assert reader.scalar(select(func.count()).select_from(cards)) == 0
    assert counted(store) == 1


def test_threads_write_at_once_and_lose_nothing(store: Store) -> None:
    begin = Event()

    def write(number: int) -> None:
        begin.wait()
        batch = {"cards": [{**CARD, "uuid": f"c{number}"}]}
        store.within(30, lambda connection: insert(connection, batch))

    threads = [Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    begin.set()
    for thread in threads:
        thread.join()
    assert counted(store) == 12


def test_a_closed_store_opens_again(store: Store) -> None:
    store.within(5, lambda connection: insert(connection, BATCH))
    store.close()
    store.close()
    assert counted(store) == 1


FORKS = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from cds_hooks.store.database import Store, insert
store, card = Store(sys.argv[1]), json.loads(sys.argv[2])

def write(uuid):
    store.within(30, lambda c: insert(c, {"cards": [{**card, "uuid": uuid}]}))

write("parent before")
children = []
for number in range(3):
    if not (child := os.fork()):
        write(f"child {number}")
        os._exit(0)
    children.append(child)
write("parent after")
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""


def test_it_is_taken_through_a_fork(store: Store, store_settings: StoreSettings) -> None:
    program = [sys.executable, "-c", FORKS, store_settings.url, json.dumps(CARD)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    subprocess.run(program, check=True, env=environment, timeout=60)
    assert counted(store) == 5


def test_sqlite_syncs_every_commit(sqlite_settings: StoreSettings) -> None:
    store = Store(sqlite_settings.url)
    with store.reading() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_full_disk_is_unavailable_and_what_was_there_stays(
    sqlite_settings: StoreSettings,
) -> None:
    store = Store(sqlite_settings.url)
    store.within(5, lambda connection: insert(connection, BATCH))
    large = [{**CARD, "uuid": f"c{number}", "content": "x" * 1000} for number in range(500)]
    store.within(5, lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))
    with pytest.raises(Unavailable):
        store.within(5, lambda connection: insert(connection, {"cards": large}))
    assert counted(store) == 1


def test_a_server_that_does_not_run_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"postgresql://SECRET:SECRET@/test?host={tmp_path}")
    with pytest.raises(Unavailable) as refused:
        store.within(5, lambda connection: insert(connection, BATCH))
    assert "SECRET" not in str(refused.value)


def test_a_server_that_ended_the_connection_is_reached_anew(
    postgres: Postgres, postgres_settings: StoreSettings
) -> None:
    store = Store(postgres_settings.url)
    assert counted(store) == 0
    admin = Store(postgres.url("postgres"))
    with admin.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
    assert counted(store) == 0


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"SECRET, and not a database" * 100)
    with pytest.raises(Unavailable) as refused, Store(f"sqlite:///{tmp_path / 'x.db'}").begin():
        pass
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "cds-hooks.db", "mysql://u:SECRET@h/d", "sqlite://", "sqlite:///:memory:", "x://"]
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UnusableAddress) as refused:
        Store(url)
    assert "SECRET" not in str(refused.value)


def test_no_error_of_a_database_holds_what_a_row_holds(store: Store) -> None:
    with pytest.raises(IntegrityError) as refused, store.begin() as connection:
        connection.execute(cards.insert(), [{**CARD, "shown": None}])
    assert "SECRET" not in str(refused.value).partition("DETAIL")[0]
