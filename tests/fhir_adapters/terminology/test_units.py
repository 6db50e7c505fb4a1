import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.terminology.tables import rows
from fhir_adapters.terminology.unit_texts import ucum
from fhir_adapters.terminology.units import (
    OwnUnit,
    UnknownUnit,
    conflicting,
    from_canonical,
    plausible_units,
    to_canonical,
)
from fhir_adapters.terminology.value_sets import concepts, measured_by, unit_hint

CONVERSIONS = rows("conversions")
TESTED = [row for row in CONVERSIONS if row["test_from"]]
NUMERIC = sorted(key for key, concept in concepts().items() if not concept.coded)


def row_id(row: dict[str, str]) -> str:
    return f"{row['concept']}-{row.get('from_unit', '')}"


@pytest.mark.parametrize("row", TESTED, ids=row_id)
def test_every_published_pair_converts(row: dict[str, str]) -> None:
    expected = row["test_to"]
    decimals = len(expected.partition(".")[2])
    converted = to_canonical(concepts()[row["concept"]], float(row["test_from"]), row["from_unit"])
    assert round(converted, decimals) == float(expected)


def test_the_pairs_cover_what_is_dangerous() -> None:
    tested = {(row["concept"], row["from_unit"]) for row in TESTED}
    assert {
        ("creatinine", "umol/L"),
        ("hba1c", "mmol/mol"),
        ("bun", "mmol/L"),
        ("bun", "mg/dL{urea}"),
        ("hemoglobin", "mmol/L"),
        ("uacr", "mg/mmol{creat}"),
        ("platelets", "/uL"),
        ("fio2", "1"),
        ("temperature", "[degF]"),
        ("troponin_t", "ng/mL"),
        ("pao2", "kPa"),
        ("albumin", "g/L"),
        ("alt", "ukat/L"),
        ("ph", "nmol/L"),
    } <= tested


@pytest.mark.parametrize("row", CONVERSIONS, ids=row_id)
def test_every_conversion_is_of_a_numeric_concept_from_a_unit_that_is_recognised(
    row: dict[str, str],
) -> None:
    concept = concepts()[row["concept"]]
    assert not concept.coded
    assert row["from_unit"] != concept.unit
    assert ucum(row["from_unit"], coded=True) is not None
    assert row["source"]


@pytest.mark.parametrize("row", CONVERSIONS, ids=row_id)
def test_recognising_a_unit_as_another_does_not_change_the_value(row: dict[str, str]) -> None:
    concept, sent = concepts()[row["concept"]], row["from_unit"]
    recognised = ucum(sent, coded=True)
    assert recognised is not None
    assert to_canonical(concept, 50.0, recognised) == to_canonical(concept, 50.0, sent)


def test_no_unit_of_a_concept_has_two_conversions() -> None:
    pairs = [(row["concept"], row["from_unit"]) for row in CONVERSIONS]
    assert len(pairs) == len(set(pairs))


@given(st.data())
def test_a_conversion_can_be_undone(data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(CONVERSIONS))
    concept = concepts()[row["concept"]]
    canonical = data.draw(st.floats(concept.low, concept.high).map(lambda x: round(x, 2)))
    value = from_canonical(concept, canonical, row["from_unit"])
    back = to_canonical(concept, value, row["from_unit"])
    assert back == pytest.approx(round(canonical, concept.precision), abs=10**-concept.precision)


@given(st.sampled_from(NUMERIC), st.floats(0.1, 1000))
def test_the_canonical_unit_is_only_rounded(key: str, value: float) -> None:
    concept = concepts()[key]
    assert to_canonical(concept, value, concept.unit) == round(value, concept.precision)
    assert from_canonical(concept, value, concept.unit) == value


@given(st.sampled_from(CONVERSIONS), st.floats(0.5, 500))
def test_a_greater_value_stays_the_greater_one_but_for_hydrogen_ions(
    row: dict[str, str], value: float
) -> None:
    concept, unit = concepts()[row["concept"]], row["from_unit"]
    rises = to_canonical(concept, value * 2, unit) >= to_canonical(concept, value, unit)
    assert rises == ((row["concept"], unit) != ("ph", "nmol/L"))


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("creatinine", "mmol/mol"),
        ("creatinine", "kg"),
        ("sodium", "mg/dL"),
        ("weight", "cm"),
        ("temperature", "mm[Hg]"),
        ("lpa", "mg/dL"),
        ("d_dimer", "ug/L{DDU}"),
        ("d_dimer", "mg/L{DDU}"),
        ("hemoglobin", "10*9/L"),
        ("uacr", "mmol/mol"),
        ("creatinine", ""),
        ("smoking_status", "1"),
        ("smoking_status", ""),
    ],
)
def test_a_unit_that_does_not_measure_the_concept_is_refused(key: str, unit: str) -> None:
    with pytest.raises(UnknownUnit) as refused:
        to_canonical(concepts()[key], 1.0, unit)
    assert (refused.value.concept, refused.value.unit) == (key, unit)
    with pytest.raises(UnknownUnit):
        from_canonical(concepts()[key], 1.0, unit)


