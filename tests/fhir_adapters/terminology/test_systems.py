import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.terminology.systems import IDENTIFIERS, system_name

SPELLINGS = [
    ("http://loinc.org", "loinc"),
    ("https://loinc.org", "loinc"),
    ("http://loinc.org/", "loinc"),
    ("http://loinc.org ", "loinc"),
    ("HTTP://LOINC.ORG", "loinc"),
    ("http://loinc.org|2.77", "loinc"),
    ("LN", "loinc"),
    ("urn:oid:2.16.840.1.113883.6.1", "loinc"),
    ("2.16.840.1.113883.6.1", "loinc"),
    ("http://snomed.info/sct", "snomed"),
    ("http://snomed.info/sct/554471000005108", "snomed"),
    ("http://snomed.info/sct/900000000000207008/version/20250101", "snomed"),
    ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
    ("http://hl7.org/fhir/sid/icd-10", "icd10"),
    ("http://hl7.org/fhir/sid/icd-10-cm", "icd10"),
    ("http://hl7.org/fhir/sid/icd-10-cm/", "icd10"),
    ("urn:oid:2.16.840.1.113883.6.90", "icd10"),
    ("urn:oid:2.16.840.1.113883.6.3", "icd10"),
    ("ICD10-CM", "icd10"),
    ("ICD-10-GM", "icd10"),
    ("http://hl7.org/fhir/sid/icd-9-cm", "icd9"),
    ("urn:oid:2.16.840.1.113883.6.103", "icd9"),
    ("http://www.loinc.org", "loinc"),
    ("http://fhir.de/CodeSystem/bfarm/atc", "atc"),
    ("http://fhir.de/CodeSystem/dimdi/atc", "atc"),
    ("urn:oid:1.2.208.176.2.4", "sks"),
    ("urn:oid:1.2.208.176.2.1", "npu"),
    ("1.2.208.176.2.1", "npu"),
    ("http://www.nlm.nih.gov/research/umls/rxnorm", "rxnorm"),
    ("urn:oid:2.16.840.1.113883.6.88", "rxnorm"),
    ("http://www.whocc.no/atc", "atc"),
    ("https://www.whocc.no/atc/", "atc"),
    ("urn:oid:2.16.840.1.113883.6.73", "atc"),
    ("http://unitsofmeasure.org", "ucum"),
    ("https://unitsofmeasure.org/", "ucum"),
    ("urn:oid:2.16.840.1.113883.6.8", "ucum"),
]


@pytest.mark.parametrize(("uri", "name"), SPELLINGS)
def test_a_system_is_known_under_the_spellings_of_real_feeds(uri: str, name: str) -> None:
    assert system_name(uri) == name


@pytest.mark.parametrize(
    "uri",
    [
        None,
        "",
        " ",
        "http://example.org/codes",
        "http://loinc.org.example.org",
        "http://snomed.info/sctx",
        "http://hl7.org/fhir/sid/icd-9-cm-procedure",
        "2.16.840.1.113883.6.104",
        "2.16.840.1.113883.6.10",
    ],
)
def test_another_system_has_no_name(uri: str | None) -> None:
    assert system_name(uri) is None


def test_no_identifier_stands_for_two_systems() -> None:
    every = [text for texts in IDENTIFIERS.values() for text in texts]
    assert len(every) == len(set(every))


@given(st.sampled_from(sorted(IDENTIFIERS)), st.sampled_from(["http://", "https://", "urn:oid:"]))
def test_scheme_case_and_slash_do_not_matter(name: str, scheme: str) -> None:
    for text in IDENTIFIERS[name]:
        assert system_name(f" {scheme}{text.upper()}/ ") == name


@given(st.text())
def test_any_text_is_a_known_system_or_none(text: str) -> None:
    assert system_name(text) in {*IDENTIFIERS, None}
