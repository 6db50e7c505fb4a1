"""BMI and mean arterial pressure, where what they are computed from is newer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.facts.fact import Fact, State
from fhir_adapters.facts.facts import latest
from fhir_adapters.record import Note, NoteCode
from tests.fhir_adapters.sent import observation, pressure, quantity, read

AS_OF = datetime(2026, 3, 15, 12, tzinfo=UTC)
BMI = Note(NoteCode.DERIVED, "computed from weight and height")
MAP = Note(NoteCode.DERIVED, "computed from systolic and diastolic pressure")


def weight(value: float = 81, at: str = "2026-03-10", **fields: Any) -> dict[str, Any]:
    sent = quantity(value, "kg", **fields)
    return observation("29463-7", sent, id=f"w{at}{value}", effectiveDateTime=at)


def height(value: float = 180, at: str = "2026-03-10", **fields: Any) -> dict[str, Any]:
    sent = quantity(value, "cm", **fields)
    return observation("8302-2", sent, id=f"h{at}{value}", effectiveDateTime=at)


def bmi(value: float, at: str) -> dict[str, Any]:
    return observation("39156-5", quantity(value, "kg/m2"), id="bmi", effectiveDateTime=at)


def mean_pressure(value: float, at: str) -> dict[str, Any]:
    return observation("8478-0", quantity(value, "mm[Hg]"), id="map", effectiveDateTime=at)


def bp(systolic: float, diastolic: float, at: str, **fields: Any) -> dict[str, Any]:
    return pressure(systolic, diastolic, id=f"bp{at}", effectiveDateTime=at, **fields)


def body_mass(*resources: dict[str, Any]) -> Fact:
    return latest(read(*resources), "bmi", unit="kg/m2", window="chronic", as_of=AS_OF)


def arterial(*resources: dict[str, Any]) -> Fact:
    return latest(read(*resources), "map", unit="mm[Hg]", window="acute", as_of=AS_OF)


def test_bmi_is_computed_where_none_is_recorded() -> None:
    record = read(weight(), height())
    basis = record.measurements["weight"] + record.measurements["height"]
    assert body_mass(weight(), height()) == Fact(
        "bmi", State.KNOWN, unit="kg/m2", value=25.0, basis=basis, notes=(BMI,)
    )


def test_bmi_is_rounded_to_its_precision() -> None:
    assert body_mass(weight(70), height(177)).value == 22.344


def test_it_is_computed_anew_where_weight_and_height_are_both_newer() -> None:
    assert body_mass(weight(), height(), bmi(30, "2026-03-09")).value == 25.0


@pytest.mark.parametrize(
    ("weighed", "measured"), [("2026-03-10", "2026-03-08"), ("2026-03-08", "2026-03-10")]
)
def test_else_the_recorded_one_counts(weighed: str, measured: str) -> None:
    fact = body_mass(weight(at=weighed), height(at=measured), bmi(30, "2026-03-09"))
    assert (fact.value, fact.notes) == (30, ())


def test_a_recorded_one_of_the_same_day_counts() -> None:
    assert body_mass(weight(), height(), bmi(30, "2026-03-10")).value == 30


def test_it_is_computed_from_the_newest_weight_and_height() -> None:
    old = weight(60, "2026-01-01"), height(150, "2026-01-01")
    assert body_mass(*old, weight(), height()).value == 25.0


@pytest.mark.parametrize("resources", [[weight()], [height()], []])
def test_it_takes_both(resources: list[dict[str, Any]]) -> None:
    assert body_mass(*resources).value is None


def test_it_takes_exact_values() -> None:
    assert body_mass(weight(comparator=">"), height()).value is None
    assert body_mass(weight(), height(comparator="<")).value is None


def test_each_part_has_its_own_look_back() -> None:
    assert body_mass(weight(), height(at="2023-01-01")).value == 25.0
    assert body_mass(weight(at="2023-01-01"), height()).value is None


def test_remarks_on_the_parts_are_passed_on() -> None:
    sent = observation("29463-7", quantity(81000, "g"), id="w", effectiveDateTime="2026-03-10")
    note = Note(NoteCode.CONVERTED, "converted from 81000 g")
    assert body_mass(sent, height()).notes == (BMI, note)


def test_the_same_remark_on_both_parts_is_said_once() -> None:
    early = [each | {"status": "preliminary"} for each in (weight(), height())]
    preliminary = Note(NoteCode.PRELIMINARY, "preliminary result")
    assert body_mass(*early).notes == (BMI, preliminary)


def test_map_is_computed_where_none_is_recorded() -> None:
    resources = bp(120, 75, "2026-03-15T08:00:00Z"), bp(100, 60, "2026-03-15T07:00:00Z")
    fact = arterial(*resources)
    record = read(*resources)
    assert fact == Fact(
        "map",
        State.KNOWN,
        unit="mm[Hg]",
        value=90.0,
        basis=(record.measurements["sbp"][0], record.measurements["dbp"][0]),
        notes=(MAP,),
    )


def test_map_is_rounded_to_its_precision() -> None:
    assert arterial(bp(121, 75, "2026-03-15T08:00:00Z")).value == 90.33


def test_map_is_computed_from_one_instant_only() -> None:
    systolic = observation("8480-6", quantity(150, "mm[Hg]"), id="s")
    systolic["effectiveDateTime"] = "2026-03-15T09:00:00Z"
    assert arterial(bp(120, 75, "2026-03-15T08:00:00Z"), systolic).value == 90.0
    diastolic = observation("8462-4", quantity(75, "mm[Hg]"), id="d")
    assert arterial(systolic, diastolic).value is None


def test_a_newer_recorded_map_counts() -> None:
    pressure_at_8 = bp(120, 75, "2026-03-15T08:00:00Z")
    assert arterial(pressure_at_8, mean_pressure(70, "2026-03-15T09:00:00Z")).value == 70
    assert arterial(pressure_at_8, mean_pressure(70, "2026-03-15T08:00:00Z")).value == 70
    assert arterial(pressure_at_8, mean_pressure(70, "2026-03-15T07:00:00Z")).value == 90.0


def test_of_two_pressures_at_one_instant_the_preferred_is_used() -> None:
    other = bp(180, 120, "2026-03-15T08:00:00Z", status="preliminary") | {"id": "z"}
    assert arterial(bp(120, 75, "2026-03-15T08:00:00Z"), other).value == 90.0


def test_nothing_else_is_computed() -> None:
    record = read(weight(), height())
    assert latest(record, "waist", unit="cm", window="chronic", as_of=AS_OF).value is None
