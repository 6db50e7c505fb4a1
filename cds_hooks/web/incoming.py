"""One HTTP request while it is answered: when it came, whose it is, and what is logged of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import ERROR, INFO, WARNING
from time import monotonic
from typing import Literal
from uuid import uuid4

import structlog
from flask import Request, g

from cds_hooks.engine.call import Call
from cds_hooks.settings.settings import Settings

LEVELS = {"answered": INFO, "refused": WARNING, "failed": ERROR}
"""How loudly the log tells how a request ended."""

log = structlog.get_logger("cds_hooks")


@dataclass(slots=True)
class Incoming:
    """What is known of the request at hand; `settings` are its client's once that is known.

    `at` and `began` are when it came, by the wall clock (aware) and in seconds of the monotonic
    clock. `told` are the log line's fields; `ancestors` are the origins whose pages may hold the
    answer in a frame, as a content security policy lists them.
    """

    request: Request
    settings: Settings
    correlation: str = field(default_factory=lambda: str(uuid4()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=monotonic)
    client: str = ""
    event: Literal["answered", "refused", "failed"] = "answered"
    told: dict[str, object] = field(default_factory=dict)
    ancestors: str = "'none'"

    def tell(self, **fields: object) -> None:
        """Adds fields to the log line."""
        self.told |= fields

    def ended(self, event: Literal["refused", "failed"], fields: Mapping[str, object]) -> None:
        """Says that the request is not answered as it asked, and why."""
        self.event = event
        self.told |= fields

    @property
    def call(self) -> Call:
        """The call that it is, once its client is known."""
        return Call(self.client, self.correlation, self.at, self.began)

    def log(self, status: int) -> None:
        """Writes the log line: one of each call, and of whatever else does not go well."""
        if self.told:
            took = round((monotonic() - self.began) * 1000, 1)
            log.log(LEVELS[self.event], self.event, **self.told, status=status, ms=took)


def incoming() -> Incoming:
    """The request at hand."""
    found: Incoming = g.incoming
    return found
