"""Calls and feedback while the server's and the database's processes are killed: none is lost."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

import pytest
import requests
from sqlalchemy import select

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.service import services
from cds_hooks.store.database import Store
from cds_hooks.store.schema import calls, feedback
from cds_hooks.store.upgrade import upgrade
from tests.cds_hooks.store.calls import HYPERKALAEMIA
from tests.charts import request
from tests.conftest import missing
from tests.postgres import Postgres, programs, running
from tests.servers import Server, kill

CLIENTS = 4
CALLERS = 2
CALLED = "/cds-services/lab-safety"
SETTLED_SECONDS = 60.0
"""How long a database that was killed, and then the spool, may take to be read again."""

CALL = request(services()["lab-safety"], *HYPERKALAEMIA)
FEEDBACK = "/cds-services/lab-safety/feedback"


class Client(Thread):
    """One EHR: it sends each outcome until it is acknowledged, and counts what was."""

    def __init__(self, url: str, stop: Event) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.stop = stop
        self.acknowledged: list[str] = []
        self.repeats = 0
        self.odd: Counter[int] = Counter()

    def run(self) -> None:
        while not self.stop.is_set():
            card = str(uuid4())
            while not self._acknowledges(card) and not self.stop.is_set():
                self.repeats += 1
                time.sleep(0.1)

    def _acknowledges(self, card: str) -> bool:
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2026-03-15T12:00:00Z"}
        try:
            answer = requests.post(self.url, json={"feedback": [item]}, timeout=15)
        except requests.RequestException:
            return False
        if answer.status_code == 200:
            self.acknowledged.append(card)
        elif answer.status_code != 503:
            self.odd[answer.status_code] += 1
        return answer.status_code == 200


class Caller(Thread):
    """One EHR that opens charts: it counts the answers, by the ids that they are recorded under."""

    def __init__(self, url: str, stop: Event) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.stop = stop
        self.answered: list[str] = []
        self.told_late = 0
        self.odd: Counter[int] = Counter()

    def run(self) -> None:
        while not self.stop.is_set():
            body = CALL | {"hookInstance": str(uuid4())}
            try:
                answer = requests.post(self.url, json=body, timeout=15)
            except requests.RequestException:
                time.sleep(0.1)
                continue
            if answer.status_code != 200:
                self.odd[answer.status_code] += 1
            elif recorded(answer):
                self.answered.append(answer.headers["X-Correlation-ID"])
            else:
                self.told_late += 1


def recorded(answer: requests.Response) -> bool:
    """Whether the answer does not say that its record may be on no disk."""
    told = answer.json().get("extension", {}).get(EXTENSION, {})
    return told.get("record") not in ("late", "lost")


class Clients:
    """Several EHRs at once."""

    def __init__(self, url: str) -> None:
        self._stop = Event()
        self._all = [Client(f"{url}{FEEDBACK}", self._stop) for _ in range(CLIENTS)]
        self._callers = [Caller(f"{url}{CALLED}", self._stop) for _ in range(CALLERS)]

    def __enter__(self) -> "Clients":
        for each in (*self._all, *self._callers):
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for each in (*self._all, *self._callers):
            each.join()

    @property
    def answered(self) -> list[str]:
        return [id for each in self._callers for id in each.answered]

    @property
    def told_late(self) -> int:
        return sum(each.told_late for each in self._callers)

    def wait_for(self, more: int) -> None:
        """Waits until so many more are acknowledged, and then for any moment of a transaction."""
        enough = len(self.acknowledged) + more
        while len(self.acknowledged) < enough:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.02))  # noqa: S311 - any moment will do

    @property
    def acknowledged(self) -> list[str]:
        return [card for each in self._all for card in each.acknowledged]

    @property
    def repeats(self) -> int:
        return sum(each.repeats for each in self._all)

    @property
    def odd(self) -> Counter[int]:
        found = [each.odd for each in self._all] + [each.odd for each in self._callers]
        return sum(found, Counter())


Harm = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """The harms in their order, after how many acknowledgements each comes, and how many in all."""

    harms: Sequence[Harm]
    between: int
    enough: int
    kills: int = 0
    """How many harms are done at least, if each was done once."""


def kill_loop(server: Server, store: Store, plan: Plan) -> dict[str, int]:
    """Does harm after harm to what clients are sending to, each at least once.

    What the clients were promised, and what is in the database after the last harm once more.
    """
    done: Counter[str] = Counter()
    with Clients(server.url) as clients:
        for harm in cycle(plan.harms):
            clients.wait_for(plan.between)
            harm()
            done[harm.__name__] += 1
            enough = len(clients.acknowledged) >= plan.enough
            if enough and done.total() >= max(plan.kills, len(plan.harms)):
                break
    plan.harms[-1]()
    kept, promised = rows_by_card(store), clients.acknowledged
    unrecorded = lacking(store, set(clients.answered))
    assert not clients.odd
    return {
        **done,
        "acknowledged": len(promised),
        "repeated": clients.repeats,
        "lost": len(set(promised) - set(kept)),
        "doubled": sum(count > 1 for count in kept.values()),
        "answered calls": len(clients.answered),
        "unrecorded": unrecorded,
        "told late": clients.told_late,
    }


def lacking(store: Store, answered: set[str]) -> int:
    """How many of the answered calls have no row, once the spool had its time to be replayed."""
    until = time.monotonic() + SETTLED_SECONDS
    while True:
        with store.reading() as connection:
            missed = answered - set(connection.scalars(select(calls.c.id)))
        if not missed or time.monotonic() > until:
            return len(missed)
        time.sleep(0.2)


def rows_by_card(store: Store) -> Counter[str]:
    """How many rows of feedback the database holds for each card."""
    with store.reading() as connection:
        return Counter(connection.scalars(select(feedback.c.card_uuid)))


def server_harms(server: Server) -> tuple[Harm, Harm]:
    """kill -9 of one process that answers; and of all of them, then a new start."""

    def workers_killed() -> None:
        server.kill_a_worker()

    def servers_killed() -> None:
        server.kill()
        server.start()

    return workers_killed, servers_killed


def database_harms(postgres: Postgres) -> tuple[Harm, Harm]:
    """kill -9 of one process that serves or writes, after which all recover; and of all of them."""

    def backends_killed() -> None:
        processes = postgres.processes()
        if processes[1:]:
            kill(random.choice(processes[1:]))  # noqa: S311 - any of them will do
        elif not processes:
            # It gives up where the process was killed that recovers after the kill before.
            postgres.start()

    def databases_killed() -> None:
        kill(*postgres.processes())
        postgres.start()

    return backends_killed, databases_killed


def site(url: str) -> str:
    return f'[store]\nurl = "{url}"\nspool_mb = 16\n'


@pytest.fixture
def fragile() -> Iterator[Postgres]:
    """A PostgreSQL server that no other test uses, so that it may be killed."""
    found = programs()
    if found is None:
        missing("no PostgreSQL: on Debian, sudo apt-get install postgresql")
    with running(found) as server:
        yield server


def on_sqlite(
    folder: Path, *, workers: int, between: int, enough: int, kills: int = 0
) -> dict[str, int]:
    """The loop in which everything is killed after that many workers."""
    server = Server(folder, site=site("sqlite:///feedback.db"))
    worker, tree = server_harms(server)
    store = Store(f"sqlite:///{folder}/feedback.db")
    try:
        server.start()
        plan = Plan([worker] * workers + [tree], between, enough, kills)
        return kill_loop(server, store, plan)
    finally:
        server.kill()
        store.close()


def on_postgres(
    folder: Path, postgres: Postgres, *, rounds: int, between: int, enough: int, kills: int = 0
) -> dict[str, int]:
    """The loop in which the whole database is killed after so many of a worker and of a backend."""
    # After a crash it may take a while to recover; the test can wait for what a call cannot.
    store = Store(postgres.url("postgres"), seconds=30)
    server = Server(folder, site=site(store.url))
    worker, _ = server_harms(server)
    backend, database = database_harms(postgres)
    harms = [*[worker, backend] * rounds, database]
    try:
        upgrade(store)
        server.start()
        return kill_loop(server, store, Plan(harms, between, enough, kills))
    finally:
        server.kill()
        store.close()


def test_no_acknowledged_feedback_is_lost_or_doubled_when_processes_are_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = on_sqlite(tmp_path, workers=2, between=10, enough=30)
    record_property("kill loop, SQLite", figures)
    assert (figures["lost"], figures["doubled"], figures["unrecorded"]) == (0, 0, 0)


@pytest.mark.long
def test_none_is_lost_or_doubled_when_the_databases_own_processes_are_killed_too(
    tmp_path: Path, fragile: Postgres, record_property: Callable[[str, object], None]
) -> None:
    figures = on_postgres(tmp_path, fragile, rounds=1, between=10, enough=30)
    record_property("kill loop, PostgreSQL", figures)
    assert (figures["lost"], figures["doubled"], figures["unrecorded"]) == (0, 0, 0)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_of_ten_thousand_acknowledgements_none_is_lost_or_doubled(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = on_sqlite(tmp_path, workers=20, between=50, enough=10_000)
    record_property("long kill loop, SQLite", figures)
    assert (figures["lost"], figures["doubled"], figures["unrecorded"]) == (0, 0, 0)


@pytest.mark.long
@pytest.mark.timeout(2400)
def test_through_three_hundred_kills_nothing_is_lost_or_doubled(
    tmp_path: Path, fragile: Postgres, record_property: Callable[[str, object], None]
) -> None:
    on_file, on_server = tmp_path / "file", tmp_path / "server"
    for folder in (on_file, on_server):
        folder.mkdir()
    found = {
        "SQLite": on_sqlite(on_file, workers=9, between=5, enough=0, kills=150),
        "PostgreSQL": on_postgres(on_server, fragile, rounds=2, between=5, enough=0, kills=150),
    }
    for name, figures in found.items():
        record_property(f"three hundred kills, {name}", figures)
        assert (figures["lost"], figures["doubled"], figures["unrecorded"]) == (0, 0, 0)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_of_ten_thousand_acknowledgements_on_postgres_none_is_lost_or_doubled(
    tmp_path: Path, fragile: Postgres, record_property: Callable[[str, object], None]
) -> None:
    figures = on_postgres(tmp_path, fragile, rounds=2, between=100, enough=10_000)
    record_property("long kill loop, PostgreSQL", figures)
    assert (figures["lost"], figures["doubled"], figures["unrecorded"]) == (0, 0, 0)
