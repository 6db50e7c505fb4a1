"""Results that are open at a discharge: critical and not repeated, or not there yet."""

from tests.cds_hooks.services.discharges import STAY
from tests.charts import TODAY, Resource, ask, patient, result

BEFORE, AFTER = "2026-03-14T08:00:00Z", "2026-03-15T10:00:00Z"


def told(*chart: Resource) -> list[str]:
    """The summaries of the cards."""
    cards = ask("discharge-results", patient(), STAY, *chart)["cards"]
    return [each["summary"] for each in cards]


def registered(concept: str, at: str = TODAY, **fields: object) -> Resource:
    """A result that is asked for and not there."""
    asked = {**result(concept, 1.0, at), "status": "registered", **fields}
    del asked["valueQuantity"]
    return asked


def test_a_critical_result_is_told_until_it_is_repeated() -> None:
    high = result("potassium", 6.7, BEFORE)
    assert "not repeated since" in told(high)[0]
    assert told(high, result("potassium", 4.5)) == []


def test_a_registered_result_is_pending_until_it_is_there() -> None:
    assert told(registered("potassium")) == ["Pending at discharge: Potassium"]
    assert told(registered("potassium"), result("potassium", 4.4, AFTER)) == []


def test_what_was_cancelled_or_is_of_another_patient_or_long_ago_is_not_waited_for() -> None:
    cancelled = registered("potassium", status="cancelled")
    foreign = registered("potassium", subject={"reference": "Patient/other"})
    old = registered("potassium", "2026-02-01T08:00:00Z")
    assert told(cancelled) == told(foreign) == told(old) == []


def test_drugs_are_left_to_the_discharge_medication() -> None:
    cards = ask("discharge-results", patient(), STAY, result("creatinine", 3.0))["cards"]
    assert all("etformin" not in each["summary"] for each in cards)
