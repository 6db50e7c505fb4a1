"""Brings a database to this version's tables: the only module that needs Alembic."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.database import Store

NOT_UPGRADED = "the database has not this version's tables: cds-hooks db upgrade"

_LOCK = 4_120_231
"""PostgreSQL's advisory lock that one upgrade holds: any number, always the same."""


def upgrade(store: Store) -> None:
    """Brings the tables to this version's; two at once do it once. Raises Unavailable."""
    with store.begin() as connection:
        migrate(connection)


def migrate(connection: Connection, to: str = "head") -> None:
    """Brings the tables to that revision within the connection's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revision(connection: Connection) -> str:
    """The revision of the tables; "" if there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def require_upgraded(store: Store) -> None:
    """Raises ConfigError where the tables are not this version's, and Unavailable."""
    with store.reading() as connection:
        if revision(connection) != revisions()[-1]:
            raise ConfigError(f"store.url: {NOT_UPGRADED}")


def revisions() -> tuple[str, ...]:
    """Every revision that was ever released, oldest first."""
    walked = ScriptDirectory.from_config(_config()).walk_revisions()
    return tuple(script.revision for script in walked)[::-1]


def _config() -> Config:
    config = Config()
    folder = str(files("cds_hooks").joinpath("store/migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    return config
