"""Structured logging with redaction: events and fields of fixed lists, and nothing else."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog

EVENTS = frozenset(
    {
        "admin",
        "answered",
        "clock jumped",
        "database unavailable",
        "failed",
        "keys unavailable",
        "late",
        "library",
        "limits unavailable",
        "not reloaded",
        "model unavailable",
        "refused",
        "replays unknown",
        "spooled",
        "unfetched",
        "unremembered",
        "unrecorded",
        "untidied",
    }
)
"""Every event that this package logs; a text put together from data is none of them."""

FIELDS = frozenset(
    {
        "at",
        "by",
        "cause",
        "client",
        "code",
        "correlation",
        "event",
        "exception",
        "expressions",
        "hook_instance",
        "level",
        "logger",
        "message",
        "model",
        "ms",
        "outcomes",
        "page",
        "reason",
        "record",
        "service",
        "shown",
        "status",
        "time",
        "version",
        "withheld",
    }
)
"""The fields that a line may have: none is for what a chart, a token or an exception says."""

LONGEST_VALUE = 300
"""Characters of one value."""

log = structlog.get_logger("cds_hooks")


def configure(file: TextIO | None = None) -> None:
    """Writes a line of JSON for each event, ours and those of libraries, to the file or stderr.

    What a call has bound to its context, its correlation id, is in each of its lines.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            allowed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file or sys.stderr),
    )
    logging.captureWarnings(True)
    logging.root.handlers = [OfLibraries(logging.WARNING)]


def allowed(_: object, __: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of an event only the fields of the list, where they hold plain values, none of them long."""
    kept = {name: _plain(value) for name, value in told.items() if name in FIELDS}
    if kept.get("event") not in EVENTS:
        kept["event"] = "unlisted"
    return {name: value for name, value in kept.items() if value is not None}


class OfLibraries(logging.Handler):
    """What libraries log, as an event of ours: where, and what without the values in it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes the event. A message that came without arguments may hold values, and is left."""
        raised = record.exc_info[0] if record.exc_info else None
        log.log(
            max(logging.DEBUG, min(record.levelno // 10 * 10, logging.CRITICAL)),
            "library",
            logger=record.name,
            at=f"{record.module}:{record.lineno}",
            message=str(record.msg) if record.args else None,
            exception=raised.__name__ if raised else None,
        )


def described(error: BaseException) -> dict[str, str]:
    """The exception's type, and the module and line that raised it.

    Never its message, which may hold what was sent.
    """
    *_, (frame, line) = traceback.walk_tb(error.__traceback__)
    return {
        "exception": type(error).__name__,
        "at": f"{frame.f_globals.get('__name__')}:{line}",
    }


def _plain(value: object) -> object:
    match value:
        case bool() | int() | float():
            return value
        case str():
            return value[:LONGEST_VALUE]
        case list() | tuple():
            return [str(each)[:LONGEST_VALUE] for each in value]
    return None
