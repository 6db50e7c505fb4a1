"""What one process writes: many calls' rows and other work in one transaction."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from cds_hooks.store.group import Job
from cds_hooks.store.schema import Batch, Row, metadata
from cds_hooks.store.turns import Turns

Work: TypeAlias = Batch | Callable[[Connection], Any]
"""Rows to insert where they are not there yet, or anything else to do in a transaction."""

AT_ONCE = 200
"""Rows of one statement: each of their values is a variable, of which SQLite takes 32,766."""

_MARKS = {"sqlite": "?", "postgresql": "%s"}


class Unavailable(Exception):
    """The database cannot be reached, has no room left, or does not answer in time."""


class Conflict(Unavailable):
    """Another transaction was in the way of this one, which may be done again."""


class Writer:
    """Performs the jobs of a process on one connection that it keeps. Not safe between threads."""

    def __init__(self, engine: Engine, turns: Turns | None = None) -> None:
        self._engine = engine
        self._turns = turns
        self._kept: Connection | None = None

    def perform(self, jobs: Sequence[Job[Work]]) -> None:
        """Does all of them in one transaction; or each in its own, if one of them is refused."""
        asked = [job for job in jobs if not job.abandoned]
        try:
            results = self._committed([job.work for job in asked]) if asked else []
        except BaseException as error:  # noqa: BLE001 - it is told to whoever waits
            self._perform_apart(asked, error)
        else:
            for job, result in zip(asked, results, strict=True):
                job.finish(result)

    def close(self) -> None:
        """Gives the connection back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.close()

    def _perform_apart(self, jobs: Sequence[Job[Work]], error: BaseException) -> None:
        gone = isinstance(error, Unavailable) and not isinstance(error, Conflict)
        if len(jobs) == 1 or gone:
            for job in jobs:
                job.fail(error)
        else:
            for job in jobs:
                self.perform([job])

    def _committed(self, works: Sequence[Work]) -> list[Any]:
        try:
            return self._transacted(works)
        except ConnectionLost:
            # It was lost since the last transaction: the server was restarted, and is there again.
            return self._transacted(works)

    def _transacted(self, works: Sequence[Work]) -> list[Any]:
        if self._turns is None:
            return self._in_turn(works)
        with reached():
            self._turns.take()
        try:
            return self._in_turn(works)
        finally:
            self._turns.give_up()

    def _in_turn(self, works: Sequence[Work]) -> list[Any]:
        with reached():
            reused = self._kept is not None
            if self._kept is None:
                self._kept = self._engine.connect()
                # It is no one else's: closed, it is not given back to be used again.
                self._kept.detach()
            try:
                with self._kept.begin():
                    return _done(self._kept, works)
            except BaseException as error:
                self.close()
                if reused and isinstance(error, DBAPIError) and error.connection_invalidated:
                    raise ConnectionLost from None
                raise


class ConnectionLost(Unavailable):
    """The connection that was kept is not usable any more."""


def _done(connection: Connection, works: Sequence[Work]) -> list[Any]:
    """The result of each; the rows of all are inserted first."""
    rows: dict[str, list[Row]] = {}
    for work in works:
        if not callable(work):
            for name, more in work.items():
                rows.setdefault(name, []).extend(more)
    insert(connection, rows)
    return [work(connection) if callable(work) else None for work in works]


def insert(connection: Connection, batch: Batch) -> None:
    """Inserts the rows that are not there yet: what is repeated changes nothing."""
    for name, rows in batch.items():
        columns, key = _columns(name)
        if len(rows) > 1:
            # In one order, because two that insert the same would otherwise wait for each other.
            rows = sorted(rows, key=lambda row: [str(row[column]) for column in key])
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            text = _insertion(name, len(some), _MARKS[connection.dialect.name])
            values = tuple([row.get(column) for row in some for column in columns])
            connection.exec_driver_sql(text, values)


@lru_cache
def _columns(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a table's columns, and of those of its primary key."""
    table = metadata.tables[name]
    return tuple(table.columns.keys()), tuple(each.name for each in table.primary_key.columns)


@lru_cache(maxsize=1024)
def _insertion(name: str, rows: int, mark: str) -> str:
    """One statement for so many rows: each further statement would cost as much as the first."""
    columns, _ = _columns(name)
    row = f"({', '.join([mark] * len(columns))})"
    listed = ", ".join(f'"{column}"' for column in columns)
    into = f'INSERT INTO "{name}" ({listed})'
    return f"{into} VALUES {', '.join([row] * rows)} ON CONFLICT DO NOTHING"


@contextmanager
def reached() -> Iterator[None]:
    """Raises Unavailable where the database is what fails."""
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, NoConnectionInTime, sqlite3.Error, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        # Classes 40 of SQLSTATE: serialization failures and deadlocks.
        state = getattr(cause, "sqlstate", None) or ""
        kind = Conflict if state.startswith("40") else Unavailable
        # The message of a database may hold what a row holds.
        raise kind(type(cause).__name__) from None
