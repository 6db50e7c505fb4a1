"""The record as it was: only what was certainly measured before a moment."""

from datetime import UTC, datetime

import pytest

from fhir_adapters.r4.dates import when
from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    PatientRecord,
    Source,
    Standing,
    When,
)
from fhir_adapters.record import RecordedCondition as Condition

MOMENT = datetime(2026, 3, 15, 10, tzinfo=UTC)
SOURCE = Source("Observation/o")


def at(text: str) -> When:
    read = when(text, zone=UTC)
    assert read
    return read[0]


def holding(measured: Measurement, *dropped: Dropped) -> PatientRecord:
    condition = Condition(frozenset({"copd"}), Standing.ACTIVE, SOURCE, recorded=at("2026-03-20"))
    return PatientRecord(None, {"sbp": (measured,)}, (condition,), (), dropped, {})


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-03-15T09:59:59Z", True),
        ("2026-03-15T10:00:00Z", False),
        ("2026-03-15T11:30:00Z", False),
        ("2026-03-14", True),
        ("2026-03-15", False),
    ],
)
def test_only_what_was_certainly_measured_before_is_left(text: str, kept: bool) -> None:
    measured = Measurement("sbp", 120.0, "mm[Hg]", at(text), SOURCE)
    dropped = Dropped(SOURCE, DropCode.STATUS, "cancelled", "sbp", at(text))
    earlier = holding(measured, dropped).before(MOMENT)
    assert earlier.measurements["sbp"] == ((measured,) if kept else ())
    assert earlier.dropped == ((dropped,) if kept else ())


def test_what_was_dropped_without_a_time_is_not_known_to_be_from_before() -> None:
    measured = Measurement("sbp", 120.0, "mm[Hg]", at("2026-03-14"), SOURCE)
    undated = Dropped(SOURCE, DropCode.NO_TIME, "it does not say when", "sbp")
    assert holding(measured, undated).before(MOMENT).dropped == ()


def test_the_problem_list_stays_as_it_is() -> None:
    record = holding(Measurement("sbp", 120.0, "mm[Hg]", at("2026-03-14"), SOURCE))
    assert record.before(MOMENT).conditions == record.conditions
