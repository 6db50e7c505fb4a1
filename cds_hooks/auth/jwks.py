"""The clients' key sets (JWKS): fetched, cached, and refreshed to follow key rotation."""

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Protocol, TypeAlias

import structlog
from msgspec.structs import replace

from cds_hooks.auth.key_set import MOST_BYTES, Key, NoKeySet, key_set
from cds_hooks.fhir_client.http import get
from cds_hooks.fhir_client.response import JSONResponse, NotFetched
from cds_hooks.settings.clients import Client, FhirServer, server_of

FRESH, SHORTEST_FRESH, LONGEST_FRESH = 300.0, 30.0, 3600.0
"""Seconds for which fetched keys are used as they are: unless their server says otherwise, the
least and the most that it may say."""

EARLY = 0.8
"""The part of that time after which they are fetched beside the calls that use them."""

STALE = 24 * 3600.0
"""Seconds for which keys are used while they cannot be fetched again."""

REST = 30.0
"""Seconds between two attempts, whatever became of the first and whoever asks."""

DEADLINE = 2.0
"""Seconds that fetching may take."""

UNKNOWN, UNKNOWN_FOR = 128, 300.0
"""How many ids that no key has are remembered, and for how many seconds."""

FetchKeys: TypeAlias = Callable[[str, FhirServer], JSONResponse]
"""Fetches the document at a URL by that way; raises NotFetched."""

_State: TypeAlias = tuple[int, int, int]

Clock: TypeAlias = Callable[[], float]

log = structlog.get_logger("cds_hooks")


class KeySource(Protocol):
    """Where a client's keys are."""

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of that id, if it may verify that algorithm's signatures."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Keys, when they were fetched, and for how many seconds they are fresh."""

    keys: tuple[Key, ...]
    at: float
    fresh: float


class Published:
    """Keys at a URL. While it cannot be reached, those that were there last are used for a day."""

    def __init__(self, fetch: Callable[[], JSONResponse], clock: Clock = monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: _Held | None = None
        self._tried: float | None = None
        self._fetching = Lock()
        self._unknown: OrderedDict[str, float] = OrderedDict()

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of that id; it may be fetched first, by one call while others wait for it."""
        self._renew()
        found = self._known(kid, algorithm)
        if found or self._clock() < self._unknown.get(kid, 0.0):
            return found
        fetched = self._refresh()
        found = self._known(kid, algorithm)
        if fetched and not found:
            self._remember(kid)
        return found

    def _known(self, kid: str, algorithm: str) -> Key | None:
        held = self._held
        if held is None or self._clock() - held.at > STALE:
            return None
        return among(held.keys, kid, algorithm)

    def _renew(self) -> None:
        held = self._held
        age = self._clock() - held.at if held else 0.0
        if held and age >= held.fresh:
            # Who comes while another is fetching uses what there is.
            self._refresh(wait=False)
        elif held and age >= EARLY * held.fresh and not self._fetching.locked():
            Thread(target=self._refresh, name="keys", daemon=True).start()

    def _refresh(self, *, wait: bool = True) -> bool:
        """Whether the keys are those that were fetched now."""
        if not self._fetching.acquire(blocking=wait):
            return False
        try:
            return not self._resting() and self._replace()
        finally:
            self._fetching.release()

    def _replace(self) -> bool:
        self._tried = self._clock()
        try:
            document = self._fetch()
            keys = key_set(document.body)
        except (NotFetched, NoKeySet) as error:
            log.warning("keys unavailable", cause=type(error).__name__, reason=str(error))
            return False
        self._held = _Held(keys, self._tried, fresh_for(document.headers))
        return True

    def _resting(self) -> bool:
        return self._tried is not None and self._clock() - self._tried < REST

    def _remember(self, kid: str) -> None:
        self._unknown[kid] = self._clock() + UNKNOWN_FOR
        self._unknown.move_to_end(kid)
        while len(self._unknown) > UNKNOWN:
            self._unknown.popitem(last=False)


class InFile:
    """Keys in a file, read again when it changes; one that cannot be read changes nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._keys: tuple[Key, ...] = ()
        self._read: _State | None = None

    def find(self, kid: str, algorithm: str) -> Key | None:
        """The key of that id, as the file is now."""
        try:
            self._renew()
        except (OSError, NoKeySet) as error:
            log.warning("keys unavailable", cause=type(error).__name__)
        return among(self._keys, kid, algorithm)

    def _renew(self) -> None:
        found = os.stat(self._path)
        state = (found.st_mtime_ns, found.st_size, found.st_ino)
        if state != self._read:
            # What cannot be read now will not be tried before it has changed again.
            self._read = state
            self._keys = key_set(self._path.read_bytes())


class KeyRing:
    """The keys of all clients: of each in its file, or at the addresses that are registered."""

    def __init__(self, clients: Mapping[str, Client], fetch: FetchKeys, clock: Clock = monotonic):
        self._sources: dict[str, dict[str, KeySource]] = {
            name: _sources(client, fetch, clock) for name, client in clients.items()
        }

    def find(self, client: str, jku: str, *, kid: str, algorithm: str) -> Key | None:
        """That client's key; `jku` is one of its own, or "" for wherever its keys are."""
        sources = self._sources[client]
        asked = (sources.get(jku) or sources.get(_FILE),) if jku else tuple(sources.values())
        found = (each.find(kid, algorithm) for each in asked if each)
        return next((key for key in found if key), None)


_FILE = ""


def _sources(client: Client, fetch: FetchKeys, clock: Clock) -> dict[str, KeySource]:
    if client.jwks_file:
        return {_FILE: InFile(Path(client.jwks_file))}
    return {jku: _published(client, jku, fetch, clock) for jku in client.jkus}


def _published(client: Client, jku: str, fetch: FetchKeys, clock: Clock) -> Published:
    way = way_to(client, jku)
    return Published(lambda: fetch(jku, way), clock)


def way_to(client: Client, jku: str) -> FhirServer:
    """How the keys are reached: as the client's FHIR server on the same host, if there is one."""
    server = server_of(client, jku)
    return replace(server, base=jku) if server else FhirServer(base=jku)


def fetched(url: str, way: FhirServer) -> JSONResponse:
    """The document at the URL, over the network; raises NotFetched."""
    until = monotonic() + DEADLINE
    headers = {"Accept": "application/json"}
    return get(url, way, headers=headers, until=until, most_bytes=MOST_BYTES)


def among(keys: Iterable[Key], kid: str, algorithm: str) -> Key | None:
    """The key of that id that may verify that algorithm's signatures."""
    return next((each for each in keys if each.kid == kid and each.fits(algorithm)), None)


def fresh_for(headers: Mapping[str, str]) -> float:
    """For how many seconds what came with these headers is fresh; names are in lower case."""
    told = headers.get("cache-control", "").lower()
    if "no-store" in told or "no-cache" in told:
        return SHORTEST_FRESH
    age = re.search(r"(?<![\w-])max-age=(\d{1,9})", told)
    return min(max(float(age[1]), SHORTEST_FRESH), LONGEST_FRESH) if age else FRESH
