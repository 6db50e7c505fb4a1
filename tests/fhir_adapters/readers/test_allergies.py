"""Allergies: what they are to, how sure and how severe, and which count as none."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.facts import facts
from fhir_adapters.readers.read import read_record
from fhir_adapters.record import DropCode, Dropped, NoteCode, PatientRecord, RecordedAllergy
from fhir_adapters.terminology.site import SiteMap

SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
MINE = {"reference": "Patient/p1"}


def coded(code: str, display: str = "", system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code, "display": display or None}]}


def allergy(code: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
    made = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": code,
        "patient": MINE,
    }
    return made | fields


def record(*resources: dict[str, Any]) -> PatientRecord:
    entries = [{"resource": each} for each in resources]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    given = {"allergies": msgspec.json.encode(bundle)}
    return read_record(given, patient_id="p1", asked={"allergies": 100}, site=SiteMap())


def read(resource: dict[str, Any]) -> RecordedAllergy | Dropped:
    found = record(resource)
    return found.allergies[0] if found.allergies else found.dropped[0]


@pytest.mark.parametrize(
    ("code", "classes", "ingredients"),
    [
        (coded("373270004"), {"penicillin"}, set()),
        (
            coded("763875007", "Product containing sulfonamide"),
            {"sulfonamide_antibacterial"},
            set(),
        ),
        (coded("723", "amoxicillin", RXNORM), set(), {"amoxicillin"}),
        (coded("723", system=RXNORM), set(), {"amoxicillin"}),
        (coded("372687004", "Amoxicillin"), set(), {"amoxicillin"}),
        ({"text": "Allergy to ibuprofen"}, set(), {"ibuprofen"}),
        ({"text": "NSAIDs"}, {"nsaid"}, set()),
        ({"text": "Sulfa drugs"}, {"sulfonamide_antibacterial"}, set()),
    ],
)
def test_an_allergy_is_to_a_single_drug_or_to_a_class_that_it_names(
    code: dict[str, Any], classes: set[str], ingredients: set[str]
) -> None:
    found = read(allergy(code))
    assert isinstance(found, RecordedAllergy)
    assert found.classes == classes
    assert found.ingredients == ingredients


def test_what_only_a_reaction_names_counts_too() -> None:
    reaction = [{"substance": {"text": "penicillin"}, "severity": "severe"}]
    found = read(allergy({"text": "antibiotic"}, reaction=reaction))
    assert isinstance(found, RecordedAllergy)
    assert ("penicillin" in found.classes, found.severe) == (True, True)


@pytest.mark.parametrize(
    ("fields", "severe"),
    [
        ({"criticality": "high"}, True),
        ({"criticality": "low"}, False),
        ({"criticality": "CRITH"}, True),
        ({"reaction": [{"severity": "severe"}, {"severity": "mild"}]}, True),
        ({"reaction": [{"severity": "moderate"}]}, False),
        ({}, False),
    ],
)
def test_it_is_severe_by_a_reaction_or_by_the_risk_of_the_next(
    fields: dict[str, Any], severe: bool
) -> None:
    found = read(allergy({"text": "penicillin"}, **fields))
    assert isinstance(found, RecordedAllergy)
    assert found.severe is severe


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"verificationStatus": {"coding": [{"code": "refuted"}]}}, DropCode.REFUTED),
        ({"verificationStatus": {"coding": [{"code": "entered-in-error"}]}}, DropCode.STATUS),
        ({"clinicalStatus": {"coding": [{"code": "resolved"}]}}, DropCode.STATUS),
        ({"clinicalStatus": "inactive"}, DropCode.STATUS),
        ({"patient": {"reference": "Patient/p2"}}, DropCode.WRONG_PATIENT),
        ({"code": coded("716186003", "No known allergy")}, DropCode.NEGATED),
        ({"code": coded("no-known-allergies", system=IPS)}, DropCode.NEGATED),
        ({"code": {"text": "NKDA"}}, DropCode.NEGATED),
        ({"code": coded("no-allergy-info", system=IPS)}, DropCode.NO_INFORMATION),
        ({"code": {"text": "peanut"}, "category": ["food"]}, DropCode.OTHER_DRUG),
        ({"code": {"text": "something"}}, DropCode.TEXT_ONLY),
        ({"code": coded("999999990989121104", "something")}, DropCode.UNKNOWN_CODE),
        ({"code": None}, DropCode.NO_CODE),
    ],
)
def test_why_an_allergy_is_not_used_is_told(fields: dict[str, Any], cause: DropCode) -> None:
    found = read(allergy({"text": "penicillin"}) | fields)
    assert isinstance(found, Dropped)
    assert found.code is cause


def test_an_unconfirmed_one_counts_and_is_not_certain() -> None:
    status = {"coding": [{"code": "unconfirmed"}]}
    found = read(allergy({"text": "penicillin"}, verificationStatus=status))
    assert isinstance(found, RecordedAllergy)
    assert not found.certain


def test_that_none_is_known_is_a_claim_only_where_every_entry_was_placed() -> None:
    none = facts.allergies(record(allergy(coded("716186003"))))
    assert (none.value, none.notes) == (False, ())
    unplaced = facts.allergies(record(allergy({"text": "something"})))
    assert [note.code for note in unplaced.notes] == [NoteCode.MAY_BE_RECORDED]


def test_a_list_that_was_not_given_proves_nothing() -> None:
    nothing = read_record({}, patient_id="p1", asked={"allergies": 100}, site=SiteMap())
    assert facts.allergies(nothing).alternatives == (False, True)


@given(st.dictionaries(st.sampled_from(["code", "category", "reaction", "type"]), st.text()))
def test_any_resource_may_be_an_allergy(fields: dict[str, Any]) -> None:
    record(allergy({"text": "penicillin"}) | fields)
