"""A FHIR server over one Bundle, on this computer, that can go wrong in every way that one can."""

import gzip
import json
import socket
import ssl
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode

from cds_hooks.bundles import ehr
from cds_hooks.bundles.fhir_search import NotSupported, Resource, search

FHIR = "application/fhir+json"
DRIP = 0.02
"""Seconds between two bytes of a server that drips: no time-out of a socket is as short."""

OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "exception"}],
}


class Exchange(BaseHTTPRequestHandler):
    """One request, and the ways to answer it."""

    protocol_version = "HTTP/1.1"
    server: "Listener"

    def do_GET(self) -> None:
        chart = self.server.chart
        chart.asked.append(self.path)
        chart.headers.append(dict(self.headers))
        with suppress(OSError):  # the client has gone, as it should from a server that fails
            chart.fault(self.path)(self)

    def do_PUT(self) -> None:
        chart = self.server.chart
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with suppress(OSError):
            if chart.fault(self.path) is well:
                chart.put(self.path.removeprefix("/fhir/"), json.loads(body))
                self.answer(201, b"")
            else:
                chart.fault(self.path)(self)

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def answer(self, status: int, body: bytes, kind: str = FHIR, **headers: str) -> None:
        """Sends a whole answer; "_" in a header's name is "-"."""
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            **headers,
        }.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def raw(self, sent: bytes) -> None:
        """Sends bytes as they are, and no more after them."""
        self.wfile.write(sent)
        self.wfile.flush()
        self.close_connection = True

    def drip(self, sent: bytes) -> None:
        """Sends byte by byte, until the client goes or the test ends."""
        for byte in sent:
            self.raw(bytes((byte,)))
            if self.server.chart.over.wait(DRIP):
                return

    @property
    def body(self) -> bytes:
        """What a server that works answers."""
        return self.server.chart.answered(self.path)


class Listener(ThreadingHTTPServer):
    """A port of this computer, each connection on a thread of its own."""

    daemon_threads = True
    request_queue_size = 64
    chart: "Chart"

    def handle_error(self, *_: object) -> None:
        """Says nothing: who calls decides what an error is."""


Fault: TypeAlias = Callable[[Exchange], None]
"""Answers one request, or does not."""


def well(exchange: Exchange) -> None:
    """No fault."""
    body = exchange.body
    missing = json.loads(body)["resourceType"] == "OperationOutcome"
    exchange.answer(404 if missing else 200, body)


def delay(exchange: Exchange) -> None:
    """Answers long after anyone waits."""
    if not exchange.server.chart.over.wait(20):
        well(exchange)


def drip_headers(exchange: Exchange) -> None:
    exchange.drip(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\nX-Long: " + b"a" * 5000
    )


def drip_body(exchange: Exchange) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {FHIR}\r\nContent-Length: 5000\r\n\r\n"
    exchange.raw(head.encode())
    exchange.drip(b"{" + b" " * 5000)


def drip_continues(exchange: Exchange) -> None:
    exchange.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)


