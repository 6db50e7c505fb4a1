"""The record as a whole: every key, any order, one patient."""

import itertools
import json
from typing import Any

import pytest

from fhir_adapters.readers.read import WrongPatient, read_record
from fhir_adapters.record import Availability, DropCode, Dropped, Person, Source
from fhir_adapters.terminology.site import SiteMap
from tests.fhir_adapters.sent import (
    KEYS,
    condition,
    observation,
    order,
    patient,
    pressure,
    quantity,
    read,
    searchset,
)

CHART = [
    patient(),
    observation(),
    observation("2823-3", quantity(4.1, "mmol/L"), id="o2"),
    observation("2823-3", quantity(4.4, "mmol/L"), id="o3"),
    observation("2823-3", quantity(4.4, "mmol/L"), id="o4", status="preliminary"),
    observation("2823-3", quantity(4.0, "mmol/L"), id="o5", effectiveDateTime="2026-03-16"),
    observation("1-1", id="o6"),
    pressure(120, 80, id="o7"),
    condition(),
    condition("38341003", id="c2"),
    condition("38341003", id=..., onsetDateTime="2019"),
    condition("38341003", id=..., onsetDateTime="2018"),
    condition("38341003", id="c4", verificationStatus="refuted"),
    order(),
    order("A10BA02", id="m2"),
    order("B01AF02", id=...),
]


def test_a_resource_counts_by_its_type_in_whatever_key_it_came() -> None:
    record = read(
        patient=searchset(order()),
        vitals=searchset(condition()),
        conditions=searchset(observation()),
        medications=json.dumps(patient()).encode(),
    )
    assert isinstance(record.person, Person)
    assert list(record.measurements) == ["creatinine"]
    assert len(record.conditions) == len(record.medications) == 1
    assert record.dropped == ()


def test_the_order_of_resources_makes_no_difference() -> None:
    expected = read(*CHART)
    assert read(*reversed(CHART)) == expected
    for start in range(len(CHART)):
        assert read(*CHART[start:], *CHART[:start]) == expected


def test_nor_do_the_keys_they_came_in() -> None:
    expected = read(*CHART)
    for one, other in itertools.permutations(KEYS[1:], 2):
        half = {one: searchset(*CHART[::2]), other: searchset(*CHART[1::2])}
        given = dict.fromkeys(KEYS, b"null") | half
        asked = dict.fromkeys(KEYS, 0)
        record = read_record(given, patient_id="p1", asked=asked, site=SiteMap())
        assert record == expected


def test_measurements_are_by_concept_newest_first() -> None:
    record = read(*CHART)
    assert list(record.measurements) == ["creatinine", "dbp", "potassium", "sbp"]
    assert [(each.value, each.source.reference) for each in record.measurements["potassium"]] == [
        (4.0, "Observation/o5"),
        (4.4, "Observation/o3"),
        (4.1, "Observation/o2"),
    ]


def test_of_equal_values_the_one_that_needs_least_remarks_is_kept() -> None:
    lost = [each for each in read(*CHART).dropped if each.code is DropCode.DUPLICATE]
    assert [each.source.reference for each in lost] == ["Observation/o4"]


def test_then_the_first_by_reference() -> None:
    record = read(observation(id="b"), observation(id="a"))
    assert [each.source.reference for each in record.measurements["creatinine"]] == [
        "Observation/a"
    ]


@pytest.mark.parametrize(
    "other",
    [
        observation(id="o2", value=quantity(1.1)),
        observation(id="o2", effectiveDateTime="2026-03-15T08:01:00Z"),
        observation(id="o2", value=quantity(1.0, comparator="<")),
    ],
)
def test_what_differs_in_value_time_or_bound_is_no_duplicate(other: dict[str, Any]) -> None:
    assert len(read(observation(), other).measurements["creatinine"]) == 2


