from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import IntegrityError

from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.database import Store
from cds_hooks.store.group import Job
from cds_hooks.store.schema import cards
from cds_hooks.store.writing import Unavailable, Work, Writer
from tests.cds_hooks.store.test_database import CARD


@pytest.fixture
def store(store_settings: StoreSettings) -> Store:
    return Store(store_settings.url)


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    made = Writer(store._process.engine)
    yield made
    made.close()


def card(number: int) -> Work:
    return {"cards": [{**CARD, "uuid": f"c{number}"}]}


def counted(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(cards)) or 0


def fail(_: Connection) -> NoReturn:
    raise LookupError("of this work alone")


def performed(writer: Writer, *works: Work) -> list[Job[Work]]:
    jobs = [Job(work) for work in works]
    writer.perform(jobs)
    return jobs


def test_rows_of_many_calls_and_other_work_are_one_transaction(
    store: Store, writer: Writer
) -> None:
    commits: list[Any] = []
    event.listen(store._process.engine, "commit", commits.append)
    jobs = performed(writer, card(1), counted, card(2), card(1))
    assert [job.result for job in jobs] == [None, 2, None, None]
    assert len(commits) == 1


@pytest.mark.parametrize("refused", [fail, {"cards": [{**CARD, "uuid": "c9", "shown": None}]}])
def test_work_that_is_refused_keeps_no_other_from_being_committed(
    store: Store, writer: Writer, refused: Work
) -> None:
    jobs = performed(writer, card(1), refused, card(2))
    assert [job.error is None for job in jobs] == [True, False, True]
    assert isinstance(jobs[1].error, LookupError | IntegrityError)
    with store.reading() as connection:
        assert counted(connection) == 2


def test_work_that_nobody_waits_for_any_more_is_not_begun(store: Store, writer: Writer) -> None:
    given_up = Job(card(1))
    given_up.abandoned = True
    writer.perform([given_up, *(others := [Job(card(2))])])
    assert others[0].error is None
    with store.reading() as connection:
        assert counted(connection) == 1


def test_a_database_that_fails_fails_all_of_them() -> None:
    away = Writer(Store("sqlite:////nowhere/at/all.db")._process.engine)
    jobs = performed(away, card(1), card(2))
    assert all(isinstance(job.error, Unavailable) for job in jobs)


def test_more_rows_than_a_statement_takes_are_written_by_several(
    store: Store, writer: Writer
) -> None:
    (job,) = performed(writer, {"cards": [{**CARD, "uuid": f"c{n}"} for n in range(450)]})
    assert job.error is None
    with store.reading() as connection:
        assert counted(connection) == 450


def test_a_server_that_ended_the_connection_is_written_to_anew(
    postgres_settings: StoreSettings,
) -> None:
    store = Store(postgres_settings.url)
    writer = Writer(store._process.engine)
    performed(writer, card(1))
    with Store(postgres_settings.url).begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND backend_type = 'client backend' AND datname = current_database()"
        )
    (job,) = performed(writer, card(2))
    assert job.error is None
    writer.close()
