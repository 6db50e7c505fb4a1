"""UCUM codes that are in no table: another writing of one of our units, or not recognised."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.terminology import ucum_codes
from fhir_adapters.terminology.ucum_codes import same_unit


@pytest.mark.parametrize(
    ("code", "unit"),
    [
        ("mg.dL-1", "mg/dL"),
        ("cg/L", "mg/dL"),
        ("umol/mL", "mmol/L"),
        ("mol/m3", "mmol/L"),
        ("mmol/(L)", "mmol/L"),
        ("ueq/mL", "meq/L"),
        ("/nL", "10*9/L"),
        ("10*3.uL-1", "10*9/L"),
        ("mU/mL", "U/L"),
        ("nkat/L", "nkat/L"),
        ("kg.m-2", "kg/m2"),
        ("cm3", "mL"),
    ],
)
def test_another_writing_of_a_unit_is_that_unit(code: str, unit: str) -> None:
    assert same_unit(code) == unit


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("Mg/dL", "mega"),
        ("ng/ML", "mega"),
        ("Gg/L", "giga"),
        ("hPa", "hecto"),
        ("meq/mL", "a size of none of ours"),
        ("mmol/s/L", "an amount in a time is no catalytic activity"),
        ("k[IU]/mL", "an arbitrary unit is no number of cells"),
        ("mmol/mol", "a ratio of what is not told"),
        ("mg/g", "a ratio of what is not told"),
        ("Cel", "a scale with a zero of its own"),
        ("mmol/L{urea}", "an annotation"),
        ("10*999/L", "a number that takes long"),
        ("m.m.m.m.m.m", "more signs than any unit has"),
        ("mg/dl/", "not UCUM"),
        ("", "nothing"),
        ("mg / dL", "a space"),
    ],
)
def test_any_other_code_is_not_recognised(code: str, why: str) -> None:
    assert same_unit(code) is None, why


def test_an_equivalent_is_not_a_mole() -> None:
    assert same_unit("ueq/mL") == "meq/L"
    assert same_unit("umol/mL") == "mmol/L"


SIZES = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1, "": 0, "k": 3}


@given(st.sampled_from([*SIZES]), st.sampled_from([*SIZES]), st.sampled_from(["g", "mol"]))
@settings(deadline=None)
def test_a_concentration_is_recognised_only_as_one_of_the_same_size(
    above: str, below: str, symbol: str
) -> None:
    found = same_unit(f"{above}{symbol}/{below}L")
    if found is not None:
        part, volume = found.split("/")
        size = SIZES[part.removesuffix(symbol)] - SIZES[volume.removesuffix("L")]
        assert size == SIZES[above] - SIZES[below]


def test_loading_leaves_nothing_to_load() -> None:
    ucum_codes.load()
    before = ucum_codes._parser.cache_info().misses
    assert same_unit("mg.dL-1") == "mg/dL"
    assert ucum_codes._parser.cache_info().misses == before
