"""Retention: deletes what is older than the site keeps it, a few rows at a time."""

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, delete, select, tuple_

from cds_hooks.store.database import Store
from cds_hooks.store.schema import EXPIRES, KEPT_SINCE, metadata
from cds_hooks.store.timestamps import written

AT_ONCE = 500
"""Rows of one transaction, so that no call waits long for it."""


def purge(store: Store, *, now: datetime, days: int) -> Counter[str]:
    """Deletes what is older than so many days, and what has expired; the rows by table.

    Raises Unavailable.
    """
    deleted: Counter[str] = Counter()
    old = dict.fromkeys(KEPT_SINCE.items(), now - timedelta(days=days))
    for (name, column), before in (old | dict.fromkeys(EXPIRES.items(), now)).items():
        table = metadata.tables[name]
        while count := _purged(store, table, column=column, before=written(before)):
            deleted[name] += count
    return deleted


def _purged(store: Store, table: Table, *, column: str, before: str) -> int:
    with store.begin() as connection:
        return _delete(connection, table, column=column, before=before)


def _delete(connection: Connection, table: Table, *, column: str, before: str) -> int:
    key = tuple_(*table.primary_key.columns)
    old = select(*table.primary_key.columns).where(table.c[column] < before).limit(AT_ONCE)
    return connection.execute(delete(table).where(key.in_(old))).rowcount
