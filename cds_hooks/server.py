"""Serves the application with gunicorn, whose threads answer several charts at once."""

import shlex
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import msgspec
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # has no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped] # has no types

from cds_hooks.config import Settings
from cds_hooks.logs import OfLibraries
from cds_hooks.store.recorder import Recorder
from cds_hooks.web import create_app

if TYPE_CHECKING:
    from flask import Flask

WORKERS = 2
THREADS = 4


_CALLER = 3
"""How many frames above the logging itself gunicorn's own code is."""


class Log(Logger):  # type: ignore[misc] # has no types
    """gunicorn's own log through ours: its lines would quote what was sent."""

    def setup(self, cfg: object) -> None:
        """Called by gunicorn to be configured."""
        super().setup(cfg)
        self.error_log.handlers = [OfLibraries()]

    def warning(self, msg: object, *args: object, **more: Any) -> None:
        """Called by gunicorn; as the other two it tells of the caller's place, not of its own."""
        super().warning(msg, *args, stacklevel=_CALLER, **more)

    def error(self, msg: object, *args: object, **more: Any) -> None:
        """Called by gunicorn."""
        super().error(msg, *args, stacklevel=_CALLER, **more)

    def exception(self, msg: object, *args: object, **more: Any) -> None:
        """Called by gunicorn."""
        super().exception(msg, *args, stacklevel=_CALLER, **more)


class Server(BaseApplication):  # type: ignore[misc] # has no types
    """gunicorn, configured here alone: no configuration file, no command line of its own."""

    def __init__(self, settings: Settings, recorder: Recorder, *, bind: str, greeting: str) -> None:
        self.settings = settings
        self.recorder = recorder
        self.options: Mapping[str, object] = {
            "bind": bind,
            "workers": WORKERS,
            "worker_class": "gthread",
            "threads": THREADS,
            # The application is made once, before the workers: a mistake shows before they start.
            "preload_app": True,
            "loglevel": "warning",
            "logger_class": Log,
            "when_ready": lambda _: print(greeting, flush=True),
        }
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn to be configured."""
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self) -> "Flask":
        """Called by gunicorn for the application."""
        return create_app(self.settings, self.recorder)


def greeting(base: str) -> str:
    """What a person who started the demo sees: where it is, and a call that returns a card."""
    example = files("cds_hooks").joinpath("data/example_request.json").read_bytes()
    body = shlex.quote(msgspec.json.format(example, indent=-1).decode())
    return f"""\
Discovery  {base}/cds-services
Page       {base}/
Try it     curl -s {base}/cds-services/lab-safety -H 'Content-Type: application/json' -d {body}

Demo: no authentication, this computer only. Research use; not a medical device. Ctrl-C stops it.
"""
