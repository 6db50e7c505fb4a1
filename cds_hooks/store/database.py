"""The database: one SQLite file or a PostgreSQL server, never waited for without a bound."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar
from weakref import finalize

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionInTime

from cds_hooks.store.schema import Batch, metadata

THREADS = 8
"""How many transactions one process has under way at once; each has its own connection."""

SECONDS = 2.0
"""How long a statement, a lock or a connection may take."""

_DIALECTS: dict[str, Callable[[Table], Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}

Result = TypeVar("Result")


class Unavailable(Exception):
    """The database cannot be reached, has no room left, or does not answer in time."""


class UnusableAddress(ValueError):
    """The database's URL cannot be used; the message does not repeat it, for its password."""


@dataclass(frozen=True, slots=True)
class _Process:
    """What must not be taken into a forked process: connections and threads."""

    pid: int
    engine: Engine
    threads: ThreadPoolExecutor


class Store:
    """Transactions on one database, safe to share between threads and to take through a fork.

    `seconds` bounds every statement, lock and connection. Raises UnusableAddress.
    """

    def __init__(self, url: str, *, seconds: float = SECONDS) -> None:
        self.url = url
        self.seconds = seconds
        self.embedded = _dialect(url) == "sqlite"
        self._made: _Process | None = None
        self._making = Lock()

    def within(self, seconds: float, work: Callable[[Connection], Result]) -> Result:
        """The result of one transaction, if it is committed in that time; else Unavailable.

        A transaction that is late may still be committed, so its work must bear being repeated.
        """
        return self._result(seconds, self._process.threads.submit(self._transacted, work))

    def read_within(self, seconds: float, work: Callable[[Connection], Result]) -> Result:
        """What is read in that time, without keeping anyone from writing; else Unavailable."""
        return self._result(seconds, self._process.threads.submit(self._read, work))

    def _result(self, seconds: float, running: Future[Result]) -> Result:
        try:
            return running.result(timeout=seconds)
        except TimeoutError:
            running.cancel()
            raise Unavailable("late") from None

    def _transacted(self, work: Callable[[Connection], Result]) -> Result:
        with self.begin() as connection:
            return work(connection)

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self.reading() as connection:
            return work(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction, committed at the end; raises Unavailable."""
        with _reached(), self._process.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the database to read, which keeps no one from writing."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        engine = self._process.engine
        reader = engine.execution_options(**({"reads": True} if self.embedded else options))
        with _reached(), reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Ends this process's connections and threads; the next transaction makes new ones."""
        with self._making:
            made, self._made = self._made, None
        if made is not None:
            _end(made)

    @property
    def _process(self) -> _Process:
        made = self._made
        if made is not None and made.pid == os.getpid():
            return made
        with self._making:
            if self._made is None or self._made.pid != os.getpid():
                # The parent's connections are left to it: to close them here would end them there.
                self._made = self._connected()
                finalize(self, _end, self._made)
            return self._made

    def _connected(self) -> _Process:
        return _Process(
            os.getpid(),
            _sqlite(self.url, self.seconds) if self.embedded else _pg(self.url, self.seconds),
            ThreadPoolExecutor(THREADS, thread_name_prefix="store"),
        )


def _end(made: _Process) -> None:
    if made.pid == os.getpid():
        made.threads.shutdown(wait=False, cancel_futures=True)
        made.engine.dispose()


def insert(connection: Connection, batch: Batch) -> None:
    """Inserts the rows that are not there yet: what is repeated changes nothing."""
    for name, rows in batch.items():
        if rows:
            table = metadata.tables[name]
            connection.execute(absent(connection, table), [dict(row) for row in rows])


def absent(connection: Connection, table: Table) -> Insert:
    """The insertion of rows whose primary key is not there yet."""
    statement: Insert = _DIALECTS[connection.dialect.name](table).on_conflict_do_nothing()
    return statement


def _dialect(url: str) -> str:
    try:
        parsed = make_url(url)
        found = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        found = ""
    if found not in _DIALECTS or parsed.database in (None, ":memory:"):
        raise UnusableAddress("not the URL of SQLite (sqlite:///FILE) or postgresql://")
    return found


def _sqlite(url: str, seconds: float) -> Engine:
    engine = create_engine(url, pool_size=THREADS, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        # The driver would begin transactions by itself, and too late: see `begin`.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
        connection.execute("PRAGMA journal_mode = WAL")
        # Every commit is on the disk, also after a power failure.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What was purged is not in the file either.
        connection.execute("PRAGMA secure_delete = ON")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # Who reads first and writes later fails at once where another has written in between.
        reads = connection.get_execution_options().get("reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _pg(url: str, seconds: float) -> Engine:
    limit = f"{seconds * 1000:.0f}"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=THREADS,
        max_overflow=0,
        pool_timeout=seconds,
        # A server that was restarted is not noticed by the call that comes first.
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": max(2, round(seconds)),
            "tcp_user_timeout": limit,
            "options": f"-c statement_timeout={limit} -c lock_timeout={limit}"
            " -c synchronous_commit=on",
        },
    )


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except (DataError, IntegrityError, ProgrammingError):
        raise
    except (DBAPIError, NoConnectionInTime) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        # The message of a database may hold what a row holds.
        raise Unavailable(type(cause).__name__) from None
