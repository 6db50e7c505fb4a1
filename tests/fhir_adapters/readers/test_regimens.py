"""How much and how often an order says, in mg and times a day, or that it does not say it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.readers.dosage import instructions
from fhir_adapters.readers.regimens import regimen
from fhir_adapters.record import Regimen


def read(*given: dict[str, Any], name: str = "") -> Regimen:
    return regimen(instructions(msgspec.Raw(msgspec.json.encode(each)) for each in given), [name])


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"doseAndRate": [{"doseQuantity": {"value": value, "unit": unit}}]}


def repeat(**fields: Any) -> dict[str, Any]:
    return {"timing": {"repeat": fields}}


@pytest.mark.parametrize(
    ("told", "name", "at_once", "times"),
    [
        ({"text": "500 mg twice daily"}, "", 500, 2),
        ({"text": "1 g every 8 hours"}, "", 1000, 3),
        ({"text": "125 mcg daily"}, "", 0.125, 1),
        ({"text": "take two tablets daily"}, "metformin 500 MG tablet", 1000, 1),
        ({"text": "take two tablets daily"}, "metformin", None, 1),
        ({"text": "15 mg once weekly"}, "", 15, 1 / 7),
        ({"text": "15 mg every Monday"}, "", 15, 1 / 7),
        ({"text": "10 mg twice a week"}, "", 10, 2 / 7),
        ({"text": "as directed"}, "", None, None),
        (quantity(2, "tablets") | repeat(frequency=1, period=1, periodUnit="d"), "x 5 MG", 10, 1),
        (quantity(1, "{pill}") | repeat(frequency=2, period=1, periodUnit="d"), "x 5 MG", 5, 2),
        (quantity(2, "puffs") | repeat(frequency=1, period=1, periodUnit="d"), "x 5 MG", None, 1),
        (quantity(15, "mg") | repeat(frequency=1, period=1, periodUnit="wk"), "", 15, 1 / 7),
        (quantity(15, "mg") | repeat(dayOfWeek=["mon"]), "", 15, 1 / 7),
        (quantity(15, "mg") | repeat(period=1, periodUnit="d", dayOfWeek=["mon"]), "", 15, 1 / 7),
        (quantity(5, "mg") | repeat(timeOfDay=["08:00:00", "20:00:00"]), "", 5, 2),
    ],
)
def test_a_regimen_is_what_the_order_says(
    told: dict[str, Any], name: str, at_once: float | None, times: float | None
) -> None:
    found = read(told, name=name)
    assert found.at_once == (None if at_once is None else pytest.approx(at_once))
    assert found.times == (None if times is None else pytest.approx(times))


def test_what_is_taken_a_day_needs_both() -> None:
    assert read({"text": "500 mg twice daily"}).a_day == 1000
    assert read({"text": "500 mg"}).a_day is None


def test_a_dose_that_changes_is_not_known() -> None:
    assert read({"text": "5 mg daily"}, {"text": "10 mg nightly"}).at_once is None


def test_the_strength_of_a_combination_is_not_that_of_one_drug() -> None:
    name = "sulfamethoxazole 400 MG / trimethoprim 80 MG Oral Tablet"
    assert read({"text": "one tablet daily"}, name=name).at_once is None


@given(st.text(max_size=60), st.text(max_size=40))
def test_any_text_may_be_an_instruction(text: str, name: str) -> None:
    found = read({"text": text}, name=name)
    assert found.times is None or found.times > 0
