import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile

import pytest
import requests

START = [sys.executable, "-c", "from cds_hooks.cli import main; main()", "serve", "--demo"]
SITE = """
cors_origins = ["https://ehr.example"]

[services.cardiovascular-risk]
mode = "off"
"""


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def greeting(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo is running with a site's choices; what it said when it was ready."""
    config = tmp_path_factory.mktemp("site") / "cds.toml"
    config.write_text(SITE)
    environment = os.environ | {"PORT": str(port)}
    started = subprocess.Popen(
        [*START, "--config", config], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert started.stdout
    try:
        lines = list(takewhile(lambda line: line != "\n", started.stdout))
        assert started.poll() is None, "the server ended"
        yield "".join(lines)
    finally:
        started.send_signal(signal.SIGINT)
        started.wait(timeout=30)
        started.stdout.close()


def test_the_greeting_says_where_discovery_is(greeting: str, port: int) -> None:
    url = f"http://127.0.0.1:{port}/cds-services"
    assert url in greeting
    assert requests.get(url, timeout=10).json()["services"]


@pytest.mark.usefixtures("greeting")
def test_the_sites_own_choices_hold_in_the_demo(port: int) -> None:
    services = requests.get(f"http://127.0.0.1:{port}/cds-services", timeout=10).json()["services"]
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
    assert card["indicator"] == "critical"


def test_the_demo_listens_on_this_computer_only(greeting: str, port: int) -> None:
    with socket.socket() as elsewhere:
        # Another loopback address would answer if the server listened on every interface.
        assert elsewhere.connect_ex(("127.0.0.2", port)) != 0