def test_urea_nitrogen_is_not_urea() -> None:
    assert to_canonical(concepts()["urea"], 7.0, "mmol/L") == 7.0
    assert to_canonical(concepts()["bun"], 7.0, "mmol/L") == 19.61
    assert to_canonical(concepts()["urea"], 60.06, "mg/dL") == 10.0
    assert to_canonical(concepts()["bun"], 60.06, "mg/dL") == 60.06


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_no_ph_comes_of_hydrogen_ions_that_are_not_there(value: float) -> None:
    assert to_canonical(concepts()["ph"], value, "nmol/L") == math.inf


@pytest.mark.parametrize(
    ("key", "value", "units"),
    [
        ("temperature", 37.0, ("Cel",)),
        ("temperature", 98.6, ("[degF]",)),
        ("temperature", 60.0, ()),
        ("temperature", 310.0, ()),
        ("height", 178.0, ("cm",)),
        ("height", 70.0, ("cm", "[in_i]")),
        ("weight", 70.0, ("kg", "[lb_av]")),
        ("weight", 900.0, ("[lb_av]",)),
        ("fio2", 0.4, ("1",)),
        ("fio2", 40.0, ("%",)),
        ("creatinine", 1.1, ("mg/dL",)),
        ("creatinine", 88.0, ()),
        ("creatinine", 20.0, ()),
        ("inr", 2.5, ("{INR}",)),
        ("ph", 7.4, ("[pH]",)),
        ("ph", 0.0, ()),
        ("heart_rate", 72.0, ("/min",)),
        ("heart_rate", 0.0, ()),
        ("sodium", 140.0, ("mmol/L",)),
        ("platelets", 250.0, ("10*9/L",)),
        ("spo2", 97.0, ("%",)),
        ("smoking_status", 1.0, ()),
    ],
)
def test_a_missing_unit_is_only_what_alone_is_plausible(
    key: str, value: float, units: tuple[str, ...]
) -> None:
    assert plausible_units(concepts()[key], value) == units


@given(st.sampled_from(sorted(concepts())), st.floats(allow_nan=True, allow_infinity=True))
def test_every_unit_that_may_be_meant_makes_the_value_plausible(key: str, value: float) -> None:
    concept = concepts()[key]
    for unit in plausible_units(concept, value):
        assert concept.low <= to_canonical(concept, value, unit) <= concept.high


@pytest.mark.parametrize("row", rows("code_units"), ids=lambda row: row["code"])
def test_a_code_that_says_its_unit_is_read_here_and_its_unit_too(row: dict[str, str]) -> None:
    key = measured_by(row["system"], row["code"])
    assert key is not None
    assert row["source"]
    assert (row["property"] == "") == (row["system"] == "npu")
    assert ucum(row["unit"], coded=True) == row["unit"]
    hint = unit_hint(row["system"], row["code"])
    assert hint in (None, row["unit"])


def test_a_property_leaves_open_which_of_its_units_it_is() -> None:
    molar = OwnUnit("mmol/L", defined=False)
    assert molar.fits(concepts()["glucose"], 28.5)
    assert molar.fits(concepts()["potassium"], 4.1)
    mass = OwnUnit("g/dL", defined=False)
    assert mass.fits(concepts()["hemoglobin"], 9.0)
    assert not mass.fits(concepts()["hemoglobin"], 20.0)
    assert OwnUnit("g/dL", defined=True).fits(concepts()["hemoglobin"], 20.0)


def test_a_number_fits_no_unit_that_does_not_measure_the_concept() -> None:
    assert not OwnUnit("mg/dL", defined=False).fits(concepts()["potassium"], 4.1)


def test_mass_conflicts_with_moles_and_nothing_else_does() -> None:
    assert conflicting("mg/dL", "umol/L")
    assert conflicting("mmol/mol", "%")
    assert not conflicting("mg/dL", "g/L")
    assert not conflicting("mmol/L", "meq/L")
    assert not conflicting(None, "umol/L")
