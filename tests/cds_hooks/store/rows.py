"""Rows for tests: one of each table, whatever its columns are."""

from typing import Any

from sqlalchemy import Boolean, Connection, Float, MetaData, Table, insert


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
            case _:
                row[column.name] = referred.get(column.name, column.name)
    return row
