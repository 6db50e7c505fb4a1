"""Every threshold that calls for help is read as the same value in each code and each unit."""

from collections.abc import Iterator

import pytest

from cds_hooks.clinical.lab_rules import RULES
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.units import (
    conflicting,
    from_canonical,
    own_unit,
    to_canonical,
)
from fhir_adapters.terminology.value_sets import Concept, codes_of, concepts
from predictors.predictor import Kind
from predictors.scores import news2
from tests.fhir_adapters.sent import LOINC, SNOMED, concept, observation, quantity, read

SYSTEMS = {"loinc": LOINC, "npu": "urn:oid:1.2.208.176.2.1", "snomed": SNOMED}
NEWS2 = {
    "resp_rate": news2.RESP_RATE,
    "spo2": (*news2.SPO2_SCALE_1, *news2.SPO2_SCALE_2_ON_OXYGEN),
    "sbp": news2.SBP,
    "heart_rate": news2.HEART_RATE,
    "temperature": news2.TEMPERATURE,
    "fio2": ((21.0, 0),),
    "o2_flow": ((0.0, 0),),
}


def _thresholds() -> Iterator[tuple[str, float]]:
    for limit in RULES.limits.values():
        yield limit.concept, to_canonical(concepts()[limit.concept], limit.limit, limit.unit)
    yield "egfr", RULES.metformin.limit
    for name, bands in NEWS2.items():
        yield from ((name, edge) for edge, _ in bands if edge != news2.MOST)


def _units(name: str) -> tuple[str, ...]:
    accepted = (row["from_unit"] for row in rows("conversions") if row["concept"] == name)
    return (concepts()[name].unit, *accepted)


def _contradicts(code: tuple[str, str], measured: Concept, value: float, unit: str) -> bool:
    """Whether a number in a unit could as well be in another one, which its code says."""
    own = own_unit(*code)
    return own is not None and conflicting(own.unit, unit) and own.holds(measured, value)


CASES = [
    pytest.param(name, edge, code, unit, id=f"{name}-{edge:g}-{code[1]}-{unit}")
    for name, edge in sorted(set(_thresholds()))
    for code in codes_of(name)
    for unit in _units(name)
]


@pytest.mark.parametrize(("name", "edge", "code", "unit"), CASES)
def test_a_threshold_is_the_same_value_in_every_code_and_unit(
    name: str, edge: float, code: tuple[str, str], unit: str
) -> None:
    measured = concepts()[name]
    value = from_canonical(measured, edge, unit)
    sent = observation(concept(code[1], SYSTEMS[code[0]]), quantity(value, unit))
    record = read(sent)
    if _contradicts(code, measured, value, unit):
        assert record.measurements == {}
        assert [each.code for each in record.dropped] == [DropCode.UNKNOWN_UNIT]
        return
    (result,) = record.measurements[name]
    assert result.value == pytest.approx(edge, abs=0.5 * 10**-measured.precision)
    assert record.dropped == ()


def test_every_vital_sign_that_the_early_warning_score_counts_is_walked() -> None:
    asked = {each.name for each in news2.news2.inputs if each.kind is Kind.VALUE}
    assert asked == set(NEWS2)
