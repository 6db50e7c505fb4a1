"""Serves the admin app with gunicorn: one process with threads, for the few who look at it."""

from typing import TYPE_CHECKING

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # has no types

from cds_hooks.serve.gunicorn_server import options
from cds_hooks.settings.server import ServerSettings
from cds_hooks.settings.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

SETTINGS = ServerSettings(workers=1, threads=4, request_seconds=60)
"""A page that reads many calls takes longer than a call may."""


class AdminServer(BaseApplication):  # type: ignore[misc] # has no types
    """gunicorn with the admin app."""

    def __init__(self, app: "Flask", *, bind: str) -> None:
        self.app = app
        # Where a worker looks for how long a request may take.
        self.settings = Settings(server=SETTINGS)
        greeting = f"Admin app  http://{bind}/\n"
        self.here = {"bind": bind, "when_ready": lambda _: print(greeting, flush=True)}
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn to be configured."""
        for key, value in (options(SETTINGS) | self.here).items():
            self.cfg.set(key, value)

    def load(self) -> "Flask":
        """Called by gunicorn for the application."""
        return self.app


def serve_admin(app: "Flask", *, bind: str) -> None:
    """Serves until it is told to end."""
    AdminServer(app, bind=bind).run()
