"""A store of its own for each test that needs one: a copy of an empty, upgraded SQLite file."""

import dataclasses
import shutil
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flask import Flask
from msgspec.structs import replace

from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store import startup
from cds_hooks.store.database import Store
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.upgrade import upgrade
from cds_hooks.web.app import create_app
from cds_hooks.web.application import EXTENSION, Application
from tests.callers import Caller, known

ENVIRONMENT = {"SECRET_OF_THE_TESTS": "the secret of the tests, which is long"}
PATIENCE_MS = 5000
"""Longer than a site's: on a busy machine too nothing goes to the spool that a test looks for."""

_NUMBERS = count()


def placed(settings: StoreSettings | None = None) -> StoreSettings:
    """The settings with an empty database and a spool, gone when the tests end."""
    folder = Path(_folder().name) / str(next(_NUMBERS))
    folder.mkdir()
    shutil.copyfile(_template(), folder / "cds-hooks.db")
    there = startup.elsewhere(settings or StoreSettings(), folder)
    return replace(
        there,
        secret_env=next(iter(ENVIRONMENT)),
        spool_mb=1,
        patience_ms=PATIENCE_MS,
    )


def recorder(settings: StoreSettings | None = None) -> Recorder:
    """A recorder with an empty store of its own."""
    return startup.recorder(placed(settings), ENVIRONMENT)


def served(settings: Settings, remembering: Recorder | None = None) -> Flask:
    """The application of these settings, with a store of its own unless one is given.

    Where they name no client, its test client is one that signs its calls.
    """
    app = create_app(known(settings), remembering or recorder(settings.store))
    if not (settings.demo or settings.clients):
        app.test_client_class = Caller
    return app


def started(app: Flask) -> Application:
    """What the application was started with."""
    found: Application = app.extensions[EXTENSION]
    return found


def changed(app: Flask, **parts: Any) -> None:
    """Exchanges parts of what the application was started with."""
    app.extensions[EXTENSION] = dataclasses.replace(started(app), **parts)


def upgraded(url: str) -> None:
    """Makes the tables of that database, and leaves no connection."""
    store = Store(url)
    upgrade(store)
    store.close()


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def _template() -> Path:
    """An upgraded database without rows, made once."""
    path = Path(_folder().name) / "template.db"
    upgraded(f"sqlite:///{path}")
    return path
