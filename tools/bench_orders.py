"""How long `medication-safety` takes for 20 draft orders: to decode, read, check and encode.

    python tools/bench_orders.py [CALLS]

Prints the median and the 99th percentile in milliseconds, of order-sign and of order-select.
"""

import sys
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import resources
from cds_hooks.engine.discovery import OfferedService, offered
from cds_hooks.engine.respond import respond
from cds_hooks.engine.service import services
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import Settings
from tests.golden import STORIES_TOLD_ON

CHARTS = Path(__file__).parents[1] / "fixtures" / "patients"
DRAFTS = 20
INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"


def chart() -> list[dict[str, Any]]:
    """The chart of the story that fires, with twenty drafts."""
    held = resources((CHARTS / "medication-safety-fires.json").read_bytes())
    drafts = [each for each in held if each.get("status") == "draft"]
    kept = [each for each in held if each.get("status") != "draft"]
    copies = islice(cycle(drafts), DRAFTS)
    return [*kept, *(each | {"id": f"draft-{number}"} for number, each in enumerate(copies))]


def took(service: OfferedService, body: bytes, calls: int) -> list[float]:
    """The milliseconds of each call, in order."""
    times = []
    for _ in range(calls):
        began = perf_counter()
        request = read_request(body, service.service.hook)
        encode(respond(service, request, now=STORIES_TOLD_ON).response)
        times.append((perf_counter() - began) * 1000)
    return sorted(times)


def main(calls: int) -> None:
    """Prints a line for each of the two services."""
    for id in ("medication-safety", "medication-safety-select"):
        service = offered(services()[id], Settings())
        body = hook_body(chart(), service, hook_instance=INSTANCE)
        took(service, body, 20)
        times = took(service, body, calls)
        p50, p99 = times[calls // 2], times[int(calls * 0.99)]
        print(f"{id}: {DRAFTS} drafts, {calls} calls: median {p50:.2f} ms, p99 {p99:.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
