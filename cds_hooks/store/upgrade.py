"""Brings a database to this version's tables: the only module that needs Alembic."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cds_hooks.store.store import Store

_LOCK = 4_120_231
"""PostgreSQL's advisory lock that one upgrade holds: any number, always the same."""


def upgrade(store: Store, revision: str = "head") -> None:
    """Brings the tables to that revision in one transaction; two at once do it once.

    Raises Unavailable.
    """
    with store.begin() as connection:
        if not store.embedded:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def revision(connection: Connection) -> str:
    """The revision of the tables; "" if there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def revisions() -> tuple[str, ...]:
    """Every revision that was ever released, oldest first."""
    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(script.revision for script in walked)[::-1]


def _config() -> Config:
    config = Config()
    config.set_main_option(
        "script_location", str(files("cds_hooks").joinpath("store/migrations")).replace("%", "%%")
    )
    return config