def truncate(exchange: Exchange) -> None:
    body = exchange.body
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {FHIR}\r\nContent-Length: {len(body)}\r\n\r\n"
    exchange.raw(head.encode() + body[: len(body) // 2])


def truncate_silently(exchange: Exchange) -> None:
    body = exchange.body
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {FHIR}\r\nConnection: close\r\n\r\n"
    exchange.raw(head.encode() + body[: len(body) // 2])


def reset(exchange: Exchange) -> None:
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    exchange.connection.close()
    exchange.close_connection = True


def garbage(exchange: Exchange) -> None:
    exchange.raw(bytes(range(256)) * 8)


def garbage_body(exchange: Exchange) -> None:
    exchange.answer(200, b'{"resourceType":"Bundle","entry":[' + bytes(range(128, 256)))


def html(exchange: Exchange) -> None:
    exchange.answer(200, b"<html><h1>Please sign in</h1></html>", "text/html")


def html_as_json(exchange: Exchange) -> None:
    exchange.answer(200, b"<html><h1>Please sign in</h1></html>")


def gzip_bomb(exchange: Exchange) -> None:
    """Thirty megabytes in thirty kilobytes."""
    exchange.answer(200, _bomb(), Content_Encoding="gzip")


def too_long(exchange: Exchange) -> None:
    exchange.answer(200, b'{"resourceType":"Bundle","x":"' + b"a" * 8_000_000 + b'"}')


def redirect(exchange: Exchange) -> None:
    exchange.answer(302, b"", Location=exchange.server.chart.elsewhere)


def endless_pages(exchange: Exchange) -> None:
    number = exchange.server.chart.number()
    link = [{"relation": "next", "url": f"{exchange.server.chart.base}?page={number}"}]
    page = json.loads(exchange.body) | {"link": link}
    exchange.answer(200, json.dumps(page).encode())


def next_page_elsewhere(exchange: Exchange) -> None:
    link = [{"relation": "next", "url": f"{exchange.server.chart.elsewhere}/fhir?page=2"}]
    exchange.answer(200, json.dumps(json.loads(exchange.body) | {"link": link}).encode())


def outcome(exchange: Exchange) -> None:
    exchange.answer(200, json.dumps(OUTCOME).encode())


def wrong_type(exchange: Exchange) -> None:
    exchange.answer(200, exchange.body, "text/plain")


def xml(exchange: Exchange) -> None:
    exchange.answer(200, b"<Bundle xmlns='http://hl7.org/fhir'/>", "application/fhir+xml")


def other_encoding(exchange: Exchange) -> None:
    exchange.answer(200, exchange.body.decode().encode("utf-16"), f"{FHIR}; charset=utf-16")


def packed(exchange: Exchange) -> None:
    """No fault: gzip is what was asked for."""
    exchange.answer(200, gzip.compress(exchange.body), Content_Encoding="gzip")


def packed_otherwise(exchange: Exchange) -> None:
    exchange.answer(200, zlib.compress(exchange.body), Content_Encoding="deflate")


def status(number: int) -> Fault:
    """Refuses with that status."""
    return lambda exchange: exchange.answer(number, json.dumps(OUTCOME).encode())


STATUSES = (401, 403, 404, 429, 500, 502, 503)
FAULTS: Mapping[str, Fault] = {
    each.__name__.replace("_", " "): each
    for each in (
        delay,
        drip_headers,
        drip_body,
        drip_continues,
        truncate,
        truncate_silently,
        reset,
        garbage,
        garbage_body,
        html,
        html_as_json,
        gzip_bomb,
        too_long,
        redirect,
        outcome,
        wrong_type,
        xml,
        other_encoding,
        packed_otherwise,
    )
} | {f"{number}": status(number) for number in STATUSES}
"""What leaves a key without its data."""

WAITING = frozenset({"delay", "drip headers", "drip body", "drip continues"})
"""Which of them end at the deadline alone."""

PAGING: Mapping[str, Fault] = {
    "endless paging": endless_pages,
    "next page elsewhere": next_page_elsewhere,
}
"""What leaves a key with a part of its data."""


@dataclass
class Chart:
    """What the server holds, how it answers, and what it was asked."""

    resources: list[Resource]
    fault: Callable[[str], Fault]
    page: int | None = None
    base: str = ""
    elsewhere: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    written: dict[str, list[Resource]] = field(default_factory=dict)
    over: Event = field(default_factory=Event)
    _numbers: Iterator[int] = field(default_factory=count)

    def always(self, fault: Fault) -> None:
        """Answers every request so from now on."""
        self.fault = lambda _: fault

    def put(self, place: str, resource: Resource) -> None:
        """Keeps what was written at a `Type/id`, and that it was."""
        self.written.setdefault(place, []).append(resource)

    def number(self) -> int:
        """Another number each time."""
        return next(self._numbers)

    def answered(self, path: str) -> bytes:
        """The resource, the page of a search, or an OperationOutcome."""
        query = path.removeprefix("/fhir").lstrip("/")
        return json.dumps(self._found(query)).encode()

    def _found(self, query: str) -> Resource:
        kind, _, text = query.partition("?")
        if not text:
            held = (
                each for each in self.resources if f"{each['resourceType']}/{each['id']}" == kind
            )
            return next(held, OUTCOME)
        asked = dict(parse_qsl(text))
        offset = int(asked.pop("_offset", 0))
        size = self.page or int(asked.pop("_count", 1000))
        asked.pop("_count", None)
        try:
            whole = search(self.resources, f"{kind}?{unquote(urlencode(asked))}", base=self.base)
        except NotSupported:
            return OUTCOME
        entries = whole.get("entry", [])
        page: Resource = whole | {"entry": entries[offset : offset + size], "link": []}
        if offset + size < len(entries):
            more = urlencode(asked | {"_offset": str(offset + size), "_count": str(size)})
            page["link"] = [{"relation": "next", "url": f"{self.base}/{kind}?{more}"}]
        return page


@contextmanager
def serving(
    bundle: bytes | list[Resource],
    fault: Fault | Callable[[str], Fault] = well,
    *,
    by_path: bool = False,
    page: int | None = None,
    tls: ssl.SSLContext | None = None,
    kind: "type[Chart] | None" = None,
) -> Iterator[Any]:
    """Serves the Bundle's resources; with `by_path` the fault is chosen for each path.

    `page` is how many results a page has, whatever `_count` says; `kind` what it is a server of.
    """
    held = ehr.resources(bundle) if isinstance(bundle, bytes) else bundle
    chosen: Any = fault if by_path else lambda _: fault
    chart = (kind or Chart)(held, chosen, page)
    listener = Listener(("127.0.0.1", 0), Exchange)
    if tls:
        listener.socket = tls.wrap_socket(
            listener.socket, server_side=True, do_handshake_on_connect=False
        )
    listener.chart = chart
    scheme = "https" if tls else "http"
    chart.base = f"{scheme}://localhost:{listener.server_port}/fhir"
    chart.elsewhere = f"{scheme}://127.0.0.1:{listener.server_port}"
    thread = Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield chart
    finally:
        chart.over.set()
        listener.shutdown()
        listener.server_close()
        thread.join()


@cache
def _bomb() -> bytes:
    """gzip of 30 million zeros, made part by part."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    part = bytes(1_000_000)
    return b"".join(packer.compress(part) for _ in range(30)) + packer.flush()
