"""Workers are replaced under load, as HUP does it, and no call fails."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest
import requests

from tests.servers import ROOT, Server, children

CALL = (ROOT / "fixtures/requests/lab-safety-fires.lab-safety.json").read_bytes()
PATH = "/cds-services/lab-safety"
JSON = {"Content-Type": "application/json"}


class Caller(Thread):
    """An EHR that keeps its connection, or makes one for each call, and counts the answers."""

    def __init__(self, url: str, stop: Event, *, keeps: bool) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.stop = stop
        self.headers = JSON | ({} if keeps else {"Connection": "close"})
        self.answers: Counter[str] = Counter()

    def run(self) -> None:
        with requests.Session() as session:
            while not self.stop.is_set():
                self.answers[self._call(session)] += 1

    def _call(self, session: requests.Session) -> str:
        try:
            answer = session.post(self.url, data=CALL, headers=self.headers, timeout=60)
        except requests.RequestException as error:
            return type(error).__name__
        return str(answer.status_code) if answer.json().get("cards") else "no card"


def reloads(folder: Path, times: int) -> dict[str, object]:
    """Sends HUP so often while four callers call; what they were answered."""
    server, stop = Server(folder), Event()
    try:
        server.start()
        callers = [Caller(server.url + PATH, stop, keeps=bool(n % 2)) for n in range(4)]
        for each in callers:
            each.start()
        for _ in range(times):
            replaced(server)
        stop.set()
        for each in callers:
            each.join()
    finally:
        server.kill()
    return {"reloads": times, **sum((each.answers for each in callers), Counter())}


def replaced(server: Server) -> None:
    """Sends HUP and waits until none of the workers that there were is left."""
    before = set(children(server.pid))
    os.kill(server.pid, signal.SIGHUP)
    while before & set(children(server.pid)):
        time.sleep(0.1)


def offered(server: Server) -> set[str]:
    catalogue = f"{server.url}/cds-services?announce=all"
    services = requests.get(catalogue, timeout=60).json()["services"]
    return {each["id"] for each in services}


def test_what_the_site_chooses_anew_holds_after_a_reload_and_a_mistake_changes_nothing(
    tmp_path: Path,
) -> None:
    server = Server(tmp_path)
    try:
        server.start()
        assert "lab-safety" in offered(server)
        for choices in ('[services.lab-safety]\nmode = "off"\n', "no = TOML"):
            (tmp_path / "cds.toml").write_text(choices, encoding="utf-8")
            replaced(server)
            assert "lab-safety" not in offered(server)
    finally:
        server.kill()


def test_no_call_fails_while_workers_are_replaced(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = reloads(tmp_path, 3)
    record_property("reloads under load", figures)
    assert set(figures) == {"reloads", "200"}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_call_fails_while_workers_are_replaced_twenty_times(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = reloads(tmp_path, 20)
    record_property("long reloads under load", figures)
    assert set(figures) == {"reloads", "200"}
