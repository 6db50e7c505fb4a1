"""The store as the server finds it at its start: made if it is embedded, upgraded, caught up."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from msgspec.structs import replace
from sqlalchemy import make_url

from cds_hooks.config import ConfigError, StoreSettings
from cds_hooks.store.keys import Keys, WeakSecret, secrets_in
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.retention import purge
from cds_hooks.store.spool import Spool
from cds_hooks.store.store import SECONDS, Store, Unavailable, UnusableAddress

NOT_UPGRADED = "the database has not this version's tables: cds-hooks db upgrade"

log = structlog.get_logger("cds_hooks")


def recorder(settings: StoreSettings, environ: Mapping[str, str] = os.environ) -> Recorder:
    """The recorder of these settings; raises ConfigError. The database is not touched yet."""
    store = opened(settings)
    spool = Spool(Path(settings.spool_file), room=settings.spool_max_bytes)
    found = keys(settings, environ, make=store.embedded)
    return Recorder(store, spool, settings=settings, keys=found)


def opened(settings: StoreSettings, *, seconds: float = SECONDS) -> Store:
    """The database of these settings, not connected to yet; raises ConfigError."""
    try:
        return Store(settings.url, seconds=seconds)
    except UnusableAddress as error:
        raise ConfigError(f"store.url: {error}") from None


def keys(settings: StoreSettings, environ: Mapping[str, str], *, make: bool) -> Keys:
    """The site's secrets; `make` writes a first one where the file is not there yet.

    Raises ConfigError.
    """
    key = "store.secret_env" if settings.secret_env else "store.secret_file"
    try:
        text = environ.get(settings.secret_env, "")
        if not settings.secret_env:
            text = _secret_file(Path(settings.secret_file), make=make)
        return Keys(secrets_in(text), plain=settings.ids == "plain")
    except OSError as error:
        raise ConfigError(f"{key}: {error.strerror}") from None
    except (WeakSecret, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {error}") from None


def _secret_file(path: Path, *, make: bool) -> str:
    if make:
        with suppress(FileExistsError):
            _write_private(path, f"{secrets.token_hex(32)}\n".encode())
    return path.read_text(encoding="utf-8")


def _write_private(path: Path, content: bytes) -> None:
    """Writes a file that is not there yet, for its owner alone; raises FileExistsError."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


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
        purge(made.store, before=datetime.now(UTC) - timedelta(days=settings.retention_days))
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
    from cds_hooks.store.upgrade import revision, revisions, upgrade

    if store.embedded:
        make_file(store)
        upgrade(store)
        return
    with store.reading() as connection:
        if revision(connection) != revisions()[-1]:
            raise ConfigError(f"store.url: {NOT_UPGRADED}")


def make_file(store: Store) -> None:
    """Makes the file of an embedded database, for its owner alone; raises ConfigError."""
    path = _path(store)
    try:
        with suppress(FileExistsError):
            _write_private(path, b"")
    except OSError as error:
        raise ConfigError(f"store.url: {path.name}: {error.strerror}") from None


def require_file(store: Store) -> None:
    """Raises ConfigError where an embedded database is not there."""
    path = _path(store)
    if not path.is_file():
        raise ConfigError(f"store.url: there is no {path.name}; cds-hooks db upgrade makes it")


def _path(store: Store) -> Path:
    return Path(str(make_url(store.url).database))


def _reserve(spool: Spool) -> None:
    try:
        spool.reserve()
    except OSError as error:
        raise ConfigError(f"store.spool_file: {spool.path.name}: {error.strerror}") from None
