"""Serves the application with gunicorn, whose threads answer several charts at once."""

import gc
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import structlog
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # has no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped] # has no types
from msgspec.structs import replace

from cds_hooks.logs import OfLibraries
from cds_hooks.serve.slots import Slot, free
from cds_hooks.serve.worker import Worker
from cds_hooks.settings.server import ServerSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.recorder import Recorder
from cds_hooks.web.app import create_app
from cds_hooks.web.example import example_call
from fhir_adapters.terminology import ucum_codes

if TYPE_CHECKING:
    from flask import Flask

_CALLER = 3
"""How many frames above the logging itself gunicorn's own code is."""

_HANGS = 30
"""Seconds without a sign of life after which a worker is killed."""

_SILENT = 30
"""Seconds for which a connection may say nothing before a thread looks at it."""

_MEMORY = Path("/dev/shm")  # noqa: S108 - a place in memory; gunicorn makes a private file in it

log = structlog.get_logger("cds_hooks")


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

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        *,
        bind: str,
        greeting: str,
        read: Callable[[], Settings],
    ) -> None:
        """`read` gives the site's choices as they are now, for a reload; or raises ConfigError."""
        self.settings = settings
        self.recorder = recorder
        self.read = read
        self.slot = Slot()
        self.counting = _counting(settings, self.slot)
        self.here = {
            "bind": bind,
            "when_ready": lambda arbiter: _ready(arbiter, greeting),
            "pre_fork": _place,
            "post_fork": lambda arbiter, worker: _inherit(arbiter, worker, self.slot),
            "post_worker_init": lambda worker: _begin(worker, self.settings),
        }
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn to be configured."""
        for key, value in (options(self.settings.server) | self.here).items():
            self.cfg.set(key, value)

    def load(self) -> "Flask":
        """Called by gunicorn for the application, before it starts the workers."""
        return _frozen(self.settings, self.recorder, self.counting)

    def reload(self) -> None:
        """Called by gunicorn at HUP, before it replaces the workers.

        Everything but the store and the metrics is as `cds.toml` says now; if that has a mistake,
        as it was.
        """
        try:
            kept = {"store": self.settings.store, "metrics": self.settings.metrics}
            changed = replace(self.read(), **kept)
            self.callable = _frozen(changed, self.recorder, self.counting)
            self.settings = changed
        except ConfigError as error:
            log.error("not reloaded", cause=str(error))
        super().reload()


def _counting(settings: Settings, slot: Slot) -> "Callable[[Flask], None]":
    """Has an application count its calls, if the site asks for that; raises ConfigError."""
    if not settings.metrics.folder:
        return lambda _: None
    # Loaded here, who counts nothing does without it.
    from cds_hooks.serve.metric_files import opened
    from cds_hooks.web.counting import count_calls

    metrics = opened(Path(settings.metrics.folder), slot)
    return lambda app: count_calls(app, metrics)


def _frozen(settings: Settings, recorder: Recorder, counting: "Callable[[Flask], None]") -> "Flask":
    gc.unfreeze()
    ucum_codes.load()
    made = create_app(settings, recorder)
    counting(made)
    if any(client.fhir_servers or client.jkus for client in settings.clients.values()):
        # Loaded here, no call waits for it; a site that fetches nothing does without it.
        import_module("cds_hooks.fhir_client.transport")
    gc.collect()
    # What is there now stays, so the workers' collectors need not walk it: that stops every call.
    gc.freeze()
    return made


def options(settings: ServerSettings) -> dict[str, object]:
    """What gunicorn is told for a site's settings."""
    return {
        "workers": settings.workers,
        "worker_class": Worker,
        "threads": settings.threads,
        # The application is made once, before the workers: a mistake shows before they start.
        "preload_app": True,
        # For a worker that hangs, not for a call: that has its own end.
        "timeout": _HANGS,
        "graceful_timeout": settings.graceful_seconds,
        "keepalive": settings.keepalive_seconds,
        "backlog": settings.backlog,
        # Whom to believe is decided in `auth.proxies` alone, not by an environment variable.
        "forwarded_allow_ips": "",
        "forwarder_headers": "",
        # A disk that is busy must not make a worker seem to hang.
        "worker_tmp_dir": str(_MEMORY) if _MEMORY.is_dir() else None,
        # A worker that ends for its count would lose its caches, and nothing is known to leak.
        "max_requests": 0,
        # Signals are all that is needed; a socket in the home folder is one more way in.
        "control_socket_disable": True,
        "loglevel": "warning",
        "logger_class": Log,
    }


def _place(arbiter: Any, worker: Worker) -> None:
    worker.slot = free(each.slot for each in arbiter.WORKERS.values())


def _inherit(arbiter: Any, worker: Worker, slot: Slot) -> None:
    worker.missed = arbiter.SIG_QUEUE
    slot.number = worker.slot


def _begin(worker: Worker, settings: Settings) -> None:
    worker.heed()
    load_drawing(settings)
    if settings.tracing.endpoint:
        # Needs an extra; who traces nothing does without it.
        import_module("cds_hooks.serve.tracing").begin(worker.app.callable, settings.tracing)


def load_drawing(settings: Settings) -> None:
    """In the demo: loads what draws a detail beside the first calls, so that no one waits for it.

    Called in a worker: a thread that is loading must not be there when the workers are forked.
    """
    if settings.demo:
        Thread(target=import_module, args=("cds_hooks.web.detail_page",), daemon=True).start()


def _ready(arbiter: Any, greeting: str) -> None:
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        for listener in arbiter.LISTENERS:
            # A connection that says nothing yet, as a pool keeps some, is not given to a thread.
            listener.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _SILENT)
    print(greeting, flush=True)


def greeting(base: str) -> str:
    """What a person who started the demo sees: where it is, and a call that returns a card."""
    return f"""\
Discovery  {base}/cds-services
Page       {base}/
Try it     {example_call(base)}

Demo: no authentication, this computer only. Research use; not a medical device. Ctrl-C stops it.
"""


def serving(settings: Settings, base: str) -> str:
    """What a person who started the server sees: where clients find it, and which they are."""
    return f"""\
Discovery  {settings.public_url.rstrip("/")}/cds-services
Listening  {base}
Clients    {", ".join(settings.clients)}

Research use; not a medical device. Ctrl-C stops it.
"""
