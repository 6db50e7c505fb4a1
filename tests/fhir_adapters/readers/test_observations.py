"""The traps of Observation: what is used, with which remark, and what is dropped, and why."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.record import (
    DropCode,
    Dropped,
    Measurement,
    Note,
    NoteCode,
    Source,
    When,
)
from fhir_adapters.terminology.site import SiteMap, site_map
from tests.fhir_adapters.sent import (
    LOINC,
    SNOMED,
    answered,
    concept,
    dropped,
    measured,
    observation,
    pressure,
    quantity,
    read,
    searchset,
)

AT = datetime(2026, 3, 15, 8, tzinfo=UTC)
ISSUED = Note(NoteCode.ISSUED, "dated by its report, not by when it was taken")
ZONE = Note(NoteCode.ZONE_ASSUMED, "time without an offset: the site's time zone assumed")
SELF = Note(NoteCode.SELF_REPORTED, "reported by the patient or measured at home")
PRELIMINARY = Note(NoteCode.PRELIMINARY, "preliminary result")


def reason(resource: dict[str, Any], site: SiteMap | None = None) -> tuple[DropCode, str]:
    found = dropped(resource, site or SiteMap())
    return found.code, found.text


def test_a_measurement_says_what_when_and_where_from() -> None:
    assert measured(observation()) == Measurement(
        concept="creatinine",
        value=1.0,
        unit="mg/dL",
        when=When(AT, AT),
        source=Source("Observation/o1", "2160-0"),
    )
    assert measured(observation()).when.text == "2026-03-15T08:00:00Z"


def test_a_converted_measurement_keeps_what_was_sent() -> None:
    found = measured(observation("14682-9", quantity(88.4, "umol/L")))
    assert (found.value, found.original) == (1.0, "88.4 umol/L")
    assert found.notes == (Note(NoteCode.CONVERTED, "converted from 88.4 umol/L"),)


def test_a_bound_is_kept() -> None:
    found = measured(observation("9318-7", quantity(3, "mg/g{creat}", comparator="<")))
    assert (found.value, found.bound) == (3, "<")


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/7",
        "https://fhir.example.org/r4/Patient/p1",
        "https://fhir.example.org/r4/Patient/p1/_history/7",
    ],
)
def test_the_patients_own_results_are_used(reference: str) -> None:
    assert measured(observation(subject={"reference": reference})).value == 1.0


@pytest.mark.parametrize(
    "reference",
    ["Patient/p2", "Patient/p11", "https://fhir.example.org/r4/Patient/p2", "urn:uuid:2", "p1"],
)
def test_another_patients_results_are_never_used(reference: str) -> None:
    assert dropped(observation(subject={"reference": reference})) == Dropped(
        Source("Observation/o1"), DropCode.WRONG_PATIENT, "it belongs to another patient"
    )


def test_a_urn_is_matched_only_against_the_full_url_of_the_patient() -> None:
    mine = observation(subject={"reference": "urn:uuid:1"})
    theirs = observation(id="o2", subject={"reference": "urn:uuid:2"})
    urls = [
        {"resource": {"resourceType": "Patient", "id": "p1"}, "fullUrl": "urn:uuid:1"},
        {"resource": {"resourceType": "Condition", "id": "p1"}, "fullUrl": "urn:uuid:2"},
    ]
    record = read(mine, theirs, patient=searchset(*urls))
    assert [each.source.reference for each in record.measurements["creatinine"]] == [
        "Observation/o1"
    ]
    assert DropCode.WRONG_PATIENT in [each.code for each in record.dropped]


def test_an_included_patients_full_url_counts_if_it_is_the_patient() -> None:
    mine = observation(subject={"reference": "urn:uuid:1"})
    theirs = observation(id="o2", subject={"reference": "urn:uuid:2"})
    included = [
        {
            "resource": {"resourceType": "Patient", "id": f"p{n}"},
            "fullUrl": f"urn:uuid:{n}",
            "search": {"mode": "include"},
        }
        for n in (1, 2)
    ]
    record = read(mine, theirs, *included)
    assert len(record.measurements["creatinine"]) == 1
    assert [each.code for each in record.dropped] == [DropCode.WRONG_PATIENT]


@pytest.mark.parametrize("subject", [..., None, {}, {"reference": ""}, {"reference": "#p"}])
def test_a_result_without_subject_is_never_used(subject: object) -> None:
    assert reason(observation(subject=subject)) == (
        DropCode.NO_SUBJECT,
        "it does not say whose it is",
    )


def test_an_empty_full_url_is_no_subject() -> None:
    mine = {"resource": {"resourceType": "Patient", "id": "p1"}, "fullUrl": ""}
    record = read(observation(subject={"reference": ""}), patient=searchset(mine))
    assert record.measurements == {}


@pytest.mark.parametrize("reference", ["Group/p1", "Device/p1", "https://e.org/Location/p1"])
def test_what_is_not_about_a_patient_is_dropped(reference: str) -> None:
    found = reason(observation(subject={"reference": reference}))
    assert found == (DropCode.NOT_THE_PATIENT, "it is not about a patient")


@pytest.mark.parametrize("focus", [[{"reference": "Patient/fetus"}], {"display": "device"}])
def test_a_focus_means_that_it_is_about_something_else(focus: object) -> None:
    found = reason(observation(focus=focus))
    assert found == (DropCode.NOT_THE_PATIENT, "it is not about the patient")
    assert measured(observation(focus=[])).value == 1.0


@pytest.mark.parametrize("status", ["final", "amended", "corrected"])
def test_a_finished_result_is_used(status: str) -> None:
    assert measured(observation(status=status)).notes == ()


def test_a_preliminary_result_is_used_with_a_remark() -> None:
    assert measured(observation(status="preliminary")).notes == (PRELIMINARY,)


@pytest.mark.parametrize("status", ["registered", "cancelled", "entered-in-error", "unknown"])
def test_what_is_no_result_is_dropped(status: str) -> None:
    assert dropped(observation(status=status)) == Dropped(
        Source("Observation/o1", "2160-0"),
        DropCode.STATUS,
        f"its status is {status}",
        "creatinine",
        When(AT, AT),
    )


@pytest.mark.parametrize("status", ["Final", " final", "CORRECTED "])
def test_capitals_and_spaces_around_a_status_say_nothing(status: str) -> None:
    found = measured(observation(status=status))
    assert found.corrected == (status == "CORRECTED ")
    assert found.notes == ()


def test_an_oddly_spelt_status_means_no_more_than_a_well_spelt_one() -> None:
    assert measured(observation(status="Preliminary")).notes == (PRELIMINARY,)
    error = reason(observation(status=" Entered-In-Error"))
    assert error == (DropCode.STATUS, "its status is entered-in-error")


@pytest.mark.parametrize("status", [..., None, "", " ", "finally", "done <b>"])
def test_an_unknown_status_is_dropped_and_not_repeated(status: object) -> None:
    assert reason(observation(status=status)) == (DropCode.STATUS, "its status is not a known one")


def test_an_unknown_modifier_extension_drops_it() -> None:
    found = reason(observation(modifierExtension=[{"url": "urn:x", "valueBoolean": True}]))
    assert found == (DropCode.MODIFIER, "an unknown extension changes its meaning")


def test_unknown_implicit_rules_drop_it() -> None:
    found = reason(observation(implicitRules="urn:x"))
    assert found == (DropCode.IMPLICIT_RULES, "it follows rules that are not known here")


def test_an_unknown_modifier_extension_drops_a_component() -> None:
    panel = pressure(120, 80)
    panel["component"][0]["modifierExtension"] = [{"url": "urn:x"}]
    record = read(panel)
    assert list(record.measurements) == ["dbp"]
    (lost,) = record.dropped
    assert (lost.concept, lost.code) == ("sbp", DropCode.MODIFIER)
    assert lost.text == "an unknown extension changes its meaning"


def test_a_specimen_that_contradicts_the_code_drops_it() -> None:
    assert dropped(observation(specimen={"display": "Urine"})).code is DropCode.SPECIMEN


def test_a_data_absent_reason_is_no_value_and_not_zero() -> None:
    absent = observation(value=..., dataAbsentReason=concept("not-performed", "x"))
    assert dropped(absent) == Dropped(
        Source("Observation/o1", "2160-0"),
        DropCode.ABSENT,
        "no value: not-performed",
        "creatinine",
        When(AT, AT),
    )


@pytest.mark.parametrize(
    "code",
    [
        "asked-declined",
        "asked-unknown",
        "error",
        "masked",
        "not-applicable",
        "not-asked",
        "not-permitted",
        "temp-unknown",
        "unknown",
        "unsupported",
    ],
)
def test_the_reason_is_told(code: str) -> None:
    absent = observation(value=..., dataAbsentReason=concept(code))
    assert reason(absent) == (DropCode.ABSENT, f"no value: {code}")


def test_but_not_one_in_words_of_its_own() -> None:
    absent = observation(value=..., dataAbsentReason=concept("Mrs Smith left"))
    assert reason(absent) == (DropCode.ABSENT, "no value")
    assert reason(observation(value=..., dataAbsentReason={"text": "?"})) == (
        DropCode.ABSENT,
        "no value",
    )


def test_a_value_beside_a_data_absent_reason_is_not_used() -> None:
    assert reason(observation(dataAbsentReason=concept("error"))) == (
        DropCode.ABSENT,
        "no value: error",
    )


def test_an_observation_without_value_is_absent() -> None:
    assert reason(observation(value=...)) == (DropCode.ABSENT, "no value")


def test_an_absent_component_is_reported_beside_the_other() -> None:
    panel = pressure(120, 80)
    panel["component"][1] = {"code": concept("8462-4"), "dataAbsentReason": concept("error")}
    record = read(panel)
    assert list(record.measurements) == ["sbp"]
    (lost,) = record.dropped
    assert (lost.concept, lost.text) == ("dbp", "no value: error")


@pytest.mark.parametrize(
    "value",
    [
        {"valueCodeableConcept": {"text": "normal"}},
        {"valueBoolean": True},
        {"valueRange": {"low": {"value": 1}}},
        {"valueRatio": {}},
        {"valueSampledData": {}},
        {"valuePeriod": {}},
        {"valueAttachment": {}},
        {"valueReference": {}},
        {"valueTime": "10:00"},
        {"valueDateTime": "2026"},
    ],
)
def test_another_type_of_value_is_not_used_for_a_number(value: dict[str, Any]) -> None:
    found = reason(observation(value=..., **value))
    assert found == (DropCode.VALUE_TYPE, "its value is of a type that cannot be used")


def test_an_integer_is_a_number_without_unit() -> None:
    found = measured(observation("9269-2", ..., valueInteger=14))
    assert (found.value, found.unit) == (14, "{score}")
    assert measured(observation("9269-2", ..., valueInteger=14.0)).value == 14


def test_a_result_in_text_is_read_strictly() -> None:
    found = measured(observation(value=..., valueString="1,2 mg/dL"))
    assert (found.value, found.notes) == (1.2, (Note(NoteCode.PARSED, "read from text"),))
    assert dropped(observation(value=..., valueString="Aflyst")).code is DropCode.UNREADABLE_TEXT


def test_text_is_read_with_the_unit_its_code_stands_for() -> None:
    found = measured(observation(value=..., valueString="88,4 umol/L"))
    assert NoteCode.UNIT_CONFLICT in [note.code for note in found.notes]
    quantity_sent = measured(observation(value=quantity(88.4, "umol/L")))
    assert NoteCode.UNIT_CONFLICT in [note.code for note in quantity_sent.notes]


def test_a_mass_of_potassium_is_not_taken_for_an_amount_of_substance() -> None:
    assert reason(observation("75940-7", quantity(16, "mg/dL")))[0] == DropCode.UNKNOWN_UNIT


def test_a_coded_answer_is_its_meaning() -> None:
    found = measured(answered("72166-2", "8517006"))
    assert (found.concept, found.value, found.unit) == ("smoking_status", "former", "")
    assert found.source == Source("Observation/o1", "72166-2")


def test_a_loinc_answer_is_too_and_any_coding_is_enough() -> None:
    codings = [
        {"system": "urn:x", "code": "8517006"},
        {"system": SNOMED},
        {"system": LOINC, "code": "LA18978-9"},
    ]
    sent = observation("72166-2", ..., valueCodeableConcept={"coding": codings})
    assert measured(sent).value == "never"


@pytest.mark.parametrize(
    "answer", [concept("1", SNOMED), concept("8517006", None), {"text": "former"}, {}]
)
def test_an_answer_without_known_code_is_not_guessed(answer: dict[str, Any]) -> None:
    found = reason(observation("72166-2", ..., valueCodeableConcept=answer))
    assert found == (DropCode.NO_KNOWN_CODE, "its answer is not a known code")


@pytest.mark.parametrize(
    "value", [{"valueString": "former"}, {"valueQuantity": quantity(1)}, {"valueInteger": 1}]
)
def test_a_number_or_text_is_no_coded_answer(value: dict[str, Any]) -> None:
    found = reason(observation("72166-2", ..., **value))
    assert found == (DropCode.VALUE_TYPE, "its value is of a type that cannot be used")


def test_an_unknown_code_is_dropped_and_named() -> None:
    assert dropped(observation("99999-9")) == Dropped(
        Source("Observation/o1", "99999-9"), DropCode.NO_KNOWN_CODE, "no code that is read here"
    )
    assert dropped(observation(code=...)).code is DropCode.NO_KNOWN_CODE
    assert dropped(observation(code={"text": "Creatinine"})).source.code == ""


def test_a_text_only_code_is_used_where_the_site_names_it() -> None:
    site = site_map({"text_codes": {"P-Kreatinin": "creatinine"}})
    found = measured(observation(code={"text": "p-kreatinin"}), site)
    assert found.concept == "creatinine"
    assert found.notes == (Note(NoteCode.BY_NAME, "recognised by its text"),)


def test_the_components_of_a_blood_pressure_are_read() -> None:
    record = read(pressure(120, 80))
    assert record.dropped == ()
    assert [each.value for each in record.measurements["sbp"]] == [120]
    assert [each.value for each in record.measurements["dbp"]] == [80]
    assert record.measurements["sbp"][0].source == Source("Observation/o1", "8480-6")


@pytest.mark.parametrize("code", ["55284-4", "35094-2", "96607-7", "1-1"])
def test_whatever_the_panel(code: str) -> None:
    record = read(pressure(120, 80) | {"code": concept(code)})
    assert sorted(record.measurements) == ["dbp", "sbp"]


def test_a_british_blood_pressure_is_read_by_its_snomed_codes() -> None:
    parts = [
        {"code": concept(code, SNOMED), "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in (("271649006", 120), ("1091811000000102", 80))
    ]
    record = read(observation(value=..., code=concept("75367002", SNOMED), component=parts))
    assert record.dropped == ()
    assert [each.value for each in record.measurements["sbp"]] == [120]
    assert [each.value for each in record.measurements["dbp"]] == [80]


@pytest.mark.parametrize(
    ("answer", "level"),
    [
        ("LA9340-6", "alert"),
        ("LA6560-2", "confused"),
        ("LA17108-4", "voice"),
        ("LA17107-6", "pain"),
        ("LA9343-0", "unresponsive"),
    ],
)
def test_a_level_of_consciousness_is_read_from_a_loinc_answer(answer: str, level: str) -> None:
    sent = observation("67775-7", ..., valueCodeableConcept=concept(answer))
    assert (measured(sent).concept, measured(sent).value) == ("avpu", level)


def test_the_parts_of_a_coma_score_are_numbers_or_answers() -> None:
    eyes = {"code": concept("9267-6"), "valueInteger": 4}
    verbal = {"code": concept("9270-0"), "valueCodeableConcept": concept("LA6560-2")}
    motor = {"code": concept("9268-4"), "valueCodeableConcept": concept("LA6567-7")}
    total = {"code": concept("9269-2"), "valueQuantity": quantity(14, "{score}")}
    parts = [eyes, verbal, motor, total]
    record = read(observation(value=..., code=concept("35088-4"), component=parts))
    values = {name: found[0].value for name, found in record.measurements.items()}
    assert values == {"gcs_eyes": 4, "gcs_verbal": 4, "gcs_motor": 6, "gcs_total": 14}


def test_an_unknown_answer_is_no_score() -> None:
    sent = observation("9267-6", ..., valueCodeableConcept=concept("LA6560-2"))
    assert reason(sent) == (DropCode.NO_KNOWN_CODE, "its answer is not a known code")


def test_pulse_oximetry_has_a_value_and_components() -> None:
    flow = {"code": concept("3151-8"), "valueQuantity": quantity(2, "L/min")}
    inspired = {"code": concept("3150-0"), "valueQuantity": quantity(28, "%")}
    codes = {"coding": [{"system": LOINC, "code": code} for code in ("59408-5", "2708-6")]}
    record = read(observation(value=quantity(97, "%"), code=codes, component=[flow, inspired]))
    values = {name: found[0].value for name, found in record.measurements.items()}
    assert values == {"spo2": 97, "o2_flow": 2, "fio2": 28}


def test_a_known_code_whose_value_is_in_its_components_is_no_gap() -> None:
    part = {"code": concept("33728-7"), "valueQuantity": quantity(18, "mm")}
    record = read(observation("21889-1", ..., component=[part]))
    assert [each.value for each in record.measurements["tumor_size"]] == [18]
    assert record.dropped == ()


def test_but_one_that_says_why_it_has_none_is() -> None:
    flow = {"code": concept("3151-8"), "valueQuantity": quantity(2, "L/min")}
    absent = concept("error")
    record = read(observation("59408-5", ..., component=[flow], dataAbsentReason=absent))
    assert [each.text for each in record.dropped] == ["no value: error"]


def test_a_panel_that_only_groups_is_nothing_to_report() -> None:
    record = read(observation("85354-9", ..., hasMember=[{"reference": "Observation/o2"}]))
    assert (record.measurements, record.dropped) == ({}, ())


def test_components_of_unknown_code_are_left_out() -> None:
    panel = pressure(120, 80)
    panel["component"].append({"code": concept("1-1"), "valueQuantity": quantity(1)})
    panel["component"].append({"valueQuantity": quantity(1)})
    assert read(panel).dropped == ()


def test_a_value_in_a_component_and_by_itself_counts_once() -> None:
    alone = observation("8480-6", quantity(120, "mm[Hg]"), id="o2")
    record = read(pressure(120, 80), alone)
    assert [each.source.reference for each in record.measurements["sbp"]] == ["Observation/o1"]
    assert record.dropped == (
        Dropped(
            Source("Observation/o2", "8480-6"),
            DropCode.DUPLICATE,
            "the same value at the same time is recorded elsewhere",
            "sbp",
            When(AT, AT),
        ),
    )


def test_every_known_part_of_a_refused_panel_is_reported() -> None:
    record = read(pressure(120, 80, status="cancelled"))
    assert [(each.concept, each.code) for each in record.dropped] == [
        ("dbp", DropCode.STATUS),
        ("sbp", DropCode.STATUS),
    ]


@pytest.mark.parametrize(
    ("fields", "earliest"),
    [
        ({"effectiveInstant": "2026-03-14T08:00:00Z"}, datetime(2026, 3, 14, 8, tzinfo=UTC)),
        (
            {"effectivePeriod": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"}},
            datetime(2026, 3, 2, tzinfo=UTC),
        ),
        (
            {"effectivePeriod": {"start": "2026-03-01T00:00:00Z"}},
            datetime(2026, 3, 1, tzinfo=UTC),
        ),
        (
            {
                "effectiveTiming": {
                    "event": ["2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-02", "?"]
                }
            },
            datetime(2026, 3, 3, tzinfo=UTC),
        ),
        (
            {"effectiveTiming": {"repeat": {"boundsPeriod": {"end": "2026-03-04T00:00:00Z"}}}},
            datetime(2026, 3, 4, tzinfo=UTC),
        ),
    ],
)
def test_every_kind_of_effective_time_is_read(fields: dict[str, Any], earliest: datetime) -> None:
    found = measured(observation(effectiveDateTime=..., issued="2020-01-01T00:00:00Z", **fields))
    assert found.when.earliest == earliest
    assert found.notes == ()


def test_a_date_is_that_whole_day() -> None:
    found = measured(observation(effectiveDateTime="2026-03-15"))
    assert found.when.earliest == datetime(2026, 3, 15, tzinfo=UTC)
    assert found.when.latest == datetime(2026, 3, 16, tzinfo=UTC) - timedelta(microseconds=1)


def test_the_time_of_the_report_is_a_fallback_with_a_remark() -> None:
    sent = observation(effectiveDateTime=..., issued="2026-03-15T08:00:00Z")
    found = measured(sent)
    assert (found.when, found.notes) == (When(AT, AT), (ISSUED,))


def test_a_time_without_offset_is_in_the_sites_zone_and_that_is_noted() -> None:
    site = site_map({"zone": "Europe/Copenhagen"})
    found = measured(observation(effectiveDateTime="2026-03-15T09:00:00"), site)
    assert (found.when, found.notes) == (When(AT, AT), (ZONE,))


def test_so_is_the_end_of_a_period() -> None:
    site = site_map({"zone": "Europe/Copenhagen"})
    period = {"end": "2026-03-15T09:00:00"}
    found = measured(observation(effectiveDateTime=..., effectivePeriod=period), site)
    assert (found.when, found.notes) == (When(AT, AT), (ZONE,))


def test_both_remarks_on_a_time_are_kept() -> None:
    sent = observation(effectiveDateTime=..., issued="2026-03-15T08:00:00")
    assert measured(sent).notes == (ISSUED, ZONE)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"issued": "yesterday"},
        {"effectiveDateTime": "15/03/2026", "issued": "2026-03-15T08:00:00Z"},
        {"effectivePeriod": {}, "issued": "2026-03-15T08:00:00Z"},
        {"effectiveTiming": {"event": ["?"]}, "issued": "2026-03-15T08:00:00Z"},
    ],
)
def test_without_a_usable_time_it_is_dropped_with_its_value(fields: dict[str, Any]) -> None:
    source, text = Source("Observation/o1", "2160-0"), "it does not say when"
    assert dropped(observation(**({"effectiveDateTime": ...} | fields))) == Dropped(
        source, DropCode.NO_TIME, text, "creatinine", value=1.0
    )


def test_an_empty_timing_says_nothing() -> None:
    sent = observation(effectiveDateTime=..., effectiveTiming={}, issued="2026-03-15T08:00:00Z")
    assert measured(sent).notes == (ISSUED,)
    nothing: dict[str, Any] = {"repeat": {}}
    sent = observation(effectiveDateTime=..., effectiveTiming=nothing, issued="2026-03-15")
    assert measured(sent).notes == (ISSUED,)


@pytest.mark.parametrize(
    "performer",
    [
        [{"reference": "Patient/p1"}],
        {"reference": "Patient/p1"},
        [{"reference": "Organization/1"}, {"reference": "https://e.org/Patient/p1"}],
        [{"reference": "RelatedPerson/1"}],
        [{"type": "Patient"}],
        [{"type": "RelatedPerson", "reference": "urn:uuid:9"}],
    ],
)
def test_what_the_patient_or_a_relative_measured_is_labelled(performer: object) -> None:
    assert measured(observation(performer=performer)).notes == (SELF,)


def test_the_patient_may_be_named_by_full_url() -> None:
    mine = {"resource": {"resourceType": "Patient", "id": "p1"}, "fullUrl": "urn:uuid:1"}
    sent = observation(performer=[{"reference": "urn:uuid:1"}])
    (found,) = read(sent, patient=searchset(mine)).measurements["creatinine"]
    assert found.notes == (SELF,)


@pytest.mark.parametrize(
    "performer", [None, [], [{}], [{"reference": "Practitioner/1"}], [{"reference": "urn:uuid:9"}]]
)
def test_what_others_measured_is_not(performer: object) -> None:
    assert measured(observation(performer=performer)).notes == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"code": concept("8480-6", text="Home blood pressure")},
        {"code": {"coding": [{"system": LOINC, "code": "8480-6", "display": "BP at home"}]}},
        {"method": {"text": "home monitoring"}},
        {"method": {"coding": [{"display": "Home"}]}},
    ],
)
def test_a_blood_pressure_at_home_is_labelled(fields: dict[str, Any]) -> None:
    sent = observation("8480-6", quantity(130, "mm[Hg]")) | fields
    assert measured(sent).notes == (SELF,)


def test_a_home_blood_pressure_by_the_patient_is_labelled_once() -> None:
    sent = observation("8480-6", quantity(130, "mm[Hg]"), method={"text": "home"})
    sent["performer"] = [{"reference": "Patient/p1"}]
    assert measured(sent).notes == (SELF,)


def test_home_in_other_words_or_of_other_measurements_is_nothing() -> None:
    assert measured(observation(method={"text": "home"})).notes == ()
    sent = observation("8480-6", quantity(130, "mm[Hg]"), method={"text": "homeostatic"})
    assert measured(sent).notes == ()


def test_the_components_of_a_home_blood_pressure_are_labelled() -> None:
    record = read(pressure(130, 80, method={"text": "home"}))
    assert record.measurements["sbp"][0].notes == (SELF,)
    assert record.measurements["dbp"][0].notes == (SELF,)


def test_remarks_come_in_one_order() -> None:
    sent = observation(
        code=concept("2160-0", None),
        value=quantity(88.4, "umol/L"),
        effectiveDateTime="2026-03-15T08:00:00",
        status="preliminary",
        performer=[{"reference": "Patient/p1"}],
    )
    codes = [note.code for note in measured(sent).notes]
    assert codes == [
        NoteCode.ZONE_ASSUMED,
        NoteCode.PRELIMINARY,
        NoteCode.SELF_REPORTED,
        NoteCode.BY_NAME,
        NoteCode.CONVERTED,
        NoteCode.UNIT_CONFLICT,
    ]


def test_an_observation_of_dstu2_is_read() -> None:
    sent = observation(
        category={"coding": [{"code": "laboratory"}]},
        related=[{"type": "derived-from"}],
        comments="x",
    )
    assert measured(sent).value == 1.0


def test_fields_that_are_null_are_not_there() -> None:
    sent = observation(component=None, specimen=None, identifier=None, meta=None, contained=None)
    assert measured(sent).value == 1.0
