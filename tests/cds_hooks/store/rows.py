"""Rows for tests: one of each table, whatever its columns are."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
)

from cds_hooks.store.assessments import KeptAssessments, pack

JSON = {
    "assessments": "[]",
    "contributions": "{}",
    "detail": "{}",
    "inputs": "{}",
    "predictions": "[]",
    "reasons": "[]",
    "rests_on": "[]",
    "suggestions": "[]",
}
"""An empty value for each column that holds JSON."""

TIME = "2026-03-15T12:00:00.000000Z"


def filled(connection: Connection) -> dict[str, int]:
    """Puts a row in each table that there is, Alembic's own aside; how many each then has."""
    found = MetaData()
    found.reflect(connection)
    tables = [each for each in found.sorted_tables if each.name != "alembic_version"]
    for table in tables:
        connection.execute(insert(table), _row(table))
    return dict.fromkeys((table.name for table in tables), 1)


def _row(table: Table) -> dict[str, Any]:
    referred = {
        key.parent.name: key.column.name
        for key in table.foreign_keys
        if key.column.name != "client"
    }
    row: dict[str, Any] = {}
    for column in table.columns:
        match column.type:
            case Boolean():
                row[column.name] = True
            case Float():
                row[column.name] = 0.1
            case Integer():
                row[column.name] = 1
            case LargeBinary():
                row[column.name] = pack(KeptAssessments(None, ()))
            case _ if column.name == "as_of" or column.name.endswith("_at"):
                row[column.name] = TIME
            case _:
                row[column.name] = JSON.get(column.name, referred.get(column.name, column.name))
    return row
