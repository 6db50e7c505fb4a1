from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from cds_hooks.engine.service import services
from cds_hooks.metrics import NO_SERVICE, CallCount, CallMetrics
from cds_hooks.settings.settings import demo_settings
from cds_hooks.web.counting import count_calls
from tests import stores
from tests.test_canaries import IDS, OF_THE_PATIENT, SITE, exercise

LABELS = {"service", "status", "disposition", "kept", "le"}


def samples(registry: CollectorRegistry) -> Mapping[tuple[str, ...], float]:
    """Each time series by its name and the values of its labels."""
    return {
        (each.name, *each.labels.values()): each.value
        for family in registry.collect()
        for each in family.samples
        if not each.name.endswith(("_created", "_bucket"))
    }


def test_a_call_is_counted_with_its_status_time_cards_and_record() -> None:
    registry = CollectorRegistry()
    CallMetrics(registry).count(
        CallCount("lab-safety", 200, 0.03, shown=2, withheld=1, recorded=True)
    )
    assert samples(registry) == {
        ("cds_hooks_requests_total", "lab-safety", "200"): 1,
        ("cds_hooks_request_duration_seconds_count", "lab-safety"): 1,
        ("cds_hooks_request_duration_seconds_sum", "lab-safety"): 0.03,
        ("cds_hooks_cards_total", "lab-safety", "shown"): 2,
        ("cds_hooks_cards_total", "lab-safety", "withheld"): 1,
        ("cds_hooks_records_total", "database"): 1,
    }


def test_a_record_that_is_not_in_the_database_is_counted_by_where_it_is() -> None:
    registry = CollectorRegistry()
    counting = CallMetrics(registry)
    for record in ("waiting", "late", "lost"):
        counting.count(CallCount("lab-safety", 200, 0.03, recorded=True, record=record))
    found = samples(registry)
    assert [found["cds_hooks_records_total", each] for each in ("spool", "late", "lost")] == [1] * 3


def test_feedback_that_was_refused_counts_no_outcome() -> None:
    registry = CollectorRegistry()
    counting = CallMetrics(registry)
    for status in (200, 503):
        counting.count(CallCount("lab-safety", status, 0.03, outcomes=3))
    assert samples(registry)["cds_hooks_feedback_outcomes_total", "lab-safety"] == 3


def test_whatever_is_sent_labels_are_of_fixed_lists_and_hold_nothing_of_a_patient() -> None:
    registry, recorder = CollectorRegistry(), stores.recorder()
    app = stores.served(SITE, recorder)
    count_calls(app, CallMetrics(registry))
    exercise(app.test_client(), ("lab-safety",))
    found = [each for family in registry.collect() for each in family.samples]
    assert {label for each in found for label in each.labels} == LABELS
    named = {each.labels["service"] for each in found if "service" in each.labels}
    assert named <= {*services(), NO_SERVICE}
    assert "lab-safety" in named
    said = " ".join(value for each in found for value in each.labels.values())
    assert not [name for name, secret in (OF_THE_PATIENT | IDS).items() if secret in said]


def test_pages_and_health_are_not_counted() -> None:
    registry = CollectorRegistry()
    app = stores.served(demo_settings())
    count_calls(app, CallMetrics(registry))
    client = app.test_client()
    assert [client.get(each).status_code for each in ("/", "/livez", "/readyz")] == [200] * 3
    assert samples(registry) == {}
