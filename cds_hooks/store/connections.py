"""The database and the secrets that the site's settings name."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import make_url

from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.database import SECONDS, Store, UnusableAddress
from cds_hooks.store.pseudonyms import Keys, WeakSecret, secrets_in


def opened(settings: StoreSettings, *, seconds: float = SECONDS) -> Store:
    """The database of these settings, not connected to yet; raises ConfigError."""
    try:
        made = Store(settings.url, seconds=seconds)
    except UnusableAddress as error:
        raise ConfigError(f"store.url: {error}") from None
    if not (made.embedded or find_spec("psycopg")):
        raise ConfigError("store.url: PostgreSQL needs the extra: cds-hooks-server[postgres]")
    return made


def keys(settings: StoreSettings, environ: Mapping[str, str], *, make: bool) -> Keys:
    """The site's secrets; `make` writes a first one where the file is not there yet.

    Raises ConfigError.
    """
    key = "store.secret_env" if settings.secret_env else "store.secret_file"
    if settings.secret_env and settings.secret_env not in environ:
        raise ConfigError(f"{key}: the variable {settings.secret_env} is not set here")
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
