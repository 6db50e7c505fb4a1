"""Conditions of every FHIR version: active, past, suspected, refuted, and other people's."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_adapters.record import (
    DropCode,
    Dropped,
    Note,
    NoteCode,
    RecordedCondition,
    Source,
    Standing,
    When,
)
from fhir_adapters.terminology.site import SiteMap, site_map
from tests.fhir_adapters.sent import ICD10, SITE, SNOMED, SUBJECT, concept, condition, dropped, read

ACTIVE_ASSUMED = Note(NoteCode.STATUS_ASSUMED, "its status is not stated: taken as active")
VISIT = Note(NoteCode.STATUS_ASSUMED, "a visit's diagnosis, not said to be confirmed")
SUSPECTED = Note(NoteCode.SUSPECTED, "suspected, not confirmed")
MIDDLE = Note(NoteCode.ESTIMATED, "age at onset is the middle of a range")
DAY = timedelta(days=1, microseconds=-1)


def day(year: int, month: int, of_month: int) -> When:
    start = datetime(year, month, of_month, tzinfo=UTC)
    return When(start, start + DAY)


def recorded(site: SiteMap = SITE, **fields: Any) -> RecordedCondition:
    record = read(condition(**fields), site=site)
    (found,) = record.conditions
    assert record.dropped == ()
    return found


def reason(**fields: Any) -> tuple[DropCode, str]:
    found = dropped(condition(**fields))
    return found.code, found.text


def test_a_condition_is_its_concepts_its_standing_and_its_times() -> None:
    found = recorded(recordedDate="2020-06-01")
    assert found == RecordedCondition(
        concepts=frozenset({"diabetes", "diabetes_t2"}),
        standing=Standing.ACTIVE,
        source=Source("Condition/c1", "44054006"),
        onset=day(2020, 5, 1),
        onset_age=None,
        recorded=day(2020, 6, 1),
        abated=None,
        notes=(),
    )


@pytest.mark.parametrize("field", ["recordedDate", "assertedDate", "dateRecorded"])
def test_every_versions_recorded_date_is_read(field: str) -> None:
    sent: dict[str, Any] = {field: "2020-06-01"}
    assert recorded(**sent).recorded == day(2020, 6, 1)


@pytest.mark.parametrize("status", ["active", "recurrence", "relapse"])
def test_an_active_condition_is_active(status: str) -> None:
    found = recorded(clinicalStatus=concept(status))
    assert (found.standing, found.notes) == (Standing.ACTIVE, ())


@pytest.mark.parametrize("status", ["inactive", "remission", "resolved"])
def test_a_past_condition_is_history(status: str) -> None:
    found = recorded(clinicalStatus=concept(status))
    assert (found.standing, found.notes) == (Standing.HISTORY, ())


@pytest.mark.parametrize(
    ("status", "standing"),
    [("active", Standing.ACTIVE), ("resolved", Standing.HISTORY), (" Active ", Standing.ACTIVE)],
)
def test_dstu2_has_plain_code_strings(status: str, standing: Standing) -> None:
    found = recorded(clinicalStatus=status, verificationStatus="confirmed")
    assert (found.standing, found.notes) == (standing, ())


def test_a_status_in_words_only_is_read() -> None:
    assert recorded(clinicalStatus={"text": "Resolved"}).standing is Standing.HISTORY
    assert reason(verificationStatus={"text": "Entered in error"})[0] is DropCode.STATUS


@pytest.mark.parametrize("status", [..., None, {}, "unknown", {"coding": [{"code": "unknown"}]}])
def test_a_missing_clinical_status_is_taken_as_active_and_flagged(status: object) -> None:
    for verification in (..., concept("confirmed")):
        found = recorded(clinicalStatus=status, verificationStatus=verification)
        assert (found.standing, found.notes) == (Standing.ACTIVE, (ACTIVE_ASSUMED,))


@pytest.mark.parametrize("status", ["provisional", "differential", "unconfirmed"])
def test_an_unconfirmed_condition_is_only_suspected(status: str) -> None:
    for clinical in ("active", "resolved"):
        found = recorded(verificationStatus=concept(status), clinicalStatus=concept(clinical))
        assert (found.standing, found.notes) == (Standing.SUSPECTED, (SUSPECTED,))


def test_a_refuted_condition_is_dropped() -> None:
    found = dropped(condition(verificationStatus=concept("refuted")))
    source = Source("Condition/c1", "44054006")
    concepts = frozenset({"diabetes", "diabetes_t2"})
    assert found == Dropped(source, DropCode.REFUTED, "refuted", key="conditions", may_be=concepts)


def test_one_entered_in_error_is_dropped() -> None:
    found = reason(verificationStatus="entered-in-error")
    assert found == (DropCode.STATUS, "its status is entered-in-error")


@pytest.mark.parametrize(
    "category",
    [
        [concept("encounter-diagnosis")],
        concept("encounter-diagnosis"),
        [concept("problem-list-item"), concept("encounter-diagnosis")],
        "encounter-diagnosis",
    ],
)
def test_a_diagnosis_of_a_visit_that_is_not_confirmed_is_flagged(category: object) -> None:
    found = recorded(category=category, verificationStatus=...)
    assert (found.standing, found.notes) == (Standing.ACTIVE, (VISIT,))
    assert recorded(category=category, verificationStatus="unknown").notes == (VISIT,)
    assert recorded(category=category).notes == ()
    past = recorded(category=category, verificationStatus=..., clinicalStatus=concept("resolved"))
    assert (past.standing, past.notes) == (Standing.HISTORY, ())


@pytest.mark.parametrize("category", [[concept("problem-list-item")], None, [], [{}]])
def test_a_problem_on_the_list_is_not(category: object) -> None:
    assert recorded(category=category, verificationStatus=...).notes == ()


def test_an_abatement_date_is_kept_to_be_compared_with_the_time_of_asking() -> None:
    found = recorded(abatementDateTime="2021-01-01")
    assert (found.standing, found.abated) == (Standing.ACTIVE, day(2021, 1, 1))
    found = recorded(abatementPeriod={"start": "2021-01-01", "end": "2021-02-01"})
    assert (found.standing, found.abated) == (Standing.ACTIVE, day(2021, 2, 1))


def test_with_an_abatement_date_a_missing_status_needs_no_assumption() -> None:
    found = recorded(abatementDateTime="2021-01-01", clinicalStatus=...)
    assert (found.standing, found.abated, found.notes) == (
        Standing.ACTIVE,
        day(2021, 1, 1),
        (),
    )


@pytest.mark.parametrize(
    "abatement",
    [
        {"abatementBoolean": True},
        {"abatementAge": {"value": 50}},
        {"abatementQuantity": {"value": 50}},
        {"abatementRange": {}},
        {"abatementString": "last year"},
        {"abatementDateTime": "last year"},
        {"abatementPeriod": {}},
    ],
)
def test_any_other_abatement_overrides_active(abatement: dict[str, Any]) -> None:
    found = recorded(**abatement)
    assert (found.standing, found.abated) == (Standing.HISTORY, None)


def test_no_abatement_is_none() -> None:
    assert recorded(abatementBoolean=False).standing is Standing.ACTIVE


def test_a_suspected_condition_stays_suspected_when_over() -> None:
    found = recorded(verificationStatus="provisional", abatementBoolean=True)
    assert found.standing is Standing.SUSPECTED


@pytest.mark.parametrize(
    "subject",
    [{"subject": SUBJECT}, {"subject": ..., "patient": {"reference": "https://e.org/Patient/p1"}}],
)
def test_it_is_the_patients_under_either_name(subject: dict[str, Any]) -> None:
    assert recorded(**subject).standing is Standing.ACTIVE


def test_another_patients_condition_is_never_used() -> None:
    assert reason(subject={"reference": "Patient/p2"})[0] is DropCode.WRONG_PATIENT
    assert reason(subject=..., patient={"reference": "Patient/p2"})[0] is DropCode.WRONG_PATIENT
    assert reason(subject=...)[0] is DropCode.NO_SUBJECT
    assert reason(subject={"reference": "Group/p1"})[0] is DropCode.NOT_THE_PATIENT


def test_one_that_means_something_else_is_dropped() -> None:
    assert reason(modifierExtension=[{"url": "urn:x"}])[0] is DropCode.MODIFIER
    assert reason(implicitRules="urn:x")[0] is DropCode.IMPLICIT_RULES


@pytest.mark.parametrize(
    ("code", "system"), [("Z80.3", ICD10), ("Z82.4", ICD10), ("57177007", SNOMED)]
)
def test_family_history_is_not_the_patients(code: str, system: str) -> None:
    found = reason(code=code, system=system)
    assert found == (DropCode.FAMILY_HISTORY, "a relative's, not the patient's")


def test_family_history_among_codings_drops_them_all() -> None:
    both = {"coding": [*concept("44054006", SNOMED)["coding"], *concept("Z83.3", ICD10)["coding"]]}
    assert dropped({**condition(), "code": both}).code is DropCode.FAMILY_HISTORY


def test_no_known_problems_is_no_problem() -> None:
    assert reason(code="160245001") == (DropCode.NEGATED, "it says that there is no problem")


def test_a_diagnosis_code_that_no_table_holds_is_of_nothing_that_is_asked_for() -> None:
    ulcer = {"coding": [{"system": SNOMED, "code": "1", "display": "Ulcer of toe"}]}
    for code in (ulcer, concept("H91", ICD10)):
        found = dropped({**condition(), "code": code})
        assert (found.code, found.text) == (DropCode.NO_KNOWN_CODE, "no code that is read here")


def test_a_snomed_ct_code_that_nothing_names_may_be_a_narrower_form_of_anything() -> None:
    found = dropped({**condition(), "code": concept("1", SNOMED)})
    assert (found.code, found.may_be) == (DropCode.UNKNOWN_CODE, None)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (concept("44054006", None), DropCode.UNKNOWN_SYSTEM),
        (concept("250.00", "urn:oid:2.16.840.1.113883.6.999"), DropCode.UNKNOWN_SYSTEM),
        ({"text": "sugar trouble"}, DropCode.TEXT_ONLY),
        ({"coding": [{"display": "sugar trouble"}]}, DropCode.TEXT_ONLY),
        ({}, DropCode.NO_CODE),
        (None, DropCode.NO_CODE),
    ],
)
def test_one_without_a_code_of_a_known_system_could_not_be_placed(code: Any, why: DropCode) -> None:
    found = dropped({**condition(), "code": code})
    assert (found.code, found.key, found.may_be) == (why, "conditions", None)


def test_icd_10_and_danish_codes_are_known() -> None:
    assert "diabetes_t2" in recorded(code="e119", system=ICD10).concepts
    assert "diabetes_t2" in recorded(code="DE119", system="urn:oid:1.2.208.176.2.4").concepts


def test_a_site_names_its_own_codes_and_wider_concepts_follow() -> None:
    site = site_map({"condition_codes": {"urn:local": {"HJERTE": "mi"}}})
    found = recorded(site, code="HJERTE", system="urn:local")
    assert found.concepts == {"mi", "cad", "ascvd"}
    assert found.source.code == "HJERTE"
    assert dropped(condition("HJERTE", "urn:other"), site).code is DropCode.UNKNOWN_SYSTEM


def test_a_site_may_widen_a_standard_code() -> None:
    site = site_map({"condition_codes": {SNOMED: {"44054006": "ckd"}}})
    assert recorded(site).concepts == {"ckd", "diabetes", "diabetes_t2"}


def test_the_concepts_of_all_codings_count_and_the_first_that_has_any_is_named() -> None:
    codings = [
        {"system": SNOMED, "code": "1"},
        {"system": SNOMED, "code": " 38341003"},
        {"system": SNOMED, "code": "44054006"},
        {"system": SNOMED},
    ]
    record = read({**condition(), "code": {"coding": codings}})
    (found,) = record.conditions
    assert found.concepts >= {"hypertension", "diabetes"}
    assert found.source.code == "38341003"


@pytest.mark.parametrize("as_list", [True, False])
def test_a_stage_says_what_it_is_too(as_list: bool) -> None:
    stage: Any = {"summary": concept("431857002", SNOMED)}
    sent = {**condition("1", SNOMED), "stage": [stage, {}] if as_list else stage}
    (found,) = read(sent).conditions
    assert (found.concepts, found.source.code) == (frozenset({"ckd"}), "431857002")


@pytest.mark.parametrize(
    ("onset", "when"),
    [
        ({"onsetDateTime": "2019-02-03"}, day(2019, 2, 3)),
        ({"onsetPeriod": {"start": "2019-02-03", "end": "2020-01-01"}}, day(2019, 2, 3)),
        ({"onsetPeriod": {"end": "2020-01-01"}}, day(2020, 1, 1)),
        ({"onsetPeriod": {}}, None),
        ({"onsetString": "in childhood"}, None),
        ({"onsetDateTime": "in childhood"}, None),
        ({}, None),
    ],
)
def test_the_onset_is_when_it_began(onset: dict[str, Any], when: When | None) -> None:
    assert recorded(**({"onsetDateTime": ...} | onset)).onset == when


@pytest.mark.parametrize(
    ("quantity", "years"),
    [
        ({"value": 45, "code": "a", "unit": "whatever"}, 45),
        ({"value": 45, "unit": " Years "}, 45),
        ({"value": 45, "unit": "yr"}, 45),
        ({"value": 45, "unit": "y"}, 45),
        ({"value": 18, "code": "mo"}, 1.5),
        ({"value": 365.25, "code": "d"}, 1),
        ({"value": 36525 / 700, "code": "wk"}, 1),
        ({"value": 0, "code": "a"}, 0),
        ({"value": 130, "code": "a"}, 130),
        ({"value": 131, "code": "a"}, None),
        ({"value": -1, "code": "a"}, None),
        ({"value": 45}, None),
        ({"value": 45, "unit": "kg"}, None),
        ({"unit": "a"}, None),
        ({"value": 45, "code": "a", "comparator": "<"}, None),
    ],
)
def test_the_age_at_onset_is_in_years(quantity: dict[str, Any], years: float | None) -> None:
    for field in ("onsetAge", "onsetQuantity"):
        sent: dict[str, Any] = {"onsetDateTime": ..., field: quantity}
        found = recorded(**sent)
        assert found.onset_age == (years if years is None else pytest.approx(years))
        assert found.notes == ()


@pytest.mark.parametrize(
    ("low", "high", "age", "notes"),
    [
        (40, 50, 45, (MIDDLE,)),
        (40, 40, 40, ()),
        (None, 50, None, ()),
        (40, None, None, ()),
    ],
)
def test_a_range_of_ages_is_its_middle_and_noted(
    low: float | None, high: float | None, age: float | None, notes: tuple[Note, ...]
) -> None:
    ends = {
        name: {"value": value, "code": "a"}
        for name, value in (("low", low), ("high", high))
        if value is not None
    }
    found = recorded(onsetDateTime=..., onsetRange=ends)
    assert (found.onset_age, found.notes) == (age, notes)


def test_remarks_on_status_come_before_those_on_onset() -> None:
    ends = {"low": {"value": 40, "code": "a"}, "high": {"value": 50, "code": "a"}}
    found = recorded(verificationStatus="provisional", onsetRange=ends)
    assert found.notes == (SUSPECTED, MIDDLE)


def test_a_code_of_a_history_is_a_past_condition() -> None:
    found = recorded(code=concept("312442005", SNOMED))
    assert found.concepts == {"atrial_fibrillation", "cardiac_arrhythmia"}
    assert found.standing is Standing.HISTORY
    assert not found.resolves


def test_a_code_of_a_history_that_is_only_suspected_stays_suspected() -> None:
    found = recorded(code=concept("312442005", SNOMED), verificationStatus=concept("provisional"))
    assert found.standing is Standing.SUSPECTED


def test_a_code_of_a_resolution_covers_every_type_of_the_disease() -> None:
    found = recorded(code=concept("315051004", SNOMED))
    assert {"diabetes", "diabetes_t1", "diabetes_t2", "diabetes_complicated"} <= found.concepts
    assert found.standing is Standing.HISTORY
    assert found.resolves


def test_a_resolution_that_is_only_suspected_resolves_nothing() -> None:
    found = recorded(code=concept("315051004", SNOMED), verificationStatus=concept("provisional"))
    assert not found.resolves
