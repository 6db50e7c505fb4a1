"""Opens the store when the server starts: created if it is embedded, upgraded, spool written."""

import os
from collections.abc import Mapping
from pathlib import Path

import structlog
from msgspec.structs import replace

from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.connections import keys, make_file, opened
from cds_hooks.store.database import Store, Unavailable
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.retention import purge_if_due
from cds_hooks.store.spool import Spool, holds_older_records
from cds_hooks.store.tally import Tally

_OLDER = "holds records of an older version, which is to be started once to write them"

log = structlog.get_logger("cds_hooks")


def recorder(settings: StoreSettings, environ: Mapping[str, str] = os.environ) -> Recorder:
    """The recorder of these settings; raises ConfigError. The database is not touched yet."""
    store = opened(settings)
    tally = Tally()
    room = settings.spool_mb * 1_000_000
    spool = Spool(Path(settings.spool_file), room=room, lost=tally.lost)
    found = keys(settings, environ, make=store.embedded)
    return Recorder(store, spool, settings=settings, keys=found, tally=tally)


def prepared(settings: StoreSettings) -> Recorder:
    """The recorder that a server starts with.

    An embedded database is made or upgraded, the spool's room reserved, what it holds replayed. A
    server's tables are upgraded by a person: without this version's they are refused, while a
    server that cannot be reached is left to the spool. Raises ConfigError. No connection is left
    open, so that the process can be forked.
    """
    made = recorder(settings)
    try:
        _ready(made.store)
        _reserve(made.spool)
        made.catch_up()
        purge_if_due(made.store, days=settings.retention_days)
    except Unavailable as error:
        if made.store.embedded:
            raise ConfigError(f"store.url: the file cannot be used ({error})") from None
        log.warning("database unavailable", cause=str(error))
    finally:
        made.store.close()
    return made


def elsewhere(settings: StoreSettings, folder: Path) -> StoreSettings:
    """The settings of an embedded database with all its files in that folder."""
    return replace(
        settings,
        url=f"sqlite:///{folder / 'cds-hooks.db'}",
        secret_file=str(folder / "cds-hooks.secret"),
        spool_file=str(folder / "cds-hooks.spool"),
    )


def _ready(store: Store) -> None:
    # The processes that serve are forked from this one, and need no Alembic.
    from cds_hooks.store.upgrade import require_upgraded, upgrade

    if store.embedded:
        make_file(store)
        upgrade(store)
    else:
        require_upgraded(store)


def _reserve(spool: Spool) -> None:
    try:
        if holds_older_records(spool.path):
            raise ConfigError(f"store.spool_file: {spool.path.name}: {_OLDER}")
        spool.reserve()
    except OSError as error:
        raise ConfigError(f"store.spool_file: {spool.path.name}: {error.strerror}") from None
