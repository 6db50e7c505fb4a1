"""The HTTP connection to a registered server, pinned to addresses that were checked (SSRF).

No proxy, no redirect, no environment, no second resolution of the name (DNS rebinding), and a
body of bounded size even when it is unpacked (decompression bomb).
"""

import re
import socket
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from typing import Any, NoReturn

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from cds_hooks.fhir_client import url as urls
from cds_hooks.fhir_client.addresses import ForbiddenAddress, Resolve, checked
from cds_hooks.fhir_client.response import JSONResponse, NotFetched
from cds_hooks.fhir_client.tls import trust
from cds_hooks.fhir_client.url import NotAUrl, Url
from cds_hooks.fhir_client.watchdog import Watchdog
from cds_hooks.settings.clients import FhirServer

CHUNK = 65_536

WRITTEN = (200, 201, 204)
"""How a server answers a PUT that it took; what it sends back is not read."""

_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json", re.IGNORECASE)
_UTF_8 = re.compile(r"""charset\s*=\s*"?(?:utf-?8|us-ascii)"?""", re.IGNORECASE)


def request(
    url: str,
    headers: Mapping[str, str],
    *,
    form: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> requests.Request:
    """A GET, the POST of a form, or the PUT of a body."""
    given = {"Accept-Encoding": "gzip", "User-Agent": "cds-hooks-server"} | dict(headers)
    method = "PUT" if body is not None else "GET" if form is None else "POST"
    return requests.Request(method, url, headers=given, data=form if body is None else body)


def exchange(
    request: requests.Request,
    server: FhirServer,
    *,
    until: float,
    most_bytes: int,
    resolve: Resolve,
) -> JSONResponse:
    """The server's answer to the request; see `http.get`. Raises NotFetched."""
    target, prepared = _prepared(request, server)
    with Watchdog(until) as watchdog:
        try:
            found = checked(target.host, private=server.private, until=until, resolve=resolve)
            line = _Line(target, tuple(found), watchdog)
            with requests.Session() as session:
                session.trust_env = False
                session.mount(f"{target.scheme}://", _Adapter(line, server))
                return _answer(session, prepared, watchdog, most_bytes)
        except ForbiddenAddress:
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
) -> JSONResponse:
    wait = max(watchdog.left, 0.001)
    with session.send(prepared, stream=True, allow_redirects=False, timeout=wait) as response:
        _require_time(watchdog)
        if prepared.method == "PUT" and response.status_code in WRITTEN:
            return JSONResponse(b"", {})
        if response.status_code != requests.codes.ok:
            raise NotFetched("status", status=response.status_code)
        _require_json(response.headers.get("Content-Type", ""))
        parts = _unpacked(response, most_bytes)
        body = b"".join(in_time(parts, watchdog))
        _require_time(watchdog)
        told = {name.lower(): value for name, value in response.headers.items()}
        return JSONResponse(body, told)


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
    """A connection over our line."""

    def __init__(self, line: _Line, _: FhirServer, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line = line

    def connect(self) -> None:
        """Called by the library."""
        self.sock = self.line.connected()


class _Secure(HTTPSConnection):
    """The same under TLS; the certificate is still for the host's name."""

    def __init__(self, line: _Line, server: FhirServer, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.line = line
        self.trust = trust(server)

    def connect(self) -> None:
        """Called by the library; raises ssl.SSLError for a certificate that is not trusted."""
        name = self.line.target.host.strip("[]")
        self.sock = self.trust.wrap_socket(self.line.connected(), server_hostname=name)
        self.is_verified = True


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
        pool.ConnectionCls = partial(kind, self.line, self.server)
        return pool
