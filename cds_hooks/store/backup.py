"""A database as lines of JSON: the same from SQLite and PostgreSQL, and into either.

The first line tells the format and the revision of the tables, each further one is a row, and the
last tells how many there are, so that a file that was cut short is not taken for whole.
"""

from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import msgspec
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, select

from cds_hooks.store.database import Store
from cds_hooks.store.schema import Row, plain
from cds_hooks.store.upgrade import migrate, revision, revisions

FORMAT = 1
AT_ONCE = 500
"""Rows that are held in memory."""


class UnusableBackup(ValueError):
    """The file is not a backup, not whole or of a later version; or the database does not fit."""


def backup(store: Store) -> Iterator[bytes]:
    """The lines of everything at one moment, while others go on writing.

    Raises UnusableBackup where there are no tables, and Unavailable.
    """
    count = 0
    with store.reading() as connection:
        if not (released := revision(connection)):
            raise UnusableBackup("the database has no tables: cds-hooks db upgrade")
        yield msgspec.json.encode({"format": FORMAT, "revision": released})
        for table in _tables(connection).sorted_tables:
            for row in _rows(connection, table):
                count += 1
                yield msgspec.json.encode({"table": str(table.name), "row": row})
    yield msgspec.json.encode({"rows": count})


def restore(store: Store, lines: Iterable[bytes]) -> Counter[str]:
    """Fills an empty database, all or nothing, and upgrades it; the number of rows by table.

    Raises UnusableBackup and Unavailable.
    """
    read = map(_line, lines)
    released = _released(next(read, {}))
    with store.begin() as connection:
        _require_empty(connection, released)
        migrate(connection, released)
        restored = _fill(connection, read)
        migrate(connection)
    return restored


def _fill(connection: Connection, lines: Iterator[dict[str, Any]]) -> Counter[str]:
    tables, restored, last = _tables(connection).tables, Counter[str](), {}
    for name, group in groupby(lines, key=lambda line: line.get("table")):
        if name is None:
            last = next(group)
            break
        if name not in tables:
            raise UnusableBackup("it names a table that is not known")
        while rows := [line["row"] for line in islice(group, AT_ONCE)]:
            connection.execute(insert(tables[name]), [_typed(tables[name], row) for row in rows])
            restored[name] += len(rows)
    if last.get("rows") != restored.total() or next(lines, None) is not None:
        raise UnusableBackup("it is not whole")
    return restored


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its bytes, which are base64 in JSON."""
    return {
        name: b64decode(value) if isinstance(value, str) and _is_binary(table, name) else value
        for name, value in row.items()
    }


def _is_binary(table: Table, name: str) -> bool:
    return name in table.c and isinstance(table.c[name].type, LargeBinary)


def _line(line: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError:
        raise UnusableBackup("it is not a backup, or not whole") from None


def _released(head: dict[str, Any]) -> str:
    if head.get("format") != FORMAT or head.get("revision") not in revisions():
        raise UnusableBackup("it is not a backup, or one of a later version")
    return str(head["revision"])


def _require_empty(connection: Connection, released: str) -> None:
    tables = _tables(connection).sorted_tables
    if any(connection.scalar(select(func.count()).select_from(each)) for each in tables):
        raise UnusableBackup("the database to restore into holds rows already")
    if revision(connection) not in ("", released):
        raise UnusableBackup("the database to restore into has the tables of another version")


def _tables(connection: Connection) -> MetaData:
    """The tables that are there, which may be those of an older version."""
    found = MetaData()
    found.reflect(connection)
    if (versions := found.tables.get("alembic_version")) is not None:
        found.remove(versions)
    return found


def _rows(connection: Connection, table: Table) -> Iterator[Row]:
    ordered = select(table).order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=AT_ONCE).execute(ordered):
        yield plain(row)
