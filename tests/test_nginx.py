"""deploy/nginx/cds-hooks.conf, run as it is shipped: TLS, slow clients, who is believed."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from cds_hooks.auth.proxies import CERTIFICATE, behind
from tests.authority import Authority, digest
from tests.nginx import Nginx
from tests.servers import ROOT, Server, free_port

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MUTUAL = {
    "    # ssl_client_certificate": "    ssl_client_certificate",
    "    # ssl_verify_client": "    ssl_verify_client",
}
CALL = (ROOT / "fixtures/requests/lab-safety-fires.lab-safety.json").read_bytes()
JSON = {"Content-Type": "application/json"}


class Quiet(WSGIRequestHandler):
    """Says nothing about its calls."""

    def log_message(self, *_: object) -> None:
        """Called for each call."""


def tell(environ: "WSGIEnvironment", start_response: "StartResponse") -> list[bytes]:
    """Answers with what the application is told of its caller."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    told = {
        "address": environ["REMOTE_ADDR"],
        "scheme": environ["wsgi.url_scheme"],
        "certificate": environ.get(CERTIFICATE, ""),
        "body": len(environ["wsgi.input"].read(length)),
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="module")
def teller() -> Iterator[int]:
    """The port of an application that tells its caller what it is told of it."""
    application = behind(tell, ["127.0.0.1"])
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        yield serving.server_port
        serving.shutdown()


@pytest.fixture
def nginx(nginx_program: str, tmp_path: Path, authority: Authority) -> Nginx:
    return Nginx(nginx_program, tmp_path, authority)


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo with a single thread, which would wait for a slow caller for ten minutes."""
    site = "[server]\nworkers = 1\nthreads = 1\nrequest_seconds = 600\n"
    started = Server(tmp_path_factory.mktemp("narrow"), site=site)
    try:
        started.start()
        yield started
    finally:
        started.kill()


def test_a_call_by_tls_is_answered_with_its_card(nginx: Nginx, narrow: Server) -> None:
    with nginx.serving(narrow.port):
        answer = nginx.ask("/cds-services/lab-safety", data=CALL, headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["cards"]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    assert answer.headers["X-Correlation-ID"]


def test_callers_who_send_a_byte_at_a_time_hold_no_thread(nginx: Nginx, narrow: Server) -> None:
    context = nginx.authority.trusting()
    head = b"POST /cds-services/lab-safety HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n"
    with nginx.serving(narrow.port), ExitStack() as held:
        for _ in range(8):
            plain = held.enter_context(socket.create_connection(("127.0.0.1", nginx.port)))
            slow = held.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
            slow.sendall(head + b"[")
        for _ in range(3):
            assert nginx.ask("/livez").json() == {"status": "ok"}


def test_what_a_client_says_of_its_address_is_not_passed_on(nginx: Nginx, teller: int) -> None:
    forged = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Proto": "http",
        "X-Client-Certificate": "forged",
    }
    with nginx.serving(teller):
        told = nginx.ask("/", headers=forged).json()
    assert told == {"address": "127.0.0.1", "scheme": "https", "certificate": "", "body": 0}


def test_a_body_that_fits_in_no_buffer_arrives_in_full(nginx: Nginx, teller: int) -> None:
    with nginx.serving(teller):
        assert nginx.ask("/", data=b" " * 3_000_000).json()["body"] == 3_000_000


def test_by_mutual_tls_the_server_is_told_which_certificate_it_was(
    nginx: Nginx, teller: int, authority: Authority
) -> None:
    files = authority.sign("client")
    with nginx.serving(teller, changes=MUTUAL):
        assert nginx.ask("/", cert=files).json()["certificate"] == digest(files[0])


def test_by_mutual_tls_nobody_calls_without_a_certificate_of_the_authority(
    nginx: Nginx, teller: int, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other").sign("client")
    with nginx.serving(teller, changes=MUTUAL):
        for certificate in ({}, {"cert": other}):
            answer = nginx.ask("/", **certificate)
            assert answer.status_code == 400
            assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_host_that_cannot_be_reached_is_passed_over(nginx: Nginx, teller: int) -> None:
    with nginx.serving(free_port(), teller):
        assert [nginx.ask("/", data=b"{}").status_code for _ in range(4)] == [200] * 4


def test_a_call_that_may_have_arrived_is_not_sent_again(nginx: Nginx) -> None:
    arrived: list[bytes] = []

    def hang_up(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    arrived.append(connection.recv(4096))

    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        for listener in (one, two):
            Thread(target=hang_up, args=[listener], daemon=True).start()
        with nginx.serving(one.getsockname()[1], two.getsockname()[1]):
            answer = nginx.ask("/", data=b"{}")
        assert len(arrived) == 1
        for listener in (one, two):
            listener.shutdown(socket.SHUT_RDWR)
    assert answer.status_code == 503
    assert answer.json()["issue"][0]["code"] == "transient"
    assert answer.headers["Retry-After"] == "5"


def test_what_is_far_too_long_is_refused_as_the_standard_wants_it(
    nginx: Nginx, teller: int
) -> None:
    with nginx.serving(teller):
        answer = nginx.ask("/", data=b" " * 23_000_000)
    assert answer.status_code == 413
    assert answer.json()["issue"][0]["code"] == "too-long"


def test_readiness_is_not_told_to_callers_from_outside(nginx: Nginx, teller: int) -> None:
    outside = {"        allow 127.0.0.1;\n": ""}
    with nginx.serving(teller, changes=outside):
        assert nginx.ask("/readyz").status_code == 403


def test_nothing_of_a_call_is_written_to_a_log_or_left_in_a_file(nginx: Nginx, teller: int) -> None:
    with nginx.serving(teller):
        nginx.ask("/?patient=SECRET", data=b"SECRET" * 400_000, headers={"X-Note": "SECRET"})
    files = [path for path in nginx.folder.rglob("*") if path.is_file()]
    assert files
    assert not [path.name for path in files if b"SECRET" in path.read_bytes()]
