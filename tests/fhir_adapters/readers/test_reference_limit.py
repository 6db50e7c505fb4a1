"""The reference limit of a troponin: the one that came with the result, in the concept's unit."""

from typing import Any

import pytest

from tests.fhir_adapters.sent import LOINC, concept, observation, quantity, read


def limit_of(ranges: Any, *, code: str = "67151-1", unit: str = "ng/L") -> float | None:
    """The limit that a result of 30 is read with."""
    sent = observation(concept(code, LOINC), quantity(30, unit)) | {"referenceRange": ranges}
    (measured,) = (each for results in read(sent).measurements.values() for each in results)
    return measured.upper


@pytest.mark.parametrize(
    ("ranges", "upper"),
    [
        ([{"high": {"value": 14, "unit": "ng/L"}}], 14.0),
        ([{"high": {"value": 14}}], 14.0),
        ([{"high": {"value": 0.014, "unit": "ng/mL"}}], 14.0),
        ([{"low": {"value": 0}}], None),
        ([{"text": "< 14"}], 14.0),
        ([{"text": "<=0,014 ng/mL"}], 14.0),
        ([{"text": "0 - 14 ng/L"}], 14.0),
        ([{"text": "0–14"}], 14.0),
        ([{"text": "> 14"}], None),
        ([{"text": "14"}], None),
        ([{"text": "see report"}], None),
        ([{"high": {"value": 0}}], None),
        ([{"high": {"value": 14, "unit": "furlong"}}], None),
        ("broken", None),
        ([], None),
    ],
)
def test_the_upper_limit_is_read_with_its_unit_or_not_at_all(
    ranges: Any, upper: float | None
) -> None:
    assert limit_of(ranges) == upper


def test_a_range_of_another_kind_than_the_normal_one_is_no_limit() -> None:
    kind = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
    treatment = {
        "high": {"value": 500},
        "type": {"coding": [{"system": kind, "code": "treatment"}]},
    }
    normal = {"high": {"value": 14}, "type": {"coding": [{"system": kind, "code": "normal"}]}}
    assert limit_of([treatment, normal]) == 14.0
    assert limit_of([treatment]) is None


def test_a_limit_in_words_is_in_the_unit_of_a_result_in_words() -> None:
    sent = observation(concept("67151-1", LOINC), ..., valueString="1240 ng/L")
    record = read(sent | {"referenceRange": [{"text": "<14"}]})
    assert record.measurements["troponin_t"][0].upper == 14.0


def test_no_other_result_is_read_with_a_limit() -> None:
    assert limit_of([{"high": {"value": 5}}], code="1988-5", unit="mg/L") is None
