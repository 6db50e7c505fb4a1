"""Which concept a code names: LOINC first, then national and local codes, never free text."""

import pytest

from fhir_adapters.r4.datatypes import CodeableConcept, Coding
from fhir_adapters.readers.context import Context
from fhir_adapters.record import Note, NoteCode
from fhir_adapters.terminology.codes import Match, first_code, match_coding, match_text
from fhir_adapters.terminology.site import SiteMap
from fhir_adapters.terminology.units import OwnUnit
from fhir_adapters.terminology.value_sets import concepts

CREATININE = concepts()["creatinine"]
SITE = SiteMap(codes={("urn:local", "KREA"): "creatinine"}, text_codes={"s-krea": "creatinine"})
NO_SYSTEM = Note(NoteCode.BY_NAME, "its code came without a code system")
BY_TEXT = Note(NoteCode.BY_NAME, "recognised by its text")


def named(*codings: tuple[str | None, str], text: str | None = None) -> Match | None:
    coding = [Coding(system=system, code=code) for system, code in codings]
    return Context("p1", SITE).match(CodeableConcept(coding=coding, text=text))


@pytest.mark.parametrize(
    "system",
    [
        "http://loinc.org",
        "https://loinc.org",
        "http://loinc.org/",
        " http://loinc.org ",
        "LN",
        "urn:oid:2.16.840.1.113883.6.1",
        "2.16.840.1.113883.6.1",
    ],
)
def test_loinc_is_known_under_its_many_names(system: str) -> None:
    assert named((system, " 2160-0 ")) == Match(CREATININE, "2160-0", "mg/dL", 0)


def test_a_danish_code_is_known() -> None:
    match = named(("urn:oid:1.2.208.176.2.1", "NPU18016"))
    assert match == Match(CREATININE, "NPU18016", "umol/L", 1, own=OwnUnit("umol/L", True))


def test_the_site_names_its_own_codes() -> None:
    assert named(("urn:local", "KREA")) == Match(CREATININE, "KREA", None, 2)
    assert named(("urn:other", "KREA")) is None
    assert named((None, "KREA")) is None


def test_the_site_may_name_a_code_of_a_known_system() -> None:
    site = SiteMap(codes={("http://loinc.org", "2161-8"): "creatinine"})
    coding = Coding(system="http://loinc.org", code="2161-8")
    assert match_coding(coding, site) == Match(CREATININE, "2161-8", None, 2)


@pytest.mark.parametrize("system", [None, "", " "])
def test_a_code_without_system_is_known_if_unmistakable_and_that_is_noted(
    system: str | None,
) -> None:
    assert named((system, "2160-0")) == Match(CREATININE, "2160-0", "mg/dL", 4, (NO_SYSTEM,))
    npu = Match(CREATININE, "NPU18016", "umol/L", 4, (NO_SYSTEM,), OwnUnit("umol/L", True))
    assert named((system, "NPU18016")) == npu


def test_a_code_of_another_system_is_not_taken_for_loinc() -> None:
    assert named(("http://snomed.info/sct", "2160-0")) is None
    assert named(("urn:other", "2160-0")) is None


def test_a_snomed_code_needs_its_system() -> None:
    assert named(("http://snomed.info/sct", "1000731000000107")) == Match(
        CREATININE, "1000731000000107", None, 3
    )
    assert named((None, "1000731000000107")) is None


def test_loinc_is_preferred_then_national_then_local_codes() -> None:
    loinc, npu = ("http://loinc.org", "2160-0"), ("urn:oid:1.2.208.176.2.1", "NPU18016")
    local, bare = ("urn:local", "KREA"), (None, "2160-0")
    snomed = ("http://snomed.info/sct", "1000731000000107")
    for worse, better in ((npu, loinc), (local, npu), (snomed, local), (bare, snomed)):
        match = named(worse, better)
        assert match is not None
        assert match == named(better) == named(better, worse)


def test_any_of_several_codings_is_enough() -> None:
    match = named(("urn:other", "x"), ("http://loinc.org", "2160-0"), ("urn:other", "y"))
    assert match == Match(CREATININE, "2160-0", "mg/dL", 0)


def test_text_is_ignored_unless_the_site_names_it() -> None:
    assert named(text="Creatinine") is None
    assert named(text=" S-Krea ") == Match(CREATININE, "", None, 5, (BY_TEXT,))
    assert match_text("S-KREA", SITE) == Match(CREATININE, "", None, 5, (BY_TEXT,))


def test_a_code_is_preferred_to_text() -> None:
    assert named(("http://loinc.org", "2160-0"), text="s-krea") == named(
        ("http://loinc.org", "2160-0")
    )


def test_no_code_names_nothing() -> None:
    assert Context("p1", SITE).match(None) is None
    assert Context("p1", SITE).match(CodeableConcept()) is None
    assert match_coding(Coding(system="http://loinc.org"), SITE) is None


def test_the_first_code_is_that_of_the_first_coding() -> None:
    assert first_code(CodeableConcept(coding=[Coding(code="a"), Coding(code="b")])) == "a"
    assert first_code(CodeableConcept(coding=[Coding()])) == ""
    assert first_code(CodeableConcept(coding=[])) == ""
    assert first_code(None) == ""
