"""What facts have in common: time, and what it means that nothing was found."""

from datetime import UTC, datetime, timedelta

from fhir_adapters.facts.fact import day
from fhir_adapters.record import When


def test_the_day_is_the_date_as_it_was_written() -> None:
    at = datetime(2026, 3, 15, 23, 30, tzinfo=UTC)
    assert day(When(at, at, "2026-03-16T00:30:00+01:00")) == "2026-03-16"
    assert day(When(at, at + timedelta(hours=1), "2026")) == "2026"
    assert day(When(at, at)) == "2026-03-15"
