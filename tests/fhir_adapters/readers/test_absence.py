"""Codes that stand in the place of content: none, nothing known, or not shown."""

from typing import Any

import pytest
from msgspec import convert

from fhir_adapters.r4.datatypes import CodeableConcept, Meta
from fhir_adapters.r4.unusable import Unusable
from fhir_adapters.readers.absence import check_content, check_whole
from fhir_adapters.record import DropCode
from fhir_adapters.terminology.tables import rows

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
LABEL = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"


def said(**concept: Any) -> DropCode | None:
    try:
        check_content(convert(concept, CodeableConcept))
    except Unusable as refused:
        return refused.code
    return None


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


@pytest.mark.parametrize("what", ["problems", "medications", "allergies", "procedures", "devices"])
def test_that_there_is_none_is_a_statement_of_none(what: str) -> None:
    assert said(**coded(IPS, f"no-known-{what}")) is DropCode.NEGATED
    assert said(**coded(f"{IPS}|1.1.0", f" No-Known-{what} ")) is DropCode.NEGATED


@pytest.mark.parametrize("what", ["problem", "medication", "allergy", "procedure", "device"])
def test_that_nothing_is_known_is_no_statement_of_none(what: str) -> None:
    assert said(**coded(IPS, f"no-{what}-info")) is DropCode.NO_INFORMATION


def test_a_reason_for_an_absent_value_is_masked_or_no_information() -> None:
    assert said(**coded(ABSENT, "masked")) is DropCode.MASKED
    assert said(**coded(ABSENT, "unknown")) is DropCode.NO_INFORMATION
    null_flavor = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
    assert said(**coded(null_flavor, "MSK")) is DropCode.MASKED
    assert said(**coded(null_flavor, "UNK")) is DropCode.NO_INFORMATION


def test_an_extension_may_give_the_reason() -> None:
    reason = [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked"}
    ]
    assert said(extension=reason) is DropCode.MASKED
    assert said(coding=[{"extension": reason}]) is DropCode.MASKED
    assert said(extension=[{"url": "urn:other", "valueCode": "masked"}]) is None


@pytest.mark.parametrize(
    "concept",
    [
        coded("http://snomed.info/sct", "44054006"),
        coded("urn:local", "no-known-problems"),
        coded(IPS, "something-else"),
        coded(IPS, ""),
        {"text": "No known problems"},
        {},
    ],
)
def test_anything_else_is_content(concept: dict[str, Any]) -> None:
    assert said(**concept) is None
    check_content(None)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("SUBSETTED", DropCode.PARTS_LEFT_OUT),
        ("REDACTED", DropCode.MASKED),
        ("MASKED", DropCode.MASKED),
    ],
)
def test_a_resource_that_is_not_whole_is_refused(code: str, why: DropCode) -> None:
    with pytest.raises(Unusable) as refused:
        check_whole(convert({"tag": [{"system": LABEL, "code": code}]}, Meta))
    assert refused.value.code is why


def test_other_labels_leave_it_whole() -> None:
    check_whole(None)
    check_whole(Meta())
    check_whole(convert({"security": [{"system": LABEL, "code": "R"}]}, Meta))


def test_every_row_names_its_source() -> None:
    for row in rows("absence_codes"):
        assert row["says"] in ("none", "no-information", "masked")
        assert "http" in row["source"]
        assert row["system"] == row["system"].lower()
