"""Callers that send or read next to nothing hold no thread for longer than the site allows."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread
from time import monotonic

import pytest
import requests

from tests.servers import Server

THREADS = 2
SLOW = 2 * THREADS
SITE = f"[server]\nworkers = 1\nthreads = {THREADS}\nrequest_seconds = 1\n"
HEAD = b"POST /cds-services/lab-safety HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
BODY = HEAD + b"Content-Length: 100000\r\n\r\n"
CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PAGES = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 500

Slow = Callable[[socket.socket, Event], None]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("slow"), site=SITE)
    try:
        started.start()
        yield started
    finally:
        started.kill()


def dripping(begun: bytes, drop: bytes) -> Slow:
    """A caller that sends what it begins with, and from then on a drop at a time."""

    def drip(connection: socket.socket, done: Event) -> None:
        connection.sendall(begun)
        while not done.wait(0.1):
            connection.sendall(drop)

    return drip


def reading_nothing(connection: socket.socket, done: Event) -> None:
    """A caller that asks for pages and leaves their bytes where they are."""
    connection.sendall(PAGES)
    done.wait()


def idle(_: socket.socket, done: Event) -> None:
    """A caller that connects and says nothing."""
    done.wait()


WAYS: dict[str, Slow] = {
    "a body": dripping(BODY, b" "),
    "chunks": dripping(CHUNKS, b"1\r\n \r\n"),
    "headers": dripping(b"GET / HTTP/1.1\r\nX-Slow: ", b"a"),
    "idle": idle,
    "reading nothing": reading_nothing,
}


@contextmanager
def slow_callers(port: int, slow: Slow) -> Iterator[None]:
    """So many of them that every thread would be theirs; each connects again when it is ended."""
    done = Event()

    def call_until_done() -> None:
        while not done.is_set():
            with suppress(OSError), socket.socket() as connection:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(5)
                connection.connect(("127.0.0.1", port))
                slow(connection, done)

    with ExitStack() as ending:
        for thread in [Thread(target=call_until_done, daemon=True) for _ in range(SLOW)]:
            thread.start()
            ending.callback(thread.join)
        ending.callback(done.set)
        done.wait(2.5)
        yield


def test_a_caller_that_never_ends_is_ended(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 60) as connection:
        connection.sendall(BODY)
        with suppress(ConnectionError):
            assert connection.recv(1) == b""
    assert requests.get(f"{server.url}/livez", timeout=60).status_code == 200


# On a machine that is busy with other tests others wait longer than a call may take.
@pytest.mark.long
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_while_slow_callers_keep_coming_others_are_answered(
    server: Server,
    way: Slow,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    waits = []
    with slow_callers(server.port, way):
        for _ in range(3):
            began = monotonic()
            assert requests.get(f"{server.url}/livez", timeout=60).status_code == 200
            waits.append(round(monotonic() - began, 2))
    name = request.node.callspec.id
    record_property(f"waits beside {SLOW} slow callers ({name}), seconds", waits)
