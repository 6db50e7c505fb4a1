"""The database: one SQLite file or a PostgreSQL server, never waited for without a bound."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any, TypeVar
from weakref import finalize

from sqlalchemy import Connection, Engine, Insert, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from cds_hooks.store.group import Busy, Group, Job
from cds_hooks.store.schema import Batch
from cds_hooks.store.turns import Turns
from cds_hooks.store.writing import Unavailable, Work, Writer, insert, reached

__all__ = ["Late", "Resting", "Store", "Unavailable", "UnusableAddress", "absent", "insert"]

THREADS = 8
"""How many a process reads for at once; each has its own connection. It writes on one more."""

SECONDS = 2.0
"""How long a statement, a lock or a connection may take."""

REST = 1.0
"""Seconds for which a database that failed is left alone: who asks is told so at once."""

TOGETHER = 64
"""Jobs of one transaction at most."""

_DIALECTS: dict[str, Callable[[Table], Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}

Result = TypeVar("Result")


class Resting(Unavailable):
    """The database failed a moment ago, and is not tried again yet."""


class Late(Unavailable):
    """The database did not answer in the time that the caller has."""


class UnusableAddress(ValueError):
    """The database's URL cannot be used; the message does not repeat it, for its password."""


@dataclass(frozen=True, slots=True)
class _Process:
    """What must not be taken into a forked process: connections and threads."""

    pid: int
    engine: Engine
    readers: ThreadPoolExecutor
    writers: Group[Work]


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
        self._rests_until = 0.0

    def within(
        self, seconds: float, work: Callable[[Connection], Result], *, insist: bool = False
    ) -> Result:
        """The result of the work, if it is committed in that time; else Unavailable.

        It shares its transaction with other work. If it is late it may still be committed, and if
        another's fails it is done again: it must bear being repeated. Who can only wait or be
        refused may `insist`: then the database is tried also if it failed a moment ago.
        """
        result: Result = self._written(seconds, work, insist=insist)
        return result

    def insert_within(self, seconds: float, rows: Batch) -> None:
        """Inserts the rows that are not there yet, as `within` does any work."""
        self._written(seconds, rows)

    def read_within(self, seconds: float, work: Callable[[Connection], Result]) -> Result:
        """What is read in that time, without keeping anyone from writing; else Unavailable."""
        self._require_rested()
        running = self._process.readers.submit(self._read, work)
        try:
            return running.result(timeout=seconds)
        except TimeoutError:
            running.cancel()
            raise Late("it did not answer in time") from None
        except Unavailable:
            self._rests_until = monotonic() + REST
            raise

    @property
    def rests(self) -> bool:
        """Whether it failed a moment ago, and is left alone."""
        return monotonic() < self._rests_until

    def _require_rested(self) -> None:
        if self.rests:
            raise Resting("it failed a moment ago")

    def _written(self, seconds: float, work: Work, *, insist: bool = False) -> Any:
        if not insist:
            self._require_rested()
        writers = self._process.writers
        if writers.stuck(seconds):
            raise Resting("it is busy with one transaction")
        try:
            job: Job[Work] = writers.submit(work)
        except Busy:
            raise Resting("too much waits for it") from None
        if not job.ended(seconds):
            raise Late("it did not answer in time")
        if isinstance(job.error, Unavailable):
            self._rests_until = monotonic() + REST
        if job.error is not None:
            raise job.error
        return job.result

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        with self.reading() as connection:
            return work(connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """One transaction of its own, committed at the end; raises Unavailable."""
        with reached(), self._process.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the database to read, which keeps no one from writing."""
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        engine = self._process.engine
        reader = engine.execution_options(**({"reads": True} if self.embedded else options))
        with reached(), reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Ends this process's connections and threads; the next transaction makes new ones."""
        with self._making:
            made, self._made = self._made, None
        if made is not None and made.pid == os.getpid():
            _end(made)
            # Nothing of it is to be there when the process is forked.
            made.writers.join(self.seconds)

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
        engine = _sqlite(self.url, self.seconds) if self.embedded else _pg(self.url, self.seconds)
        turns = Turns(Path(str(make_url(self.url).database))) if self.embedded else None
        writer = Writer(engine, turns)
        return _Process(
            os.getpid(),
            engine,
            ThreadPoolExecutor(THREADS, thread_name_prefix="read"),
            Group("write", writer.perform, most=TOGETHER, ended=writer.close),
        )


def _end(made: _Process) -> None:
    if made.pid == os.getpid():
        made.readers.shutdown(wait=False, cancel_futures=True)
        made.writers.close()
        made.engine.dispose()


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
        # By the driver itself: it is done for every transaction, and SQLAlchemy's way is long.
        driver: Any = connection.connection.dbapi_connection
        driver.execute("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _pg(url: str, seconds: float) -> Engine:
    limit = f"{seconds * 1000:.0f}"
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=THREADS + 1,
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
