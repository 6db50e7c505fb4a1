"""One laboratory result that was reported in two units counts once."""

import pytest

from fhir_adapters.record import DropCode, Dropped, Source, When
from fhir_adapters.terminology.value_sets import concepts
from tests.fhir_adapters.sent import observation, quantity, read

LATER = "2026-03-15T09:00:00Z"


def ngsp(value: float, **fields: object) -> dict[str, object]:
    return observation("4548-4", quantity(value, "%"), id="ngsp", **fields)


def ifcc(value: float, **fields: object) -> dict[str, object]:
    return observation("59261-8", quantity(value, "mmol/mol"), id="ifcc", **fields)


def test_hba1c_in_per_cent_and_in_mmol_per_mol_is_one_result() -> None:
    record = read(ngsp(7.4), ifcc(57))
    (kept,) = record.measurements["hba1c"]
    assert (kept.value, kept.source.reference) == (7.4, "Observation/ngsp")
    (dropped,) = record.dropped
    assert isinstance(dropped.when, When)
    assert dropped == Dropped(
        Source("Observation/ifcc", "59261-8"),
        DropCode.DUPLICATE,
        "the same result at the same time is recorded in another unit",
        "hba1c",
        dropped.when,
    )


def test_the_order_of_the_two_makes_no_difference() -> None:
    assert read(ifcc(57), ngsp(7.4)) == read(ngsp(7.4), ifcc(57))


def test_two_times_are_two_results() -> None:
    assert len(read(ngsp(7.4), ifcc(57, effectiveDateTime=LATER)).measurements["hba1c"]) == 2


def test_values_that_differ_by_more_than_rounding_are_two_results() -> None:
    assert len(read(ngsp(7.4), ifcc(64)).measurements["hba1c"]) == 2


def test_two_values_in_one_unit_are_two_results() -> None:
    other = observation("17856-6", quantity(7.35, "%"), id="hplc")
    assert len(read(ngsp(7.4), other).measurements["hba1c"]) == 2


def test_a_bound_is_no_second_report_of_a_number() -> None:
    bound = observation("14749-6", quantity(5.5, "mmol/L", comparator=">"), id="o2")
    record = read(observation("2345-7", quantity(99)), bound)
    assert len(record.measurements["glucose"]) == 2


@pytest.mark.parametrize(
    ("code", "value", "unit", "other_code", "other_value", "other_unit"),
    [
        ("2345-7", 99, "mg/dL", "14749-6", 5.5, "mmol/L"),
        ("2160-0", 1.2, "mg/dL", "14682-9", 106, "umol/L"),
        ("718-7", 13.7, "g/dL", "59260-0", 8.5, "mmol/L"),
    ],
)
def test_any_laboratory_result_is_one(
    code: str, value: float, unit: str, other_code: str, other_value: float, other_unit: str
) -> None:
    one = observation(code, quantity(value, unit), id="o1")
    other = observation(other_code, quantity(other_value, other_unit), id="o2")
    (measured,) = read(one, other).measurements.values()
    assert [each.value for each in measured] == [value]


def test_two_temperatures_that_are_near_to_each_other_stay_two() -> None:
    celsius = observation("8310-5", quantity(37.0, "Cel"), id="o1")
    fahrenheit = observation("8310-5", quantity(98.0, "[degF]"), id="o2")
    assert len(read(celsius, fahrenheit).measurements["temperature"]) == 2
    assert concepts()["temperature"].group == "vital"


def test_so_do_two_values_of_ph() -> None:
    scale = observation("2744-1", quantity(7.4, "[pH]"), id="o1")
    ions = observation("2744-1", quantity(50, "nmol/L"), id="o2")
    assert len(read(scale, ions).measurements["ph"]) == 2
