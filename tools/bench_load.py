"""What load the store bears: `make bench-load SECONDS=600 [URL=postgresql://...] [DELAY_MS=20]`.

Starts the demo server with two workers of eight threads, and calls `patient-risks` without pause:
four clients of sixteen callers each. Prints for SQLite, for the database whose URL is given (of
which the tables are made), and without a store, how many calls were answered, by status; how many
answered ones left no row; the calls a second; and by how much the file grew for a call. With
DELAY_MS every commit takes that much longer. The limits are lifted as is printed.
"""

import json
import os
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import urlsplit
from uuid import uuid4

import requests
from sqlalchemy import func, select

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.settings.settings import Settings
from cds_hooks.store.database import Store
from cds_hooks.store.schema import calls
from cds_hooks.store.upgrade import upgrade
from tests.servers import free_port

CHART = Path("fixtures/patients/af-stroke-risk-fires.json")
CLIENTS, CALLERS = 4, 16
WORKERS, THREADS = 2, 8
SETTLED_SECONDS = 30.0
"""How long what waits in the spool may take to be in the database after the last call."""

SITE = f"""
[server]
workers = {WORKERS}
threads = {THREADS}

[fetch]
deadline_ms = 30_000
"""
"""The limits that are lifted: 64 callers on two workers wait longer than a call's deadline."""


def body() -> bytes:
    """A call of `patient-risks`, whose hook instance each caller replaces."""
    held = resources(CHART.read_bytes())
    service = offered(services()["patient-risks"], Settings())
    return hook_body(held, service, hook_instance="HOOK-INSTANCE")


def client(url: str, sent: bytes, seconds: float, results: "object") -> None:
    """The process of one client: its callers, each on its own connection, for so many seconds."""
    statuses: Counter[str] = Counter()
    answered: list[str] = []
    until = time.monotonic() + seconds

    def caller() -> None:
        session = requests.Session()
        while time.monotonic() < until:
            one = sent.replace(b"HOOK-INSTANCE", str(uuid4()).encode())
            try:
                headers = {"Content-Type": "application/json"}
                answer = session.post(url, data=one, headers=headers, timeout=60)
            except requests.RequestException as error:
                statuses[type(error).__name__] += 1
                continue
            statuses[str(answer.status_code)] += 1
            if answer.status_code == 200:
                answered.append(answer.headers["X-Correlation-ID"])

    callers = [Thread(target=caller) for _ in range(CALLERS)]
    for each in callers:
        each.start()
    for each in callers:
        each.join()
    results.put((statuses, answered))  # type: ignore[attr-defined] # a queue between processes


@contextmanager
def serving(
    folder: Path, site: str, cpu: list[float], *, delay_ms: int, keep: bool
) -> Iterator[str]:
    """The address of a server in that folder; at the end `cpu` has the seconds that it took."""
    (folder / "cds.toml").write_text(SITE + site)
    (folder / "cds-hooks.secret").write_text("the secret of the measurement, which is long")
    port = free_port()
    slow = [sys.executable, "-m", "tools.slow_server", str(delay_ms), "yes" if keep else "no"]
    environment = os.environ | {"PORT": str(port), "PYTHONPATH": str(Path.cwd())}
    server = subprocess.Popen(
        [*slow, "serve", "--demo", "--config", "cds.toml"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=(folder / "log").open("wb"),
    )
    try:
        if not server.stdout or not any(line == b"\n" for line in server.stdout):
            raise SystemExit((folder / "log").read_text())
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        _, _, used = os.wait4(server.pid, 0)
        cpu.append(used.ru_utime + used.ru_stime)


def loaded(url: str, seconds: float) -> tuple[Counter[str], set[str], float]:
    """The statuses of all calls, the correlation ids of those answered, and calls a second."""
    context = get_context("spawn")
    results = context.Queue()
    sent, target = body(), f"{url}/cds-services/patient-risks"
    processes = [
        context.Process(target=client, args=(target, sent, seconds, results))
        for _ in range(CLIENTS)
    ]
    began = time.monotonic()
    for each in processes:
        each.start()
    statuses, answered = Counter[str](), set[str]()
    for _ in processes:
        some, ids = results.get()
        statuses += some
        answered |= set(ids)
    for each in processes:
        each.join()
    return statuses, answered, statuses.total() / (time.monotonic() - began)


def unrecorded(store: Store, answered: set[str]) -> int:
    """How many of the answered calls have no row, once the spool had its time to be replayed."""
    until = time.monotonic() + SETTLED_SECONDS
    while True:
        with store.reading() as connection:
            lacking = len(answered - set(connection.scalars(select(calls.c.id))))
        if not lacking or time.monotonic() > until:
            return lacking
        time.sleep(1)


def run(name: str, url: str, *, seconds: float, delay_ms: int) -> float:
    """Prints the figures with that database ("" for none); the calls a second."""
    with TemporaryDirectory(dir=".") as made:
        folder = Path(made)
        database = url or f"sqlite:///{folder.absolute()}/load.db"
        store = Store(database, seconds=60)
        upgrade(store)
        site = f'[store]\nurl = "{database}"\nretention_days = 36500\n'
        before = size(store)
        cpu: list[float] = []
        with serving(folder, site, cpu, delay_ms=delay_ms, keep=name != "no store") as address:
            statuses, answered, rate = loaded(address, seconds)
            ready = requests.get(f"{address}/readyz", timeout=60).json()
            told = {"statuses": dict(statuses), "calls a second": round(rate, 1), "readyz": ready}
            if name != "no store":
                told["unrecorded"] = unrecorded(store, answered)
                told["spooled in the log"] = (folder / "log").read_bytes().count(b'"spooled"')
        if name != "no store":
            told["bytes a call"] = round((size(store) - before) / max(1, len(answered)))
        told["ms of CPU a call"] = round(cpu[0] / max(1, len(answered)) * 1000, 2)
        store.close()
    print(f"{name}: {json.dumps(told)}", flush=True)
    return rate


def size(store: Store) -> int:
    """The bytes that the tables and their indexes take."""
    with store.begin() as connection:
        if not store.embedded:
            sizes = select(func.sum(func.pg_total_relation_size("calls")))
            cards = select(func.pg_total_relation_size("cards"))
            return int(connection.scalar(sizes) or 0) + int(connection.scalar(cards) or 0)
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        free = connection.exec_driver_sql("PRAGMA freelist_count").scalar() or 0
        return int(pages - free) * int(connection.exec_driver_sql("PRAGMA page_size").scalar() or 0)


def main() -> None:
    """Prints the figures; exits with 1 where a bar is missed."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--url", default="")
    parser.add_argument("--delay-ms", type=int, default=0)
    asked = parser.parse_args()
    print(
        f"{CLIENTS} x {CALLERS} callers, {WORKERS} x {THREADS} threads, {asked.seconds:g} s,",
        end="",
    )
    print(f" commits {asked.delay_ms} ms slower; limits lifted: {SITE.split()}")
    without = run("no store", "", seconds=asked.seconds, delay_ms=0)
    kinds = [("SQLite", "")] + ([("PostgreSQL", asked.url)] if asked.url else [])
    for name, url in kinds:
        rate = run(name, url, seconds=asked.seconds, delay_ms=asked.delay_ms)
        host = urlsplit(url).hostname or "a file"
        print(f"{name} ({host}): {rate / without:.2f} of the calls a second without a store")


if __name__ == "__main__":
    main()
