"""The one way out: to a registered server, with every other way that a client has closed."""

import os
import re
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from http.client import HTTPException
from typing import Any, Literal, NoReturn, Protocol, TypeAlias

import certifi
import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from cds_hooks.fhir_client import url as urls
from cds_hooks.fhir_client.addresses import Refused, Resolve, checked, resolve
from cds_hooks.fhir_client.url import NotAUrl, Url
from cds_hooks.fhir_client.watchdog import Watchdog
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

CHUNK = 65_536

_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json", re.IGNORECASE)
_UTF_8 = re.compile(r"""charset\s*=\s*"?(?:utf-?8|us-ascii)"?""", re.IGNORECASE)


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
class Fetched:
    """A JSON body, not yet read, and the answer's headers by their names in lower case."""

    body: bytes
    headers: Mapping[str, str]


class Get(Protocol):
    """How something is fetched: `get`, or what a test puts in its place."""

    def __call__(
        self,
        url: str,
        server: FhirServer,
        *,
        headers: Mapping[str, str],
        until: float,
        most_bytes: int,
    ) -> Fetched:
        """See `get`."""


def get(
    url: str,
    server: FhirServer,
    *,
    headers: Mapping[str, str],
    until: float,
    most_bytes: int,
    resolve: Resolve = resolve,
) -> Fetched:
    """Fetches JSON of at most so many bytes, unpacked, from under the server's base.

    `until` is when the connection is cut, in seconds of the monotonic clock. No redirect is
    followed, nothing comes from the environment, and we connect only to addresses that were
    checked. For a document with an address of its own, that address is the base.

    Raises NotFetched.
    """
    request = _request(url, headers)
    return _exchanged(request, server, until=until, most_bytes=most_bytes, resolve=resolve)


def post(
    url: str,
    server: FhirServer,
    *,
    form: Mapping[str, str],
    headers: Mapping[str, str],
    until: float,
    most_bytes: int,
    resolve: Resolve = resolve,
) -> Fetched:
    """Sends a form, and takes the JSON that it is answered with; in all else as `get`."""
    request = _request(url, headers, form=form)
    return _exchanged(request, server, until=until, most_bytes=most_bytes, resolve=resolve)


def _request(
    url: str, headers: Mapping[str, str], *, form: Mapping[str, str] | None = None
) -> requests.Request:
    given = {"Accept-Encoding": "gzip", "User-Agent": "cds-hooks-server"} | dict(headers)
    return requests.Request("GET" if form is None else "POST", url, headers=given, data=form)


def _exchanged(
    request: requests.Request,
    server: FhirServer,
    *,
    until: float,
    most_bytes: int,
    resolve: Resolve,
) -> Fetched:
    target, prepared = _prepared(request, server)
    with Watchdog(until) as watchdog:
        try:
            found = checked(target.host, private=server.private, until=until, resolve=resolve)
            line = _Line(target, tuple(found), watchdog)
            with requests.Session() as session:
                session.trust_env = False
                session.mount(f"{target.scheme}://", _Adapter(line, server))
                return _answer(session, prepared, watchdog, most_bytes)
        except Refused:
            raise NotFetched("address") from None
        except (requests.RequestException, HTTPError, HTTPException, OSError, zlib.error):
            _tell(watchdog)


def _tell(watchdog: Watchdog) -> NoReturn:
    if not watchdog.left:
        raise NotFetched("late") from None
    raise NotFetched("broken" if watchdog.watches else "unreachable") from None


def _prepared(
    request: requests.Request, server: FhirServer
) -> tuple[Url, requests.PreparedRequest]:
    """The request as it will be sent, if it goes nowhere but to under the server's base."""
    try:
        target, base = urls.parse(request.url), urls.parse(server.base)
        request.url = target.text
        prepared = request.prepare()
        sent = urls.parse(prepared.url or "")
    except (NotAUrl, requests.RequestException):
        raise NotFetched("not registered") from None
    plain = server.plain_http or target.scheme == "https"
    if not plain or not target.under(base) or sent.place != target.place:
        raise NotFetched("not registered")
    return target, prepared


def _answer(
    session: requests.Session,
    prepared: requests.PreparedRequest,
    watchdog: Watchdog,
    most_bytes: int,
) -> Fetched:
    wait = max(watchdog.left, 0.001)
    with session.send(prepared, stream=True, allow_redirects=False, timeout=wait) as response:
        _require_time(watchdog)
        if response.status_code != requests.codes.ok:
            raise NotFetched("status", status=response.status_code)
        _require_json(response.headers.get("Content-Type", ""))
        parts = _unpacked(response, most_bytes)
        body = b"".join(in_time(parts, watchdog))
        _require_time(watchdog)
        told = {name.lower(): value for name, value in response.headers.items()}
        return Fetched(body, told)


