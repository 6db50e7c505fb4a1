"""Asks the site's server for a query, or for a page of its answer."""

from collections.abc import Callable

from cds_hooks.census.inpatients import Ask
from cds_hooks.fhir_client.response import Get
from cds_hooks.settings.clients import FhirServer

SECONDS = 30.0


def asking(server: FhirServer, get: Get, *, clock: Callable[[], float]) -> Callable[[str], Ask]:
    """By token, how it is asked; what is no URL of its own lies under the server's base."""

    def with_token(token: str) -> Ask:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}

        def ask(query: str, most_bytes: int) -> bytes:
            url = query if "://" in query else f"{server.base.rstrip('/')}/{query}"
            until = clock() + SECONDS
            return get(url, server, headers=headers, until=until, most_bytes=most_bytes).body

        return ask

    return with_token
