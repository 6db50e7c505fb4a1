"""What is remembered, as lines of JSON for people: of everyone, or of one patient of one client."""

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, Select, Table, select

from cds_hooks.store.assessments import in_json
from cds_hooks.store.database import Store
from cds_hooks.store.schema import Row, Value, cards, metadata, plain

_JSON = frozenset(
    {
        "content",
        "detail",
        "rests_on",
        "suggestions",
    }
)
"""The columns whose text is JSON."""


_OF_CLIENTS = tuple(table for table in metadata.sorted_tables if "client" in table.c)
"""The tables of what is remembered; what is left is about the database itself."""


def exported(store: Store) -> Iterator[bytes]:
    """A line for each row, at one moment; raises Unavailable."""
    with store.reading() as connection:
        for table in _OF_CLIENTS:
            yield from _lines(connection, table, select(table))


def exported_of(store: Store, *, client: str, patient: tuple[str, ...]) -> Iterator[bytes]:
    """A line for each row on that patient, whose id may be kept as any of these.

    Raises Unavailable.
    """
    uuids = select(cards.c.uuid).where(cards.c.client == client, cards.c.patient_id.in_(patient))
    with store.reading() as connection:
        for table in _OF_CLIENTS:
            own = select(table).where(table.c.client == client)
            if "patient_id" in table.c:
                yield from _lines(connection, table, own.where(table.c.patient_id.in_(patient)))
            elif "card_uuid" in table.c:
                yield from _lines(connection, table, own.where(table.c.card_uuid.in_(uuids)))


def _lines(
    connection: Connection, table: Table, rows: Select[tuple[object, ...]]
) -> Iterator[bytes]:
    ordered = rows.order_by(*table.primary_key.columns)
    for row in connection.execution_options(yield_per=500).execute(ordered):
        yield msgspec.json.encode({"table": str(table.name), "row": _told(plain(row))})


def _told(row: Row) -> dict[str, object]:
    return {name: _readable(name, value) for name, value in row.items()}


def _readable(name: str, value: Value) -> object:
    if isinstance(value, bytes):
        return msgspec.Raw(in_json(value))
    return msgspec.Raw(value.encode()) if name in _JSON and isinstance(value, str) else value
