"""Genotypes: a phenotype that is stated or in CPIC's tables, with status and date, else none."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.readers.read import read_record
from fhir_adapters.record import NoteCode, PatientRecord
from fhir_adapters.terminology.site import SiteMap

LOINC = "http://loinc.org"
HGNC = "http://www.genenames.org"
Json = dict[str, Any]


def code(of: str, system: str = LOINC) -> Json:
    return {"coding": [{"system": system, "code": of}]}


def part(of: str, value: Json) -> Json:
    return {"code": code(of), "valueCodeableConcept": value}


def gene(symbol: str, **coding: Any) -> Json:
    return part("48018-6", {"coding": [{"system": HGNC, "display": symbol} | coding]})


def observation(of: str, value: Json | None, *components: Json, **fields: Any) -> Json:
    made = {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": code(of),
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-05-01",
        "component": list(components) or None,
    }
    return made | ({"valueCodeableConcept": value} if value else {}) | fields


def record(*resources: Json) -> PatientRecord:
    entries = [{"resource": each} for each in resources]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    given = {"genomics": msgspec.json.encode(bundle)}
    return read_record(given, patient_id="p1", asked={"genomics": 100}, site=SiteMap())


def read(resource: Json) -> dict[str, object]:
    return {name: found[0].value for name, found in record(resource).measurements.items() if found}


def test_a_genotype_of_the_guide_is_read_by_its_gene_and_diplotype() -> None:
    found = record(observation("84413-4", {"text": "*2/*2"}, gene("CYP2C19")))
    (one,) = found.measurements["cyp2c19_phenotype"]
    assert (one.value, one.when.text) == ("poor", "2024-05-01")
    assert [note.text for note in one.notes if note.code is NoteCode.DERIVED]


def test_a_gene_is_read_by_its_hgnc_id_too() -> None:
    resource = observation("84413-4", {"text": "*2/*2"}, gene("", code="HGNC:2621"))
    assert read(resource) == {"cyp2c19_phenotype": "poor"}


def test_a_stated_phenotype_needs_no_table() -> None:
    implied = part("53040-2", {"text": "Poor metabolizer"})
    resource = observation("51963-7", None, gene("CYP2D6"), implied)
    assert read(resource) == {"cyp2d6_phenotype": "poor"}


@pytest.mark.parametrize("known", ["LA9657-3"])
def test_a_laboratorys_own_code_is_read_by_loincs_answers(known: str) -> None:
    assert read(observation("79714-2", code(known))) == {"cyp2c19_phenotype": "poor"}


@pytest.mark.parametrize("text", ["*2/*12", "*4/*4 not detected", "see report", "*99/*2"])
def test_what_no_table_gives_is_dropped_and_said(text: str) -> None:
    found = record(observation("84413-4", {"text": text}, gene("CYP2C19")))
    assert not any(found.measurements.values())
    (dropped,) = found.dropped
    assert "phenotype is not stated" in dropped.text


def test_a_genotype_without_its_gene_says_nothing() -> None:
    assert read(observation("84413-4", {"text": "*2/*2"})) == {}
    assert read(observation("84413-4", {"text": "*2/*2"}, gene("BRCA1"))) == {}


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_one_that_does_not_hold_is_not_used(status: str) -> None:
    assert read(observation("79714-2", code("LA9657-3"), status=status)) == {}


def test_one_of_another_patient_is_not_used() -> None:
    other = {"reference": "Patient/p2"}
    assert read(observation("79714-2", code("LA9657-3"), subject=other)) == {}


@given(st.text(max_size=60), st.sampled_from(["CYP2C19", "HLA-B", "RYR1", "x"]))
def test_any_text_is_read_or_dropped(text: str, symbol: str) -> None:
    record(observation("84413-4", {"text": text}, gene(symbol)))
