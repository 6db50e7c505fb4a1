"""Services run at once: each as if it were alone, and none at the cost of another."""

from collections.abc import Callable, Iterator
from threading import Event
from time import monotonic
from typing import Any, NoReturn

import pytest
import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.evaluation import evaluate
from cds_hooks.engine.gathering import MOST_AT_ONCE, evaluated, gather
from cds_hooks.engine.patient import Assessed
from cds_hooks.engine.service import Present, Service, service, services
from cds_hooks.protocol.cards import Card, Source
from tests.cds_hooks.engine.evaluated import chart
from tests.charts import (
    ALL_LIVE,
    ATRIAL_FIBRILLATION,
    HYPERTENSION,
    Resource,
    patient,
    problem,
    result,
)

GATHERING = services()["patient-risks"]
SECRET = "SECRET of the patient"
SOON = 0.05
"""Seconds that a test waits for what never comes."""


def _chart(*resources: Resource, **prefetch: Any) -> Chart:
    return chart("patient-risks", *resources, **prefetch)


def _service(id: str, present: Present) -> Service:
    return service(id, title=id, usage_requirements="Needs nothing.")(present)


def _says(summary: str) -> Present:
    def present(_: Assessed) -> Iterator[Card]:
        """Says it."""
        yield Card(summary=summary, indicator="info", source=Source(label="A test"))

    return present


def _raises(_: Assessed) -> NoReturn:
    """Raises with what nobody may read."""
    raise ZeroDivisionError(SECRET)


def _waits(released: Event) -> Present:
    def present(_: Assessed) -> Iterator[Card]:
        """Waits."""
        released.wait()
        yield from ()

    return present


@pytest.fixture
def hanging() -> Iterator[Callable[[str], Service]]:
    """Makes services that hang until the test is over."""
    over = Event()
    yield lambda id: _service(id, _waits(over))
    over.set()


def test_each_is_evaluated_as_if_it_were_alone_and_in_order() -> None:
    held = _chart(
        patient(), result("potassium", 6.4), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION)
    )
    parts = GATHERING.parts(ALL_LIVE)
    found = evaluated(parts, held, until=monotonic() + 60)
    assert [each.service for each in found] == list(parts)
    assert [each.findings for each in found] == [evaluate(each, held).findings for each in parts]
    assert sum(bool(each.findings) for each in found) == 2


def test_one_that_raises_is_said_as_failed_and_the_others_answer() -> None:
    parts = (_service("raising", _raises), _service("saying", _says("Hello")))
    with capture_logs() as logs:
        failed, said = evaluated(parts, _chart(patient()), until=monotonic() + 60)
    assert (failed.unanswered, failed.findings) == ("failed", ())
    assert (said.unanswered, said.findings[0].card.summary) == ("", "Hello")
    (entry,) = logs
    assert (entry["service"], entry["exception"]) == ("raising", "ZeroDivisionError")
    assert entry["at"].startswith(f"{__name__}:")
    assert SECRET not in repr(logs)


def test_what_is_logged_of_and_in_each_is_known_as_the_calls(
    hanging: Callable[[str], Service],
) -> None:
    def telling(_: Assessed) -> Iterator[Card]:
        """Logs in its thread."""
        structlog.get_logger().warning("library")
        yield from ()

    parts = (hanging("still"), _service("telling", telling), _service("raised", _raises))
    with bound_contextvars(correlation="c"), capture_logs([merge_contextvars]) as logs:
        evaluated(parts, _chart(patient()), until=monotonic() + 2)
    assert sorted(each["event"] for each in logs) == ["failed", "late", "library"]
    assert {each["correlation"] for each in logs} == {"c"}


def test_one_that_is_too_slow_is_said_as_late_and_not_waited_for(
    hanging: Callable[[str], Service],
) -> None:
    parts = (hanging("slow"), _service("quick", _says("Hello")))
    with capture_logs() as logs:
        late, said = evaluated(parts, _chart(patient()), until=monotonic() + 2)
    assert (late.unanswered, said.unanswered) == ("late", "")
    assert [(each["event"], each["service"]) for each in logs] == [("late", "slow")]


def test_one_that_hangs_for_ever_uses_up_its_own_threads_only(
    hanging: Callable[[str], Service],
) -> None:
    held, slow, quick = _chart(patient()), hanging("hung"), _service("swift", _says("Hello"))
    for _ in range(MOST_AT_ONCE + 1):
        (late,) = evaluated((slow,), held, until=monotonic() + SOON)
        assert late.unanswered == "late"
    (said,) = evaluated((quick,), held, until=monotonic() + 60)
    assert said.findings


def test_a_part_whose_own_required_key_is_missing_says_so() -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]}
    held = _chart(patient(), problem(ATRIAL_FIBRILLATION), conditions=outcome)
    (found,) = evaluated((services()["af-stroke-risk"],), held, until=monotonic() + 60)
    assert [each.text for each in found.reasons] == ["needs conditions, which is unavailable"]
    assert found.findings == ()


def test_a_service_that_gathers_nothing_runs_nothing() -> None:
    assert (
        gather(offered(services()["lab-safety"], ALL_LIVE), _chart(patient()), began=monotonic())
        == ()
    )


def test_nothing_is_gathered_for_the_deceased() -> None:
    held = _chart(patient(deceasedBoolean=True), result("potassium", 6.4))
    assert gather(offered(GATHERING, ALL_LIVE), held, began=monotonic()) == ()
