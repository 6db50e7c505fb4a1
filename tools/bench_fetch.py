"""Times calls that must fetch everything while the FHIR server fails: `make bench-fetch`.

For each fault the server, a process of its own, answers one request in two with that fault and the
others well. Four callers at once, as a worker has threads, ask the service that gathers all others.
Prints p50, p99 and the longest, in milliseconds, and how many calls were answered with cards: the
others lacked the Patient, without whom that service cannot begin.
"""

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from logging import CRITICAL
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

import structlog
from msgspec.structs import replace

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.fhir_client.fetch import Fetcher
from cds_hooks.protocol.errors import PreconditionFailed
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.settings import Settings
from tests.charts import NOW, shipped
from tests.fhir_server import FAULTS, PAGING, Fault, serving, well

CHART = Path("fixtures/patients/af-stroke-risk-fires.json")
SERVICE = "patient-risks"
CALLS = 200
CALLERS = 4
SEED = 6
GOAL = 550
# No breaker: each call is to meet the fault, not the memory of it.
FETCHING = replace(Settings().fetch, failures=1_000)
FAULTY = {"none": well, **FAULTS, **PAGING}


def serve(name: str, told: Connection) -> None:
    """Serves until the other side is closed; tells its base URL."""
    chance = random.Random(SEED)  # noqa: S311 - which half fails is no secret

    def fault(_: str) -> Fault:
        return FAULTY[name] if chance.random() < 0.5 else well

    with serving(CHART.read_bytes(), fault, by_path=True) as chart:
        told.send(chart.base)
        told.recv()


@contextmanager
def serving_elsewhere(name: str) -> Iterator[str]:
    """The base URL of such a server in a process of its own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(name, theirs))
    process.start()
    yield ours.recv()
    ours.send("enough")
    process.join()


def asking(base: str) -> HookRequest[Context]:
    """A call that sends nothing but a token."""
    service = offered(services()[SERVICE], Settings())
    body = hook_body(resources(CHART.read_bytes()), service, hook_instance=str(uuid4()))
    token = {"access_token": "bench", "token_type": "Bearer", "expires_in": 300}
    read = read_request(body)
    granted = read_request(encode({**_sent(read), "fhirServer": base, "fhirAuthorization": token}))
    return replace(granted, prefetch={})


def _sent(read: HookRequest[Context]) -> dict[str, object]:
    context = {"patientId": read.context.patient_id, "userId": "Practitioner/bench"}
    return {"hook": read.hook, "hookInstance": str(read.hook_instance), "context": context}


def timed(call: Callable[[], bool], _: int) -> tuple[float, bool]:
    """Milliseconds, and whether there were cards."""
    began = time.monotonic()
    shown = call()
    return (time.monotonic() - began) * 1000, shown


def called(fetcher: Fetcher, server: FhirServer, request: HookRequest[Context]) -> bool:
    """Answers one call, to the bytes."""
    fetch = fetcher.for_call((server,), began=time.monotonic())
    settings = Settings()
    try:
        answer = respond(
            offered(services()[SERVICE], settings), request, now=NOW, models=shipped(), fetch=fetch
        )
    except PreconditionFailed:
        return False
    return bool(encode(answer.response) and answer.response.cards)


def measured(name: str) -> str:
    """One line of the table."""
    with serving_elsewhere(name) as base:
        server = FhirServer(base=base, private=True, plain_http=True)
        call = partial(called, Fetcher(FETCHING), server, asking(base))
        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(partial(timed, call), range(CALLERS)))
            results = list(callers.map(partial(timed, call), range(CALLS)))
    times = sorted(each for each, _ in results)
    p99 = statistics.quantiles(times, n=100)[98]
    shown = sum(shown for _, shown in results)
    figures = f"{statistics.median(times):7.0f}{p99:7.0f}{times[-1]:7.0f}{shown:8}"
    return f"{name:22}{figures}{'' if p99 <= GOAL else '  beyond the goal'}"


def main() -> None:
    """Prints a line for each fault."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(CRITICAL))
    shipped()
    print(f"deadline {Settings().fetch.deadline_ms} ms, goal p99 <= {GOAL} ms, {CALLS} calls each")
    print(f"{'fault on every second':22}{'p50':>7}{'p99':>7}{'most':>7}{'cards':>8}")
    for name in FAULTY:
        print(measured(name), flush=True)


if __name__ == "__main__":
    main()
