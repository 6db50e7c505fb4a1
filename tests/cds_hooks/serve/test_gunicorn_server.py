import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from cds_hooks.serve.gunicorn_server import options
from cds_hooks.settings.file import from_tables
from cds_hooks.settings.server import ServerSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.database import Store
from cds_hooks.store.schema import calls, cards

ROOT = Path(__file__).parents[3]
START = "from cds_hooks.commands.cli import main; main()"
LOG = "server.log"
SITE = """
cors_origins = ["https://ehr.example"]

[services.cardiovascular-risk]
mode = "off"
"""


@pytest.fixture(scope="module")
def port() -> int:
    return a_port()


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def demo(folder: Path, port: int, *arguments: str, start: str = START) -> Iterator[str]:
    """The demo runs in that folder; what it said when it was ready."""
    environment = os.environ | {"PORT": str(port), "PYTHONPATH": str(ROOT)}
    with (folder / LOG).open("w") as log:
        started = subprocess.Popen(
            [sys.executable, "-c", start, "serve", "--demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            cwd=folder,
        )
    assert started.stdout
    try:
        lines = list(takewhile(lambda line: line != "\n", started.stdout))
        assert started.poll() is None, "the server ended"
        lines.extend(takewhile(lambda line: line != "\n", started.stdout))
        yield "".join(lines)
    finally:
        started.send_signal(signal.SIGINT)
        started.wait(timeout=30)
        started.stdout.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the demo runs."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def greeting(folder: Path, port: int) -> Iterator[str]:
    """The demo is running with a site's choices; what it said when it was ready."""
    (folder / "cds.toml").write_text(SITE)
    with demo(folder, port, "--config", "cds.toml") as said:
        yield said


def test_the_greeting_says_where_discovery_is(greeting: str, port: int) -> None:
    url = f"http://127.0.0.1:{port}/cds-services"
    assert url in greeting
    assert requests.get(url, timeout=10).json()["services"]


@pytest.mark.usefixtures("greeting")
def test_the_sites_own_choices_hold_in_the_demo(port: int) -> None:
    services = requests.get(
        f"http://127.0.0.1:{port}/cds-services?announce=all", timeout=10
    ).json()["services"]
    ids = {service["id"] for service in services}
    assert "lab-safety" in ids
    assert "cardiovascular-risk" not in ids


@pytest.mark.usefixtures("greeting")
@pytest.mark.parametrize("origin", ["https://ehr.example", "https://sandbox.cds-hooks.org"])
def test_the_sandbox_and_the_sites_own_pages_may_call_the_demo(port: int, origin: str) -> None:
    url = f"http://127.0.0.1:{port}/cds-services"
    answer = requests.get(url, headers={"Origin": origin}, timeout=10)
    assert answer.headers["Access-Control-Allow-Origin"] == origin


def test_the_greeting_names_the_page_to_open(greeting: str, port: int) -> None:
    page = f"http://127.0.0.1:{port}/"
    assert f"{page}\n" in greeting
    assert "text/html" in requests.get(page, timeout=10).headers["Content-Type"]


def test_the_curl_of_the_greeting_returns_a_card(greeting: str) -> None:
    (line,) = (line for line in greeting.splitlines() if "curl" in line)
    command = shlex.split(line.partition("curl")[2])
    answer = subprocess.run(["curl", *command], check=True, stdout=subprocess.PIPE)
    (card,) = json.loads(answer.stdout)["cards"]
    assert card["summary"].startswith("Moderate hyperkalaemia")


def test_the_demo_listens_on_this_computer_only(greeting: str, port: int) -> None:
    with socket.socket() as elsewhere:
        # Another loopback address would answer if the server listened on every interface.
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0


@pytest.mark.usefixtures("greeting")
def test_what_was_answered_is_remembered_in_the_folder_where_the_demo_runs(
    port: int, folder: Path
) -> None:
    sent = (ROOT / "fixtures/requests/af-stroke-risk-fires.af-stroke-risk.json").read_bytes()
    url = f"http://127.0.0.1:{port}/cds-services/af-stroke-risk"
    answers = [
        requests.post(url, data=sent, headers={"Content-Type": "application/json"}, timeout=10)
        for _ in range(6)
    ]
    (uuid,) = {card["uuid"] for answer in answers for card in answer.json()["cards"]}
    store = Store(f"sqlite:///{folder / 'cds-hooks.db'}")
    with store.reading() as connection:
        rows = connection.execute(select(cards.c.uuid).where(cards.c.service == "af-stroke-risk"))
        assert rows.scalars().all() == [uuid]
        ids = select(calls.c.id).where(calls.c.service == "af-stroke-risk")
        known = set(connection.execute(ids).scalars())
    assert known == {answer.headers["X-Correlation-ID"] for answer in answers}


def test_in_a_folder_that_cannot_be_written_the_demo_says_where_it_remembers(
    tmp_path: Path,
) -> None:
    # To root every folder can be written, so the file of the secret is a folder instead.
    (tmp_path / "cds-hooks.secret").mkdir()
    with demo(tmp_path, a_port()) as said:
        assert "This folder cannot be used" in said
    assert {path.name for path in tmp_path.iterdir()} == {"cds-hooks.secret", LOG}


@pytest.mark.usefixtures("greeting")
def test_what_is_not_http_is_logged_by_its_place_and_never_by_its_text(
    port: int, folder: Path
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nSECRET name: SECRET\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    # It is logged before it is answered.
    log = (folder / LOG).read_text("utf-8")
    told = [json.loads(line) for line in log.splitlines()]
    assert any(each["event"] == "library" and each["at"].startswith("base:") for each in told)
    assert "SECRET" not in log


BORN_SLOWLY = """
import time
from cds_hooks.commands.cli import main
from cds_hooks.serve.worker import Worker
listen = Worker.init_signals
Worker.init_signals = lambda self: (time.sleep(1), listen(self))
main()
"""


def test_a_server_that_is_stopped_as_its_workers_are_born_stops(tmp_path: Path) -> None:
    with demo(tmp_path, a_port(), start=BORN_SLOWLY) as said:
        assert "Ctrl-C stops it" in said
    assert (tmp_path / LOG).read_text("utf-8") == ""  # and no worker had to be killed


LOADING = """
import sys, threading
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.serve.gunicorn_server import load_drawing
for settings in (Settings(), demo_settings()):
    load_drawing(settings)
    [each.join() for each in threading.enumerate() if each is not threading.main_thread()]
    print("matplotlib" in sys.modules)
"""


def test_the_demo_loads_what_draws_before_anyone_asks_for_it() -> None:
    ran = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, cwd=ROOT, check=True)
    assert ran.stdout.split() == [b"False", b"True"]


MAKING = """
import sys
from cds_hooks.serve import gunicorn_server
from cds_hooks.settings.settings import Settings
gunicorn_server.create_app = lambda *_: print("ucumvert" in sys.modules)
print("ucumvert" in sys.modules)
gunicorn_server._frozen(Settings(), None, lambda _: None)
"""


def test_the_parser_of_units_is_loaded_before_the_workers_are_forked_and_not_before() -> None:
    ran = subprocess.run([sys.executable, "-c", MAKING], capture_output=True, cwd=ROOT, check=True)
    assert ran.stdout.split() == [b"False", b"True"]


def test_gunicorn_opens_no_socket_to_be_controlled_by() -> None:
    assert options(ServerSettings())["control_socket_disable"] is True


def test_gunicorn_is_told_what_the_site_chose_and_believes_no_one() -> None:
    told = options(ServerSettings(workers=3, threads=5, keepalive_seconds=9, graceful_seconds=7))
    assert (told["workers"], told["threads"]) == (3, 5)
    assert (told["keepalive"], told["graceful_timeout"]) == (9, 7)
    assert told["forwarded_allow_ips"] == told["forwarder_headers"] == ""


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"threads": 0}, {"request_seconds": 0}, {"proxies": ["nginx"]}]
)
def test_a_server_that_could_not_serve_is_refused_by_its_key(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=rf"server.*{next(iter(wrong))}"):
        from_tables({"server": wrong})
