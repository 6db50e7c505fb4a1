"""A budget of requests a second, shared by all threads of a process."""

from collections.abc import Callable, Mapping
from threading import Lock

from cds_hooks.fhir_client.response import Get, JSONResponse
from cds_hooks.settings.clients import FhirServer


class Pace:
    """Gives each request its turn, evenly spaced."""

    def __init__(
        self, a_second: float, *, clock: Callable[[], float], sleep: Callable[[float], object]
    ) -> None:
        self._apart = 1 / a_second
        self._clock, self._sleep = clock, sleep
        self._next = 0.0
        self._lock = Lock()

    def turn(self) -> None:
        """Returns when the next request may be sent."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._apart
        if at > now:
            self._sleep(at - now)

    def of(self, get: Get) -> Get:
        """The same way to fetch, within the budget."""

        def paced(
            url: str,
            server: FhirServer,
            *,
            headers: Mapping[str, str],
            until: float,
            most_bytes: int,
        ) -> JSONResponse:
            self.turn()
            return get(url, server, headers=headers, until=until, most_bytes=most_bytes)

        return paced
