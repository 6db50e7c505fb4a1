"""Every coding of a status counts, and the safest of their meanings wins."""

from itertools import permutations
from typing import Any

import pytest
from msgspec import convert

from fhir_adapters.r4.datatypes import CodeableConcept
from fhir_adapters.readers.statuses import meaning
from fhir_adapters.record import DropCode, Standing
from fhir_adapters.terminology.tables import rows
from tests.fhir_adapters.sent import ICD10, SNOMED, condition, dropped, read

HL7 = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
KBV = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT"
CERTAINTY = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"


def coded(*codes: tuple[str | None, str]) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code} for system, code in codes]}


def means(status: str, *codes: tuple[str | None, str]) -> str:
    return meaning(status, convert(coded(*codes), CodeableConcept))


@pytest.mark.parametrize(
    ("status", "safest", "others"),
    [
        ("verification", "entered-in-error", ["refuted", "provisional", "confirmed"]),
        ("verification", "refuted", ["provisional", "unconfirmed", "confirmed"]),
        ("verification", "unconfirmed", ["confirmed"]),
        ("adherence", "not-taking", ["on-hold", "unknown", "taking"]),
        ("adherence", "on-hold", ["unknown", "taking"]),
        ("medication", "stopped", ["on-hold", "unknown", "active"]),
    ],
)
def test_the_safest_wins_wherever_it_stands(status: str, safest: str, others: list[str]) -> None:
    alone = means(status, (HL7, safest))
    for order in permutations([safest, *others]):
        assert means(status, *((HL7, code) for code in order)) == alone


@pytest.mark.parametrize("past", ["resolved", "remission", "inactive"])
def test_what_is_over_in_one_coding_is_over(past: str) -> None:
    assert means("clinical", (None, "active"), (None, past)) == "history"
    assert means("clinical", (SNOMED, "413322009"), (None, "active")) == "history"
    assert means("clinical", (SNOMED, "55561003")) == "active"


def test_codes_of_no_known_meaning_say_nothing_and_the_text_is_the_last_resort() -> None:
    assert means("verification", (SNOMED, "1"), (None, "confirmed")) == "confirmed"
    assert means("verification", (SNOMED, "1")) == ""
    concept = convert({"coding": [{"code": "x"}], "text": "Refuted"}, CodeableConcept)
    assert meaning("verification", concept) == "refuted"
    assert meaning("verification", None) == ""
    assert meaning("verification", " Entered in error ") == "entered-in-error"


def test_every_row_of_the_table_is_a_meaning_with_one_rank_and_a_source() -> None:
    ranks: dict[tuple[str, str], str] = {}
    for row in rows("statuses"):
        assert ranks.setdefault((row["status"], row["means"]), row["rank"]) == row["rank"]
        assert row["source"].partition("http")[1]
    for row in rows("certainty"):
        assert (row["status"], row["means"]) in ranks
        assert row["source"].partition("http")[1]


@pytest.mark.parametrize("absent", ["410516002", "410594000", "723511001"])
def test_known_absent_beside_or_without_refuted_is_refuted(absent: str) -> None:
    both = condition(verificationStatus=coded((SNOMED, absent), (HL7, "refuted")))
    assert dropped(both).code is DropCode.REFUTED
    assert dropped(condition(verificationStatus=coded((SNOMED, absent)))).code is DropCode.REFUTED


def test_a_suspicion_in_snomed_is_one() -> None:
    (found,) = read(condition(verificationStatus=coded((SNOMED, "415684004")))).conditions
    assert found.standing is Standing.SUSPECTED


def german(letter: str, *, on: str) -> dict[str, Any]:
    """A type 2 diabetes in ICD-10-GM, with its certainty on the coding, the code or itself."""
    extension = [{"url": CERTAINTY, "valueCoding": {"system": KBV, "code": letter}}]
    coding: dict[str, Any] = {"system": ICD10, "code": "E11.9"}
    code: dict[str, Any] = {"coding": [coding]}
    sent = condition(code, clinicalStatus=..., verificationStatus=...)
    {"coding": coding, "code": code, "condition": sent}[on]["extension"] = extension
    return sent


@pytest.mark.parametrize("on", ["coding", "code", "condition"])
def test_the_certainty_of_a_german_diagnosis_is_read_wherever_it_stands(on: str) -> None:
    assert dropped(german("A", on=on)).code is DropCode.REFUTED
    standings = {"V": Standing.SUSPECTED, "Z": Standing.HISTORY, "G": Standing.ACTIVE}
    for letter, standing in standings.items():
        (found,) = read(german(letter, on=on)).conditions
        assert found.standing is standing


def test_it_may_be_of_an_older_version_or_a_plain_code_and_never_outweighs_a_status() -> None:
    sent = german("A", on="condition")
    sent["extension"] = [{"url": f"{CERTAINTY}/0.2", "valueCode": "A"}]
    assert dropped(sent).code is DropCode.REFUTED
    sent = german("G", on="coding") | {"verificationStatus": coded((HL7, "refuted"))}
    assert dropped(sent).code is DropCode.REFUTED
    sent = german("A", on="coding") | {"verificationStatus": coded((HL7, "confirmed"))}
    assert dropped(sent).code is DropCode.REFUTED
    other = german("A", on="condition")
    other["extension"] = [{"url": "urn:other", "valueCode": "A"}]
    assert read(other).conditions


def test_a_danish_observation_for_a_disease_is_a_suspicion_of_it() -> None:
    sks = "urn:oid:1.2.208.176.2.4"
    codings = [{"system": sks, "code": "DZ038E"}, {"system": sks, "code": "DE119"}]
    (found,) = read(condition({"coding": codings})).conditions
    assert (found.standing, "diabetes_t2" in found.concepts) == (Standing.SUSPECTED, True)
    alone = dropped(condition({"coding": codings[:1]}))
    assert alone.code is DropCode.NO_KNOWN_CODE
