"""Writes back what waits: each under its own id, until the server has taken it."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from cds_hooks.fhir_client.response import NotFetched
from cds_hooks.settings.clients import FhirServer

AGAIN = frozenset({401, 403, 408, 425, 429})
"""Refusals that may end: of a token, or of too many requests."""

SECONDS = 30.0


class Put(Protocol):
    """How something is stored: `http.put`, or what a test puts in its place."""

    def __call__(
        self,
        url: str,
        server: FhirServer,
        *,
        body: bytes,
        headers: dict[str, str],
        until: float,
    ) -> None:
        """See `http.put`."""


def written(
    waiting: dict[str, dict[str, Any]],
    server: FhirServer,
    token: str,
    *,
    put: Put,
    clock: Callable[[], float],
    turn: Callable[[], None],
) -> Counter[str]:
    """Takes from `waiting` what the server took or refused for good; how many of each.

    Ends at the first that cannot be sent at all: the others would wait as long for nothing.
    """
    told = Counter[str]()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"}
    for place, resource in list(waiting.items()):
        turn()
        url, body = f"{server.base.rstrip('/')}/{place}", msgspec.json.encode(resource)
        try:
            put(url, server, body=body, headers=headers, until=clock() + SECONDS)
        except NotFetched as error:
            if not _refused(error):
                break
            told["refused"] += 1
        else:
            told["written"] += 1
        del waiting[place]
    return told


def _refused(error: NotFetched) -> bool:
    """Whether the server will not take this resource however often it is sent."""
    return 400 <= error.status < 500 and error.status not in AGAIN
