"""Which drug it is, by name or code."""

import pytest

from fhir_adapters.terminology.ingredients import ingredients, is_prolonged


@pytest.mark.parametrize(
    ("name", "code", "expected"),
    [
        ("Zestril 20 mg", "", {"lisinopril"}),
        ("lisinopril 10 MG Oral Tablet", "314076", {"lisinopril"}),
        ("", "29046", {"lisinopril"}),
        ("", "C09AA03", {"C09AA03"}),
        ("hydrochlorothiazide 12.5 MG / losartan 50 MG", "", {"hydrochlorothiazide", "losartan"}),
        ("something", "", set()),
    ],
)
def test_a_drug_is_named_by_its_ingredients(name: str, code: str, expected: set[str]) -> None:
    assert ingredients(name, code) == expected


@pytest.mark.parametrize(
    ("name", "prolonged"),
    [
        ("oxycodone extended release 20 mg", True),
        ("morphine sulfate 30 MG 12 HR tablet", True),
        ("fentanyl patch", True),
        ("oxycodone 5 mg", False),
        ("meropenem 1 g", False),
    ],
)
def test_a_form_that_acts_for_long_is_told_by_the_name(name: str, prolonged: bool) -> None:
    assert is_prolonged(name) is prolonged