def test_lists_are_in_the_order_of_their_references() -> None:
    record = read(*CHART)
    assert [each.source.reference for each in record.conditions] == [
        "Condition",
        "Condition",
        "Condition/c1",
        "Condition/c2",
    ]
    assert [each.onset.text for each in record.conditions[:2] if each.onset] == ["2018", "2019"]
    assert [each.source.reference for each in record.medications] == [
        "MedicationRequest",
        "MedicationRequest/m1",
        "MedicationRequest/m2",
    ]
    assert [(each.source.reference, each.code) for each in record.dropped] == [
        ("Condition/c4", DropCode.REFUTED),
        ("Observation/o4", DropCode.DUPLICATE),
        ("Observation/o6", DropCode.NO_KNOWN_CODE),
    ]


def test_what_is_told_apart_only_by_its_content_is_in_one_order_too() -> None:
    alike = [
        condition("38341003", id=..., onsetDateTime=..., recordedDate="2020"),
        condition("38341003", id=..., onsetDateTime=..., recordedDate="2019"),
        condition("38341003", id=..., onsetDateTime=..., abatementDateTime="2019"),
        condition("38341003", id=..., onsetDateTime=..., clinicalStatus="resolved"),
        order(id=..., authoredOn="2020"),
        order(id=..., authoredOn="2019"),
        order(id=..., authoredOn=...),
        observation(id=..., value=quantity(1.2), status="cancelled"),
        observation(id=..., value=quantity(1.2), status="unknown"),
        observation(id=..., value=quantity(1.2, "kg")),
        observation(id=..., value=quantity(1.2, "kg"), effectiveDateTime="2020"),
    ]
    assert read(*alike) == read(*reversed(alike))


def test_availability_is_by_key() -> None:
    error = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    more = {"link": [{"relation": "next", "url": "https://e.org/2"}]}
    given = {
        "patient": json.dumps(patient()).encode(),
        "vitals": b"null",
        "acute-labs": searchset(observation(), **more),
        "renal-labs": json.dumps(error).encode(),
        "slow-labs": b"[]",
        "conditions": searchset(condition()),
        "extra": b"null",
    }
    asked = dict.fromkeys(KEYS, 0) | {"conditions": 1}
    record = read_record(given, patient_id="p1", asked=asked, site=SiteMap())
    assert record.availability == {
        "patient": Availability.ANSWERED,
        "vitals": Availability.ANSWERED,
        "acute-labs": Availability.TRUNCATED,
        "renal-labs": Availability.UNAVAILABLE,
        "slow-labs": Availability.UNAVAILABLE,
        "conditions": Availability.TRUNCATED,
        "medications": Availability.ABSENT,
        "encounters": Availability.ABSENT,
        "extra": Availability.ANSWERED,
    }


def test_a_patient_resource_of_another_patient_is_refused() -> None:
    with pytest.raises(
        WrongPatient, match=r"^the Patient resource is not the patient of the call$"
    ):
        read(patient(id="p2"))
    with pytest.raises(WrongPatient):
        read(patient=json.dumps(patient(id="p2")).encode())
    with pytest.raises(WrongPatient):
        read(patient(), patient(id="p2"))


def test_but_an_included_patient_is_nobody() -> None:
    included = {"resource": patient(id="p2"), "search": {"mode": "include"}}
    assert read(included).person is None
    myself = {"resource": patient(), "search": {"mode": "include"}}
    assert read(myself).person is None


def test_included_resources_are_not_data() -> None:
    included = [
        {"resource": each, "search": {"mode": "include"}}
        for each in (observation(), condition(), order())
    ]
    record = read(*included)
    assert (record.measurements, record.conditions, record.medications) == ({}, (), ())


def test_malformed_resources_are_accounted_for() -> None:
    record = read(observation(status=7), condition())
    text = "not a valid FHIR resource"
    source = Source("Observation/o1")
    assert record.dropped == (Dropped(source, DropCode.MALFORMED, text, key="vitals"),)
    assert len(record.conditions) == 1


def test_an_empty_record_is_a_record() -> None:
    record = read_record({}, patient_id="p1", asked={}, site=SiteMap())
    assert record.person is None
    assert (record.measurements, record.dropped, record.availability) == ({}, (), {})


def test_a_resource_without_id_is_pointed_at_by_its_full_url() -> None:
    sent = {"resource": observation(id=...), "fullUrl": "urn:uuid:7"}
    (found,) = read(sent).measurements["creatinine"]
    assert found.source.reference == "urn:uuid:7"
