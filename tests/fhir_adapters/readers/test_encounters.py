"""Encounter: a visit or stay that really was, its setting, its time, its places."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.record import DropCode, RecordedEncounter
from fhir_adapters.terminology.site import SiteMap, site_map
from tests.fhir_adapters.sent import SITE, SNOMED, Resource, concept, dropped, encounter, read

ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
HSLOC = "https://www.cdc.gov/nhsn/cdaportal/terminology/codesystem/hsloc.html"
ADMIT_SOURCE = "http://terminology.hl7.org/CodeSystem/admit-source"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
NUBC = "https://www.nubc.org/CodeSystem/PatDischargeStatus"
UNIT = {"resourceType": "Location", "id": "icu", "type": [concept("ICU", ROLE_CODE)]}
SINCE = "2026-03-13T18:00:00Z"


def recorded(
    made: Resource, *others: Resource | dict[str, Any], site: SiteMap = SITE
) -> RecordedEncounter:
    record = read(made, *others, site=site)
    assert record.dropped == ()
    (found,) = record.encounters
    return found


def in_place(reference: str = "Location/icu", **fields: Any) -> Resource:
    place = {"location": {"reference": reference}, "period": {"start": SINCE}}
    return encounter(location=[place | fields])


def test_a_stay_says_its_setting_time_and_source() -> None:
    found = recorded(encounter())
    assert (found.id, found.setting, found.open) == ("e1", "inpatient", True)
    assert found.began is not None
    assert found.began.earliest == datetime(2026, 3, 13, 12, tzinfo=UTC)
    assert (found.ended, found.source.reference) == (None, "Encounter/e1")


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ("IMP", "inpatient"),
        ("ACUTE", "inpatient"),
        ("NONAC", "inpatient"),
        ("EMER", "emergency"),
        ("AMB", "outpatient"),
        ("VR", "outpatient"),
        ("OBSENC", ""),
        ("x", ""),
        ([concept("IMP", None)], "inpatient"),
        ([concept("x", None), concept("EMER", None)], "emergency"),
        ([], ""),
    ],
)
def test_the_setting_is_read_from_the_class_of_every_version(said: Any, setting: str) -> None:
    assert recorded(encounter(said)).setting == setting


def test_a_class_that_is_a_word_is_read_as_dstu2_has_it() -> None:
    assert recorded(encounter() | {"class": "inpatient"}).setting == "inpatient"
    assert recorded(encounter() | {"class": "ambulatory"}).setting == "outpatient"


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("arrived", True),
        ("triaged", True),
        ("in-progress", True),
        ("onleave", True),
        ("on-hold", True),
        ("finished", False),
        ("discharged", False),
        ("completed", False),
    ],
)
def test_a_status_tells_whether_the_visit_was_under_way(status: str, is_open: bool) -> None:
    assert recorded(encounter(status=status)).open is is_open


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ("planned", "its status is planned"),
        ("cancelled", "its status is cancelled"),
        ("entered-in-error", "its status is entered-in-error"),
        ("discontinued", "its status is discontinued"),
        ("unknown", "its status is not a known one"),
        (..., "its status is not a known one"),
    ],
)
def test_a_visit_that_never_was_is_not_used(status: Any, text: str) -> None:
    found = dropped(encounter(status=status))
    assert (found.code, found.text) == (DropCode.STATUS, text)


def test_another_patients_stay_is_not_used() -> None:
    assert dropped(encounter(subject={"reference": "Patient/p2"})).code is DropCode.WRONG_PATIENT
    assert dropped(encounter(subject=...)).code is DropCode.NO_SUBJECT


def test_a_stay_under_an_unknown_modifier_is_not_used() -> None:
    assert dropped(encounter(modifierExtension=[{"url": "urn:x"}])).code is DropCode.MODIFIER


def test_the_patient_of_a_dstu2_encounter_counts() -> None:
    assert recorded(encounter(subject=..., patient={"reference": "Patient/p1"})).id == "e1"


def test_an_actual_period_counts_as_r5_has_it() -> None:
    found = recorded(encounter(period=..., actualPeriod={"start": SINCE, "end": "2026-03-14"}))
    assert found.began is not None
    assert found.began.text == SINCE
    assert found.ended is not None
    assert found.ended.text == "2026-03-14"


@pytest.mark.parametrize("type", [[concept("ICU", ROLE_CODE)], concept("1027-2", HSLOC)])
def test_intensive_care_is_told_by_the_type_of_the_location(type: Any) -> None:
    place = {"resource": UNIT | {"type": type}, "search": {"mode": "include"}}
    (stay,) = recorded(in_place(), place).intensive_care
    assert stay.began is not None
    assert (stay.began.text, stay.ended) == (SINCE, None)


def test_a_location_may_be_contained_or_named_by_its_full_url() -> None:
    contained = in_place(
        "#icu",
    ) | {"contained": [{"resourceType": "Group"}, UNIT]}
    assert recorded(contained).intensive_care
    assert not recorded(contained | {"contained": [UNIT | {"id": "other"}]}).intensive_care
    entry = {"fullUrl": "urn:uuid:1", "resource": UNIT, "search": {"mode": "include"}}
    assert recorded(in_place("urn:uuid:1"), entry).intensive_care
    assert recorded(in_place("https://ehr.example/fhir/Location/icu"), UNIT).intensive_care


def test_another_location_is_not_intensive_care() -> None:
    assert not recorded(in_place(), UNIT | {"type": [concept("ER", ROLE_CODE)]}).intensive_care
    assert not recorded(in_place()).intensive_care
    assert not recorded(in_place(), UNIT | {"type": [concept("ICU", "urn:local")]}).intensive_care


def test_a_site_says_which_of_its_places_are_intensive_care() -> None:
    site = site_map(
        {"locations": {"Location/7": "intensive_care", "Tower 4 MICU": "intensive_care"}}
    )
    assert recorded(in_place("Location/7"), site=site).intensive_care
    named = in_place("Location/8", location={"display": " tower 4 micu"})
    assert recorded(named, site=site).intensive_care
    assert not recorded(in_place("Location/8"), site=site).intensive_care


@pytest.mark.parametrize(
    ("status", "counts"),
    [("active", True), ("completed", True), ("planned", False), ("reserved", False)],
)
def test_a_place_that_was_only_planned_does_not_count(status: str, counts: bool) -> None:
    assert bool(recorded(in_place(status=status), UNIT).intensive_care) is counts


@pytest.mark.parametrize(
    "fields",
    [
        {"type": [concept("309904001", SNOMED)]},
        {"serviceType": concept("309904001", SNOMED)},
        {"serviceType": [{"concept": concept("309904001", SNOMED)}]},
    ],
)
def test_an_encounter_may_itself_be_of_intensive_care(fields: Resource) -> None:
    (stay,) = recorded(encounter(**fields)).intensive_care
    assert stay.began is not None
    assert stay.began.text == "2026-03-13T12:00:00Z"


@pytest.mark.parametrize("name", ["hospitalization", "admission"])
def test_how_the_patient_came_and_leaves_is_read(name: str) -> None:
    admission = {
        "admitSource": concept("emd", ADMIT_SOURCE),
        "dischargeDisposition": concept("snf", DISPOSITION),
    }
    found = recorded(encounter(priority=concept("EM", None), **{name: admission}))
    assert (found.admission_source, found.admission_priority) == ("emergency", "emergency")
    assert found.discharge_disposition == "nursing_facility"


def test_a_disposition_code_counts_in_its_own_system_only() -> None:
    def leaving(system: str, code: str) -> str:
        admission = {"dischargeDisposition": concept(code, system)}
        return recorded(encounter(hospitalization=admission)).discharge_disposition

    assert leaving(NUBC, "06") == "home_health"
    assert leaving(DISPOSITION, "06") == ""
    assert leaving("urn:local", "home") == ""
