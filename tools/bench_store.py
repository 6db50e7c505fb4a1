"""Milliseconds that a call takes, and what remembering it adds: `make bench-store`.

Prints medians for a SQLite file in the working directory's file system, and for the database whose
URL is given (`make bench-store URL=postgresql://...`), of which the tables are made. Every call has
a hook instance of its own, and so leaves all of its rows.
"""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import read_request
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.store.call_rows import records
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.spool import Spool
from cds_hooks.store.startup import elsewhere, recorder
from cds_hooks.store.upgrade import upgrade

CHART = Path("fixtures/patients/af-stroke-risk-fires.json")
TOLD_ON = datetime(2026, 3, 15, 12, tzinfo=UTC)
CALLS = 200


def milliseconds(work: Callable[[], object]) -> float:
    """The median of many runs."""
    times = []
    for _ in range(CALLS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000


def answered(service_id: str) -> Answer:
    """What the service answers to the chart, under a hook instance of its own."""
    service = offered(services()[service_id], Settings())
    held = resources(CHART.read_bytes())
    body = hook_body(held, service, hook_instance=str(UUID(int=1)))
    request = replace(read_request(body, service.service.hook), hook_instance=uuid4())
    return respond(service, request, now=TOLD_ON)


def print_costs(name: str, remembering: Recorder, answers: list[Answer]) -> None:
    """What one call's record costs where the database is there, and where it is away."""
    numbers = count()

    def record() -> None:
        number = next(numbers)
        remembering.record(answers[number], Call(name, str(uuid4()), TOLD_ON))

    batch = records(
        answers[0],
        Call("x", "x", TOLD_ON),
        settings=remembering.settings,
        keys=remembering.keys,
    )
    spool = Spool(Path(f"{remembering.settings.spool_file}.away"), room=50_000_000)
    line = msgspec.json.encode(batch)
    print(f"  {name}, {sum(map(len, batch.values()))} rows: {milliseconds(record):.2f} ms")
    print(f"  {name} away, {len(line)} bytes: {milliseconds(partial(spool.append, line)):.2f} ms")
    remembering.store.close()


def main() -> None:
    """Prints the figures for a service with one card, and for all services at once."""
    url = sys.argv[1] if len(sys.argv) > 1 else ""
    for service_id in ("af-stroke-risk", "patient-risks"):
        answers = [answered(service_id) for _ in range(CALLS)]
        print(f"{service_id}: answering {milliseconds(partial(answered, service_id)):.2f} ms, and")
        with TemporaryDirectory(dir=".") as folder:
            settings = elsewhere(StoreSettings(), Path(folder))
            for each in (settings, replace(settings, url=url))[: 2 if url else 1]:
                made = recorder(replace(each, retention_days=36_500, patience_ms=10_000))
                upgrade(made.store)
                print_costs("SQLite" if made.store.embedded else "PostgreSQL", made, answers)


if __name__ == "__main__":
    main()
