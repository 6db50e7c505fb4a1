"""What a request to a server comes to: a JSON body with its headers, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from cds_hooks.settings.clients import FhirServer

Reason: TypeAlias = Literal[
    "not registered",
    "address",
    "unreachable",
    "late",
    "status",
    "not json",
    "too long",
    "broken",
    "left alone",
]
"""Why there is no answer: a word of ours alone, never of the server's or of the request's."""


class NotFetched(Exception):
    """There is no answer; `status` is the server's where that is why, else 0."""

    def __init__(self, reason: Reason, *, status: int = 0) -> None:
        super().__init__(f"{reason} {status}" if status else reason)
        self.reason = reason
        self.status = status

    @property
    def again(self) -> bool:
        """Whether nothing was done yet, so that one more try may help."""
        return self.reason == "unreachable" or self.status == 503


@dataclass(frozen=True, slots=True)
class JSONResponse:
    """A JSON body, not yet read, and the answer's headers by their names in lower case."""

    body: bytes
    headers: Mapping[str, str]


class Get(Protocol):
    """How something is fetched: `http.get`, or what a test puts in its place."""

    def __call__(
        self,
        url: str,
        server: FhirServer,
        *,
        headers: Mapping[str, str],
        until: float,
        most_bytes: int,
    ) -> JSONResponse:
        """See `http.get`."""