def in_time(parts: Iterator[bytes], watchdog: Watchdog) -> Iterator[bytes]:
    """The parts as long as there is time: to unpack what has come needs no socket to be cut.

    Raises NotFetched.
    """
    for part in parts:
        _require_time(watchdog)
        yield part


def _require_time(watchdog: Watchdog) -> None:
    # What was cut at the deadline may look as if it had ended.
    if not watchdog.left:
        raise NotFetched("late")


def _require_json(content_type: str) -> None:
    kind, _, parameters = content_type.partition(";")
    if not _JSON.fullmatch(kind.strip()):
        raise NotFetched("not json")
    if "charset" in parameters.lower() and not _UTF_8.search(parameters):
        raise NotFetched("not json")


def _unpacked(response: requests.Response, most: int) -> Iterator[bytes]:
    """The body in parts; never unpacks more than a part beyond what is allowed."""
    packed = response.headers.get("Content-Encoding", "identity").strip().lower()
    parts: Iterator[bytes] = response.raw.stream(CHUNK, decode_content=False)
    if packed not in ("identity", "gzip", "x-gzip"):
        raise NotFetched("broken")
    for part in parts if packed == "identity" else _gunzipped(parts):
        most -= len(part)
        if most < 0:
            raise NotFetched("too long")
        yield part


def _gunzipped(parts: Iterator[bytes]) -> Iterator[bytes]:
    """In small parts, so that whoever counts them stops a bomb before it has cost anything."""
    gzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for part in parts:
        unpacked = gzip.decompress(part, CHUNK)
        yield unpacked
        while gzip.unconsumed_tail or len(unpacked) == CHUNK:
            unpacked = gzip.decompress(gzip.unconsumed_tail, CHUNK)
            yield unpacked
    if not gzip.eof:
        raise NotFetched("broken")


@dataclass(frozen=True, slots=True)
class _Line:
    """Where one request connects to, whatever the library makes of the host's name."""

    target: Url
    addresses: tuple[str, ...]
    watchdog: Watchdog

    def connected(self) -> socket.socket:
        """A connection to the first address that answers; each gets its share of the time."""
        for number, address in enumerate(self.addresses):
            share = self.watchdog.left / (len(self.addresses) - number)
            last = number == len(self.addresses) - 1
            try:
                made = socket.create_connection((address, self.target.port), max(share, 0.001))
            except OSError:
                if last:
                    raise
                continue
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(max(self.watchdog.left, 0.001))
            self.watchdog.watch(made)
            return made
        raise OSError("there is no address")


class _Plain(HTTPConnection):
    """A connection whose socket is given."""

    def __init__(self, line: _Line, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return self.line.connected()


class _Secure(HTTPSConnection):
    """The same under TLS; the certificate is still for the host's name."""

    def __init__(self, line: _Line, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line = line

    def _new_conn(self) -> socket.socket:
        return self.line.connected()


class _Adapter(HTTPAdapter):
    """The library's way to the network, over our line and with the server's own trust."""

    def __init__(self, line: _Line, server: FhirServer) -> None:
        super().__init__()
        self.line = line
        self.server = server

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> Any:
        """Called by the library."""
        pool: Any = super().get_connection_with_tls_context(*args, **more)
        target = self.line.target
        if pool.host != target.host or (pool.port or target.port) != target.port:
            raise requests.exceptions.InvalidURL("read differently")
        kind = _Secure if target.scheme == "https" else _Plain
        pool.ConnectionCls = partial(kind, self.line)
        return pool

    def build_connection_pool_key_attributes(self, *args: Any, **more: Any) -> Any:
        """Called by the library: here it is told what to trust."""
        host, _ = super().build_connection_pool_key_attributes(*args, **more)
        secure = self.line.target.scheme == "https"
        return host, {"ssl_context": trust(self.server)} if secure else {}

    def cert_verify(self, *_: object) -> None:
        """Called by the library, which would read its authorities again for every connection."""


def trust(server: FhirServer) -> ssl.SSLContext:
    """What certificates are accepted of that server, and which one is shown to it."""
    files = (server.ca_file or certifi.where(), server.client_cert, server.client_key)
    changed = tuple(os.stat(each).st_mtime_ns if each else 0 for each in files)
    return _context(files, changed)


@lru_cache(maxsize=64)
def _context(files: tuple[str, str, str], _: tuple[int, ...]) -> ssl.SSLContext:
    """Read once for files that have not changed since: a hundred authorities take milliseconds."""
    authorities, certificate, key = files
    context = ssl.create_default_context(cafile=authorities)
    if certificate:
        context.load_cert_chain(certificate, key)
    return context
