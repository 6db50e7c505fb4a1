"""How much of a drug is taken at once, and how often, by structure or in words."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, convert

from fhir_adapters.r4.datatypes import NOTHING, Quantity
from fhir_adapters.readers.dosage import Dispense, Dose, dispense, dose, duration, instructions
from fhir_adapters.terminology.tables import rows


def read(*each: Any, names: tuple[str, ...] = ()) -> Dose | None:
    return dose(instructions([Raw(json.dumps(one).encode()) for one in each]), names)


def amount(value: float, **fields: Any) -> dict[str, Any]:
    return {"doseAndRate": [{"doseQuantity": {"value": value} | fields}]}


def repeat(**fields: Any) -> dict[str, Any]:
    return {"timing": {"repeat": fields}}


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (amount(40, unit="mg"), (40, "mg")),
        (amount(0.04, code="g"), (40, "mg")),
        (amount(4000, code="[iU]"), (4000, "[iU]")),
        (amount(4000, unit="units"), (4000, "[iU]")),
        ({"doseQuantity": {"value": 40, "unit": "mg"}}, (40, "mg")),
        ({"text": "inject 40 mg under the skin"}, (40, "mg")),
        ({"text": "5,000 units"}, (5000, "[iU]")),
        ({"text": "2,5 mg"}, (2.5, "mg")),
        ({"text": "4000 IE"}, (4000, "[iU]")),
    ],
)
def test_a_dose_is_read_in_milligrams_or_international_units(
    sent: dict[str, Any], found: tuple[float, str]
) -> None:
    read_dose = read(sent)
    assert read_dose is not None
    assert (read_dose.amount, read_dose.unit) == found


@pytest.mark.parametrize(
    "sent", [amount(1), amount(1, unit="tablet"), amount(5, unit="mL"), {}, {"text": "100 mg/mL"}]
)
def test_a_count_a_volume_and_a_concentration_are_no_dose(sent: dict[str, Any]) -> None:
    assert read(sent) is None


@pytest.mark.parametrize(
    ("sent", "times"),
    [
        (repeat(frequency=1, period=1, periodUnit="d"), 1),
        (repeat(frequency=2, period=1, periodUnit="d"), 2),
        (repeat(period=12, periodUnit="h"), 2),
        (repeat(frequency=1, period=1, periodUnit="wk"), 1 / 7),
        ({"timing": {"code": {"text": "BID"}}}, 2),
        ({"timing": {"code": {"coding": [{"code": "TID"}]}}}, 3),
        ({"text": "once daily"}, 1),
        ({"text": "every 8 hours"}, 3),
        ({"text": "as directed"}, None),
        (repeat(frequency=2), None),
        (repeat(period=0, periodUnit="d"), None),
        ({}, None),
    ],
)
def test_the_times_a_day_are_read(sent: dict[str, Any], times: float | None) -> None:
    found = read(amount(40, unit="mg") | sent)
    assert found is not None
    assert found.times == (times if times is None else pytest.approx(times))


def test_a_strength_in_the_name_is_the_last_resort() -> None:
    assert read({"text": "once daily"}, names=("enoxaparin 40 mg",)) == Dose(40, "mg", 1)
    assert read(amount(20, unit="mg"), names=("enoxaparin 40 mg",)) == Dose(20, "mg", None)
    syringe = "0.4 ML enoxaparin sodium 100 MG/ML Prefilled Syringe"
    assert read(names=(syringe,)) == Dose(40, "mg", None)
    assert read(names=("enoxaparin 40 mg once daily",)) == Dose(40, "mg", 1)
    assert read(names=("enoxaparin", "")) is None


def test_an_instruction_that_cannot_be_read_costs_only_itself() -> None:
    assert read(7, {"timing": "x"}, amount(40, unit="mg")) == Dose(40, "mg", None)
    assert instructions(None) == []
    assert dispense(NOTHING) == dispense(Raw(b"7")) == Dispense()


@pytest.mark.parametrize(
    ("sent", "days"),
    [
        ({"value": 5, "code": "d"}, 5),
        ({"value": 2, "unit": "Weeks"}, 14),
        ({"value": 12, "code": "h"}, 0.5),
        ({"value": 1, "unit": "parsec"}, None),
        ({"value": -1, "code": "d"}, None),
        ({"value": 1e300, "code": "d"}, None),
        ({"code": "d"}, None),
    ],
)
def test_a_duration_is_a_number_of_days_or_none(sent: dict[str, Any], days: float | None) -> None:
    expected = None if days is None else timedelta(days=days)
    assert duration(convert(sent, Quantity)) == expected
    assert duration(None) is None


def test_how_often_is_a_whole_number_of_times() -> None:
    often = [row for row in rows("drug_words") if row["kind"] == "often"]
    assert all(1 <= int(row["value"]) <= 4 for row in often)
    assert len({row["words"] for row in often}) == len(often)


@given(st.text())
def test_no_text_raises(text: str) -> None:
    read({"text": text}, names=(text,))
