"""Forgets what is older than the site keeps it, by the database's clock and never much at once.

A clock that is wrong must not delete what is not old. So a run of the server by itself

- goes by the database's clock, which all replicas share;
- deletes nothing when that clock has gone on by more than `JUMP` since the run before, or back: the
  next runs go on `STEADY` later, if it then has not jumped again, and until then an alarm is told;
- deletes at most `SHARE` of a table's rows.

What expires, such as the id of a used token, is kept for `CLOCKS` longer, more than the clocks of
replicas and clients may differ: the one whose clock is slow may still accept the token.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection, Table, delete, func, select, text, tuple_

from cds_hooks.store.database import Store
from cds_hooks.store.schema import EXPIRES, KEPT_SINCE, calls, marks, metadata
from cds_hooks.store.timestamps import parsed, written

AT_ONCE = 500
"""Rows of one transaction, so that no call waits long for it."""

EVERY = timedelta(hours=1)
"""How often the processes of all replicas together purge."""

JUMP = timedelta(days=2)
"""How far the database's clock may have gone on since the run before; nobody asked it meanwhile."""

STEADY = timedelta(hours=24)
"""For how long nothing is deleted after a jump, so that a person can set the clock right."""

SHARE = 0.05
"""The part of a table's rows that one run may delete, ..."""

FEW = 1_000
"""... or this many, if they are more."""

CLOCKS = timedelta(hours=1)
"""By how much clocks may differ: six times what `doctor` accepts of a client's."""

PURGED, ALARM, PROBED = "purged", "clock alarm", "probed"

Clock = Callable[[Connection], datetime]
"""What tells the time of a database (aware)."""

log = structlog.get_logger("cds_hooks")


def database_clock(connection: Connection) -> datetime:
    """The database's own time."""
    if connection.dialect.name == "postgresql":
        told: datetime = connection.scalar(text("SELECT clock_timestamp()"))
        return told.astimezone(UTC)
    return datetime.fromisoformat(str(connection.scalar(text("SELECT datetime('now')")))).replace(
        tzinfo=UTC
    )


def purge_if_due(store: Store, *, days: int, clock: Clock = database_clock) -> Counter[str]:
    """Purges if no process has done so within the hour, within the bounds above; rows by table.

    Raises Unavailable.
    """
    now = store.within(store.seconds, partial(_begun, clock=clock))
    return _purged(store, now, days=days, bounded=True) if now else Counter()


def purge(store: Store, *, days: int, clock: Clock = database_clock) -> Counter[str]:
    """Deletes what is older than so many days, and what has expired; the rows by table.

    Without the bounds above: for a person who has looked at the clock. Raises Unavailable.
    """
    return _purged(store, store.within(store.seconds, clock), days=days, bounded=False)


def probe(connection: Connection) -> datetime | None:
    """Writes, since a database that can only be read keeps nothing.

    Since when nothing is purged because the database's clock has jumped; None if it has not.
    """
    _set_mark(connection, PROBED, database_clock(connection))
    return _mark(connection, ALARM)


def _begun(connection: Connection, *, clock: Clock) -> datetime | None:
    """The time of a run that is due and may delete; None without one."""
    now, alarm = clock(connection), _mark(connection, ALARM)
    last = _mark(connection, PURGED) or _newest(connection)
    if _mark(connection, PURGED) and last and timedelta(0) <= now - last < EVERY:
        return None
    _set_mark(connection, PURGED, now)
    if last and not -EVERY < now - last < JUMP:
        log.error("clock jumped", cause="the database's clock: nothing is purged for a day")
        _set_mark(connection, ALARM, now)
        return None
    if alarm and not now - alarm >= STEADY:
        return None
    _set_mark(connection, ALARM, None)
    return now


def _purged(store: Store, now: datetime, *, days: int, bounded: bool) -> Counter[str]:
    deleted: Counter[str] = Counter()
    old = dict.fromkeys(KEPT_SINCE.items(), now - timedelta(days=days))
    for (name, column), before in (old | dict.fromkeys(EXPIRES.items(), now - CLOCKS)).items():
        table = metadata.tables[name]
        most = store.within(store.seconds, partial(_most, table=table)) if bounded else None
        some = partial(_delete, table=table, column=column, before=written(before))
        while count := store.within(store.seconds, partial(some, most=_left(most, deleted[name]))):
            deleted[name] += count
    return deleted


def _left(most: int | None, deleted: int) -> int:
    return AT_ONCE if most is None else min(AT_ONCE, most - deleted)


def _most(connection: Connection, *, table: Table) -> int:
    rows = connection.scalar(select(func.count()).select_from(table)) or 0
    return max(FEW, int(SHARE * rows))


def _delete(connection: Connection, *, table: Table, column: str, before: str, most: int) -> int:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(table.c[column] < before).limit(most)
    return connection.execute(delete(table).where(key.in_(old))).rowcount


def _newest(connection: Connection) -> datetime | None:
    """When the newest call came: before the first run, the last that is known of the clock."""
    at = connection.scalar(select(func.max(calls.c.recorded_at)))
    return parsed(at) if at else None


def _mark(connection: Connection, name: str) -> datetime | None:
    at = connection.scalar(select(marks.c.at).where(marks.c.name == name))
    return parsed(at) if at else None


def _set_mark(connection: Connection, name: str, at: datetime | None) -> None:
    connection.execute(delete(marks).where(marks.c.name == name))
    if at:
        connection.execute(marks.insert(), {"name": name, "at": written(at)})
