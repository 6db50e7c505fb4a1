"""Urine and serum share component names: what was examined must not contradict the code."""

from typing import Any

import pytest

from fhir_adapters.record import DropCode
from tests.fhir_adapters.sent import (
    SNOMED,
    concept,
    dropped,
    measured,
    observation,
    quantity,
    read,
)

OTHERS = ["CSF", "Pleural fluid", "ascites", "sputum", "Stool", "saliva", "dialysate", "synovial"]


def of(code: str, unit: str, specimen: str) -> dict[str, Any]:
    return observation(code, quantity(10, unit), specimen={"display": specimen})


@pytest.mark.parametrize("specimen", ["Urine", "24 h urine", "urin", "Urinary sample", *OTHERS])
def test_a_specimen_in_words_that_contradicts_a_blood_test_drops_it(specimen: str) -> None:
    reason = dropped(of("2160-0", "mg/dL", specimen))
    assert reason.code is DropCode.SPECIMEN
    assert reason.text == "its specimen is not the one its code is of"
    assert reason.concept == "creatinine"


@pytest.mark.parametrize(
    "specimen", ["peritoneal fluid", "cerebrospinal fluid", "ascitic", "sweat", "feces", "faeces"]
)
def test_and_other_fluids(specimen: str) -> None:
    assert dropped(of("2823-3", "mmol/L", specimen)).code is DropCode.SPECIMEN


@pytest.mark.parametrize("specimen", ["Serum", "blood", "Venous blood", "Purine", ""])
def test_a_blood_specimen_does_not(specimen: str) -> None:
    assert measured(of("2160-0", "mg/dL", specimen)).value == 10


@pytest.mark.parametrize("specimen", ["Serum", "plasma", "Whole blood", "Blod", "CSF"])
def test_a_urine_test_of_blood_is_dropped(specimen: str) -> None:
    assert dropped(of("9318-7", "mg/g{creat}", specimen)).code is DropCode.SPECIMEN


def test_a_urine_test_of_urine_is_used() -> None:
    assert measured(of("9318-7", "mg/g{creat}", "Urine")).value == 10


@pytest.mark.parametrize(("code", "unit"), [("2703-7", "mm[Hg]"), ("2019-8", "mm[Hg]")])
def test_arterial_gases_of_venous_blood_are_dropped(code: str, unit: str) -> None:
    venous = observation(code, quantity(40, unit), specimen={"display": "Venous blood"})
    assert dropped(venous).code is DropCode.SPECIMEN
    arterial = observation(code, quantity(40, unit), specimen={"display": "Arterial blood"})
    assert measured(arterial).value == 40
    urine = observation(code, quantity(40, unit), specimen={"display": "Urine"})
    assert dropped(urine).code is DropCode.SPECIMEN


def test_vital_signs_have_no_specimen_to_contradict() -> None:
    assert measured(of("8867-4", "/min", "urine")).value == 10


@pytest.mark.parametrize("type_", [{"text": "Urine"}, {"coding": [{"display": "Urine"}]}])
def test_a_contained_specimen_is_looked_into(type_: dict[str, Any]) -> None:
    contained: list[object] = [
        {"resourceType": "Device", "id": "s1"},
        {"resourceType": "Specimen", "id": "s1", "type": type_},
        {"resourceType": "Specimen", "id": "s2", "type": {"text": "Serum"}},
    ]
    urine = observation(contained=contained, specimen={"reference": "#s1"})
    assert dropped(urine).code is DropCode.SPECIMEN
    serum = observation(contained=contained, specimen={"reference": "#s2"})
    assert measured(serum).value == 1.0


def test_either_word_of_a_specimen_is_enough() -> None:
    contained = [{"resourceType": "Specimen", "id": "s1", "type": {"text": "Serum"}}]
    specimen = {"reference": "#s1", "display": "Urine"}
    sent = observation(contained=contained, specimen=specimen)
    assert dropped(sent).code is DropCode.SPECIMEN


def test_a_specimen_elsewhere_or_without_type_says_nothing() -> None:
    assert measured(observation(specimen={"reference": "Specimen/s1"})).value == 1.0
    bare = [{"resourceType": "Specimen", "id": "s1"}]
    assert measured(observation(contained=bare, specimen={"reference": "#s1"})).value == 1.0


V2_0487 = "http://terminology.hl7.org/CodeSystem/v2-0487"


@pytest.mark.parametrize(
    "type_",
    [
        {"coding": [{"system": SNOMED, "code": "122575003", "display": "Urine specimen"}]},
        {"coding": [{"system": SNOMED, "code": "122575003"}]},
        {"coding": [{"system": V2_0487, "code": "UR"}]},
        {"coding": [{"system": "http://hl7.org/fhir/v2/0487", "code": "CSF"}]},
        {"text": "Urine"},
    ],
)
@pytest.mark.parametrize("reference", ["Specimen/s1", "https://ehr.example/fhir/Specimen/s1"])
def test_a_specimen_elsewhere_is_looked_at_by_word_or_code(type_: Any, reference: str) -> None:
    specimen = {"resourceType": "Specimen", "id": "s1", "type": type_}
    glucose = observation("2345-7", 600, specimen={"reference": reference})
    record = read(glucose, specimen)
    assert record.measurements == {}
    assert [each.code for each in record.dropped] == [DropCode.SPECIMEN]
    assert read(glucose).measurements  # sent without its specimen, it is what its code says


@pytest.mark.parametrize("code", ["119364003", "119361006", "119297000"])
def test_a_specimen_of_blood_is_the_right_one(code: str) -> None:
    specimen = {"resourceType": "Specimen", "id": "s1", "type": concept(code, SNOMED)}
    glucose = observation("2345-7", 600, specimen={"reference": "Specimen/s1"})
    assert read(glucose, {"resource": specimen, "search": {"mode": "include"}}).measurements
