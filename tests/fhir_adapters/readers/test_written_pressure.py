"""A blood pressure in one text is read as a panel where it is one, and listed where it is not."""

import pytest

from fhir_adapters.record import DropCode, NoteCode, Source
from tests.fhir_adapters.sent import dropped, observation, pressure, quantity, read


def written(text: str, code: str = "85354-9", **fields: object) -> dict[str, object]:
    return observation(code, ..., valueString=text, **fields)


@pytest.mark.parametrize("code", ["85354-9", "55284-4", "35094-2", "96607-7"])
@pytest.mark.parametrize(
    "text", ["182/95", " 182 / 95 ", "182/95 mmHg", "182/95mm[Hg]", "182/95 mm Hg"]
)
def test_two_numbers_with_a_slash_are_systolic_and_diastolic(text: str, code: str) -> None:
    record = read(written(text, code))
    values = {name: found[0].value for name, found in record.measurements.items()}
    assert values == {"sbp": 182, "dbp": 95}
    systolic = record.measurements["sbp"][0]
    assert systolic.source == Source("Observation/o1", code)
    assert [note.code for note in systolic.notes] == [NoteCode.PARSED]
    assert record.dropped == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "95/182",
        "120/120",
        "182-95",
        "182/95/110",
        "182/95 (sitting)",
        "182/95 kPa",
        "24/12 kPa",
        "182",
        "about 182/95",
        "182/95, 178/92",
        "18.2/9.5",
        "1820/95",
        "182/095",
        "not taken",
        "١٨٢/٩٥",
        "182/95".ljust(41),
    ],
)
def test_any_other_text_is_listed_as_not_read(text: str) -> None:
    reason = dropped(written(text))
    assert reason.code is DropCode.UNREADABLE_TEXT
    assert reason.text == "its text is not a blood pressure"


def test_a_value_beyond_the_plausible_range_is_listed_for_itself() -> None:
    record = read(written("450/95"))
    assert [each.value for each in record.measurements["dbp"]] == [95]
    assert [(each.concept, each.code) for each in record.dropped] == [("sbp", DropCode.IMPLAUSIBLE)]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_a_withdrawn_one_is_not_used(status: str) -> None:
    record = read(written("182/95", status=status))
    assert record.measurements == {}
    assert {each.code for each in record.dropped} == {DropCode.STATUS}


def test_components_count_and_the_text_beside_them_does_not() -> None:
    record = read(pressure(182, 95) | {"valueString": "120/80"})
    values = {name: found[0].value for name, found in record.measurements.items()}
    assert values == {"sbp": 182, "dbp": 95}


@pytest.mark.parametrize("code", ["8716-3", "85353-1"])
def test_a_panel_of_all_vital_signs_holds_more_than_a_pressure(code: str) -> None:
    assert dropped(written("182/95", code)).code is DropCode.UNREADABLE_TEXT


def test_a_number_as_the_value_of_a_panel_is_listed() -> None:
    reason = dropped(observation("85354-9", quantity(182, "mm[Hg]")))
    assert (reason.code, reason.text) == (
        DropCode.VALUE_TYPE,
        "the value of a panel cannot be used",
    )


def test_the_text_of_a_systolic_pressure_alone_is_not_two() -> None:
    assert dropped(written("182/95", "8480-6")).code is DropCode.UNREADABLE_TEXT
