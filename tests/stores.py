"""A store of its own for each test that needs one: a copy of an empty, upgraded SQLite file."""

import shutil
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from msgspec.structs import replace

from cds_hooks.config import Settings, StoreSettings
from cds_hooks.store import access, opening
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.upgrade import upgrade
from cds_hooks.web import create_app

SECRET = "the secret of the tests, which is long"
ENVIRONMENT = {"SECRET_OF_THE_TESTS": SECRET}
_NUMBERS = count()


def recorder(settings: StoreSettings | None = None) -> Recorder:
    """A recorder with an empty database and an empty spool, gone when the tests end."""
    made = at(Path(_folder().name) / str(next(_NUMBERS)), settings or StoreSettings())
    shutil.copyfile(_template(), made.url.removeprefix("sqlite:///"))
    return opening.recorder(made, ENVIRONMENT)


def served(settings: Settings, remembering: Recorder | None = None) -> Flask:
    """The application of these settings, with a store of its own unless one is given."""
    return create_app(settings, remembering or recorder(settings.store))


def at(folder: Path, settings: StoreSettings) -> StoreSettings:
    """The settings with their files in that folder, which is made, and the tests' secret."""
    folder.mkdir()
    placed = opening.elsewhere(settings, folder)
    return replace(placed, secret_env=next(iter(ENVIRONMENT)), spool_max_bytes=1_000_000)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def _template() -> Path:
    """An upgraded database without rows, made once."""
    store = access.opened(at(Path(_folder().name) / "template", StoreSettings()))
    upgrade(store)
    store.close()
    return Path(store.url.removeprefix("sqlite:///"))
