"""The servers that are compared, each as processes of its own that listen on loopback."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import requests

from tests.servers import SERVE, free_port

PROCESSES, THREADS = 2, 8
PEERS = Path(__file__).parent / "peers"
ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0

SITE = f"""
[server]
workers = {PROCESSES}
threads = {THREADS}

[fetch]
deadline_ms = 30_000
"""
"""Ours, with the one limit that is lifted: many callers wait longer than a call's deadline."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: `command` starts it in an empty folder, with {port} where it shall listen.

    `path` is what is called, with {service} for the service; `folder` files are by name.
    """

    name: str
    command: tuple[str, ...]
    path: str = "/cds-services/{service}"
    site: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers at `url`, and the process that was started."""

    contender: Contender
    url: str
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """What all of its processes have spent so far, in user and system mode."""
        return sum(_spent(each) for each in self._processes())

    def resident_megabytes(self) -> float:
        """What its processes hold in memory that no other process holds, together."""
        return sum(each.memory_full_info().uss for each in self._processes()) / 1e6

    def _processes(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


def contenders(peers: Path | None) -> list[Contender]:
    """Those that can be started here; `peers` is a Python with HealthChain, if there is one."""
    gunicorn = (sys.executable, "-m", "gunicorn", "--chdir", str(PEERS), "--bind")
    where = ("127.0.0.1:{port}", "--workers", str(PROCESSES), "--threads", str(THREADS))
    found = [
        Contender("ours", (*SERVE, "--demo", "--config", "cds.toml"), site=SITE),
        Contender("bare WSGI, our functions", (*gunicorn, *where, "floor:app")),
        Contender("Flask, fixed card", (*gunicorn, *where, "trivial:app")),
    ]
    if peers is not None:
        uvicorn = (str(peers), "-m", "uvicorn", "--app-dir", str(PEERS), "--loop", "uvloop")
        listening = ("--port", "{port}", "--workers", str(PROCESSES), "--log-level", "critical")
        path = "/cds/cds-services/{service}"
        found += [
            Contender("HealthChain, empty", (*uvicorn, *listening, "healthchain_empty:app"), path),
            Contender(
                "HealthChain, parsing", (*uvicorn, *listening, "healthchain_parse:app"), path
            ),
        ]
    return found


@contextmanager
def running(contender: Contender) -> Iterator[Running]:
    """The server, started in a folder of its own and stopped at the end."""
    port = free_port()
    with TemporaryDirectory(prefix="bench-", dir="build") as folder:
        Path(folder, "cds.toml").write_text(contender.site, encoding="utf-8")
        environment = os.environ | {"PORT": str(port), "PYTHONPATH": str(ROOT)}
        process = psutil.Popen(
            [each.format(port=port) for each in contender.command],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process)
            yield Running(contender, url, process)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait(url: str, process: psutil.Popen) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until and process.is_running():
        try:
            requests.get(url, timeout=1)
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server did not start")


def _spent(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
