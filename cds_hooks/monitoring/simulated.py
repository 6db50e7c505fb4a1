"""Whether a store holds simulated calls, which whatever is made of it then says."""

from sqlalchemy import Connection, select

from cds_hooks.store.schema import marks

MARK = "simulated"
"""The mark that says so."""


def is_simulated(connection: Connection) -> bool:
    """Whether the store holds calls that a program made, of no patient."""
    return connection.scalar(select(marks.c.name).where(marks.c.name == MARK)) is not None
