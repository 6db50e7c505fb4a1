"""What recording a call costs: Python calls, of all threads, and bytes in the database."""

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from uuid import uuid4

import pytest
from sqlalchemy import Connection

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
from cds_hooks.store import startup
from cds_hooks.store.recorder import Recorder
from tests import stores
from tests.charts import NOW
from tests.golden import FIXTURES

CHART = FIXTURES / "patients" / "af-stroke-risk-fires.json"
MOST_CALLS = 250
MOST_BYTES = 6_000
WARM, MEASURED = 5, 100


def answered(service: str, chart: Path = CHART) -> Answer:
    """What the service answers to the chart, under a hook instance of its own."""
    asked, held = offered(services()[service], Settings()), resources(chart.read_bytes())
    body = hook_body(held, asked, hook_instance=str(uuid4()))
    return respond(asked, read_request(body, asked.service.hook), now=NOW)


@pytest.fixture
def remembering(sqlite_settings: StoreSettings) -> Recorder:
    return startup.recorder(sqlite_settings, stores.ENVIRONMENT)


def calls_of(work: Callable[[], object], warm: Callable[[], object]) -> int:
    """How many Python functions the work calls, in threads that `warm` begins as well."""
    count = 0

    def see(_: FrameType, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    threading.setprofile(see)
    try:
        warm()
        count = 0
        sys.setprofile(see)
        work()
        sys.setprofile(None)
        return count
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="counted on Python 3.11")
def test_a_warm_call_is_recorded_in_few_python_calls(
    remembering: Recorder, record_property: Callable[[str, object], None]
) -> None:
    made = [answered("af-stroke-risk") for _ in range(WARM + 1)]
    calls = [Call("demo", str(uuid4()), NOW) for _ in made]

    def warm() -> None:
        for answer, call in zip(made[:WARM], calls, strict=False):
            remembering.record(answer, call)

    count = calls_of(lambda: remembering.record(made[-1], calls[-1]), warm)
    record_property("Python calls to record a call of af-stroke-risk", count)
    assert count <= MOST_CALLS


def test_a_call_of_every_service_at_once_takes_few_bytes(
    remembering: Recorder, record_property: Callable[[str, object], None]
) -> None:
    def size(connection: Connection) -> int:
        pages, free, each = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * each)

    before = remembering.store.within(10, size)
    for _ in range(MEASURED):
        remembering.record(answered("patient-risks"), Call("demo", str(uuid4()), NOW))
    grown = (remembering.store.within(10, size) - before) / MEASURED
    record_property("bytes of a call of patient-risks, indexes included", round(grown))
    assert grown <= MOST_BYTES
