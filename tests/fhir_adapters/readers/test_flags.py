"""A result that came without a number and is flagged: what it stands for, and what it does not."""

from typing import Any

import pytest

from fhir_adapters.record import DropCode, Dropped
from tests.fhir_adapters.sent import concept, observation, quantity, read

POTASSIUM, GLUCOSE, CREATININE = "2823-3", "41653-7", "2160-0"


def dropped(code: str, **fields: Any) -> Dropped:
    (found,) = read(observation(code, ..., **fields)).dropped
    return found


def interpreted(code: str) -> list[dict[str, Any]]:
    return [concept(code, "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation")]


@pytest.mark.parametrize(("flag", "value"), [("HH", 12.0), ("LL", 1.0), (">", 12.0), ("<", 1.0)])
def test_a_critical_flag_without_a_number_stands_for_the_end_of_the_range(
    flag: str, value: float
) -> None:
    found = dropped(POTASSIUM, interpretation=interpreted(flag))
    assert (found.code, found.flag, found.value) == (DropCode.ABSENT, flag, value)


@pytest.mark.parametrize("flag", ["H", "L", "N", "A"])
def test_a_flag_that_is_not_critical_stands_for_nothing(flag: str) -> None:
    assert dropped(POTASSIUM, interpretation=interpreted(flag)).flag == ""


@pytest.mark.parametrize(("word", "value"), [("LO", 10.0), (" hi ", 2000.0)])
def test_a_glucose_meter_beyond_its_range_says_so_in_a_word(word: str, value: float) -> None:
    found = dropped(GLUCOSE, valueString=word)
    assert (found.flag, found.value) == (word.strip().upper(), value)
    assert dropped(POTASSIUM, valueString=word).flag == ""


def test_the_interpretation_of_a_panel_says_nothing_of_its_parts() -> None:
    absent = concept("unknown", "http://terminology.hl7.org/CodeSystem/data-absent-reason")
    part = {"code": concept(POTASSIUM), "dataAbsentReason": absent}
    panel = observation("51990-0", ..., component=[part], interpretation=interpreted("HH"))
    assert [each.flag for each in read(panel).dropped] == [""]


def test_a_number_goes_before_its_flag() -> None:
    record = read(observation(CREATININE, quantity(1.0), interpretation=interpreted("HH")))
    assert record.dropped == ()
