"""Stroke risk in atrial fibrillation: when an anticoagulation review is due, and when it is not."""

from typing import Any

import pytest

from cds_hooks.settings.settings import Settings
from cds_hooks.settings.site import Site
from tests.charts import (
    APIXABAN,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    IBUPROFEN,
    ask,
    order,
    patient,
    problem,
    result,
)

SERVICE = "af-stroke-risk"
AF = problem(ATRIAL_FIBRILLATION)


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def test_two_points_and_no_anticoagulant_call_for_a_review() -> None:
    (card,) = _cards(patient(), AF, problem(HYPERTENSION), problem(DIABETES))
    assert card["summary"] == "Atrial fibrillation: CHA2DS2-VA 2, no anticoagulant on the list"
    assert card["indicator"] == "warning"
    assert [each["label"] for each in card["suggestions"]] == ["Request an anticoagulation review"]
    assert "ESC atrial fibrillation guideline 2024" in card["detail"]
    assert "| Hypertension | yes |" in card["detail"]


def test_one_point_is_information_without_a_suggestion() -> None:
    (card,) = _cards(patient(), AF, problem(HYPERTENSION))
    assert card["indicator"] == "info"
    assert "suggestions" not in card


def test_no_points_no_card() -> None:
    assert _cards(patient(), AF) == []


def test_without_atrial_fibrillation_no_card() -> None:
    assert _cards(patient(), problem(HYPERTENSION), problem(DIABETES)) == []


RESOLVED = problem(ATRIAL_FIBRILLATION, clinicalStatus={"coding": [{"code": "resolved"}]})


def test_a_resolved_atrial_fibrillation_is_information_by_its_score() -> None:
    (card,) = _cards(patient(), RESOLVED, problem(HYPERTENSION), problem(DIABETES))
    assert card["summary"].startswith("Atrial fibrillation, recorded as over: CHA2DS2-VA 2")
    assert card["indicator"] == "info"
    assert "whether or not sinus rhythm was achieved (class I)" in card["detail"]


def test_a_resolved_atrial_fibrillation_is_quiet_with_fewer_points_or_an_anticoagulant() -> None:
    assert _cards(patient(), RESOLVED, problem(HYPERTENSION)) == []
    points = problem(HYPERTENSION), problem(DIABETES)
    assert _cards(patient(), RESOLVED, *points, order(APIXABAN)) == []
    status = {"coding": [{"code": "refuted"}]}
    refuted = problem(ATRIAL_FIBRILLATION, verificationStatus=status)
    assert _cards(patient(), refuted, *points) == []


def test_a_resolved_atrial_fibrillation_with_an_unread_medication_list_is_unclear() -> None:
    points = problem(HYPERTENSION), problem(DIABETES)
    (card,) = _cards(patient(), RESOLVED, *points, medications=...)
    assert card["summary"].endswith("anticoagulation unclear")


@pytest.mark.parametrize("code", ["77386006", "103735009"])
def test_pregnancy_and_palliative_care_rule_the_service_out(code: str) -> None:
    excluded = problem(code, onsetDateTime="2026-01-10")
    assert _cards(patient(), AF, problem(HYPERTENSION), problem(DIABETES), excluded) == []


def test_an_old_order_leaves_anticoagulation_unclear() -> None:
    old = order(APIXABAN, authoredOn="2023-02-01")
    (card,) = _cards(patient(), AF, problem(HYPERTENSION), problem(DIABETES), old)
    assert card["summary"].endswith("anticoagulation unclear")
    assert card["indicator"] == "info"
    assert "suggestions" not in card


def test_a_partial_birth_date_gives_the_range_of_points() -> None:
    chart = (AF, problem(HYPERTENSION), problem(DIABETES))
    (card,) = _cards(patient(birthDate="1961"), *chart)
    assert "CHA2DS2-VA 2 to 3" in card["summary"]


def test_modifiable_bleeding_factors_are_information_and_the_unknown_ones_a_range() -> None:
    chart = (AF, problem(HYPERTENSION), problem(DIABETES), order(IBUPROFEN), result("sbp", 172))
    (card,) = _cards(patient(), *chart)
    assert "Bleeding risk that can be modified: Systolic BP, NSAID" in card["detail"]
    assert "HAS-BLED 2 to 6" in (card["detail"])
    assert card["indicator"] == "warning"


AT_RISK = (AF, problem(HYPERTENSION), problem(DIABETES))
DIRECT = "A direct oral anticoagulant first"
MECHANICAL, UNKNOWN_VALVE, BIOLOGICAL = "174929002", "174920003", "Z95.3"
WARFARIN = "B01AA03"


def _icd(code: str, **fields: Any) -> dict[str, Any]:
    coding = {"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}
    return problem(code) | {"code": {"coding": [coding]}} | fields


def test_a_direct_oral_anticoagulant_goes_first_where_nothing_rules_it_out() -> None:
    (card,) = _cards(patient(), *AT_RISK)
    assert DIRECT in card["detail"]


@pytest.mark.parametrize(
    "valve", [problem(MECHANICAL), problem(UNKNOWN_VALVE), problem("79619009"), _icd("D68.61")]
)
def test_no_direct_oral_anticoagulant_with_a_valve_mitral_stenosis_or_antiphospholipids(
    valve: dict[str, Any],
) -> None:
    cards = _cards(patient(), *AT_RISK, valve)
    (card,) = (each for each in cards if each["summary"].startswith("Atrial fibrillation"))
    assert DIRECT not in card["detail"]
    assert "direct oral anticoagulant" in card["detail"]


@pytest.mark.parametrize("code", ["Z95.2", "Z95.4"])
def test_a_valve_of_unknown_type_is_said_and_no_alarm(code: str) -> None:
    (card,) = _cards(patient(), *AT_RISK, _icd(code))
    assert card["indicator"] == "warning"
    assert "find out whether it is mechanical" in card["detail"]
    assert _cards(patient(), _icd(code)) == []


def test_a_bioprosthesis_leaves_the_advice_as_it_is() -> None:
    (card,) = _cards(patient(), *AT_RISK, _icd(BIOLOGICAL))
    assert DIRECT in card["detail"]


def test_mitral_stenosis_asks_for_a_vitamin_k_antagonist_whatever_the_score() -> None:
    (card,) = _cards(patient(), AF, problem("79619009"))
    assert "a vitamin K antagonist whatever the score" in card["detail"]


def test_a_mechanical_valve_without_an_anticoagulant_is_critical_without_fibrillation_too() -> None:
    (card,) = _cards(patient(), problem(MECHANICAL))
    assert card["indicator"] == "critical"
    assert card["summary"] == "Mechanical heart valve: no anticoagulant on the list"
    assert card["source"]["topic"]["code"] == "MechanicalValve"
    request = card["suggestions"][0]["actions"][0]["resource"]
    assert request["priority"] == "urgent"


@pytest.mark.parametrize("code", ["77386006", "103735009"])
def test_neither_pregnancy_nor_palliative_care_silences_a_mechanical_valve(code: str) -> None:
    recent = problem(code, onsetDateTime="2026-01-10")
    (card,) = _cards(patient(gender="female"), problem(MECHANICAL), recent)
    assert card["indicator"] == "critical"


@pytest.mark.parametrize(
    "other",
    [
        order(WARFARIN),
        order("B01AB05"),
        problem("133918004", onsetDateTime="2026-03-10"),
        _icd(BIOLOGICAL, onsetDateTime="2024-05-01"),
    ],
    ids=["warfarin", "treatment-dose", "comfort", "replaced"],
)
def test_a_protected_or_replaced_valve_and_comfort_care_raise_no_alarm(
    other: dict[str, Any],
) -> None:
    assert _cards(patient(), problem(MECHANICAL), other) == []


def test_a_mechanical_valve_after_a_bioprosthesis_is_one() -> None:
    earlier = _icd(BIOLOGICAL, onsetDateTime="2010-05-01")
    (card,) = _cards(patient(), problem(MECHANICAL), earlier)
    assert card["indicator"] == "critical"


def test_warfarin_that_was_stopped_last_week_protects_no_valve_and_is_said() -> None:
    stopped = order(WARFARIN, status="stopped", authoredOn="2026-01-05")
    sent = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": stopped}]}
    (card,) = _cards(patient(), problem(MECHANICAL), medications=sent)
    assert card["indicator"] == "critical"
    assert "since stopped" in card["detail"]


def test_a_heparin_flush_and_a_prophylactic_dose_protect_no_valve() -> None:
    for text in ("heparin flush 10 units/mL", "enoxaparin 40 mg daily"):
        sent = order("x", medicationCodeableConcept={"text": text})
        (card,) = _cards(patient(), problem(MECHANICAL), sent)
        assert card["summary"].startswith("Mechanical heart valve")


def test_an_unread_medication_list_is_to_be_checked_and_the_valve_is_shown() -> None:
    (card,) = _cards(patient(), problem(MECHANICAL), medications=...)
    assert card["indicator"] == "warning"
    assert "Check the medication list" in card["detail"]


def test_a_valve_with_active_bleeding_is_shown_and_no_order_to_anticoagulate() -> None:
    bleeding = problem("74474003", onsetDateTime="2026-03-10")
    (card,) = _cards(patient(), problem(MECHANICAL), bleeding)
    assert card["indicator"] == "warning"
    assert "2026-03-10" in card["summary"]
    old = problem("74474003", onsetDateTime="2024-03-10")
    (card,) = _cards(patient(), problem(MECHANICAL), old)
    assert card["indicator"] == "critical"


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (problem("274100004", onsetDateTime="2026-02-23"), "intracranial haemorrhage 2026-02-23"),
        (problem("74474003", onsetDateTime="2026-03-10"), "bleeding 2026-03-10"),
        (result("platelets", 18), "platelets 18 ×10⁹/L on 2026-03-15"),
        (result("platelets", 40), "platelets 40 ×10⁹/L on 2026-03-15"),
        (problem("46177005"), "dialysis / kidney failure 2020-05-01"),
    ],
)
def test_what_speaks_against_an_anticoagulant_is_named_with_its_date(
    other: dict[str, Any], said: str
) -> None:
    (card,) = _cards(patient(), *AT_RISK, other)
    assert said in card["summary"]
    assert card["indicator"] == "info"
    assert DIRECT not in card["detail"]


def test_platelets_of_50_speak_against_nothing() -> None:
    (card,) = _cards(patient(), *AT_RISK, result("platelets", 50))
    assert "against it" not in card["summary"]


@pytest.mark.parametrize("code", ["233873004", "16573007"])
def test_hypertrophic_cardiomyopathy_and_amyloidosis_need_no_score(code: str) -> None:
    (card,) = _cards(patient(), AF, problem(code))
    assert "whatever the score (class I)" in card["detail"]


def test_the_yearly_risk_is_given_with_its_source() -> None:
    (card,) = _cards(patient(), *AT_RISK)
    assert "Ischaemic stroke without an anticoagulant: 2.9 % a year (" in card["detail"]


def test_one_point_is_class_iia_and_two_are_class_i() -> None:
    (one,) = _cards(patient(), AF, problem(HYPERTENSION))
    (two,) = _cards(patient(), *AT_RISK)
    assert "(class IIa)" in one["detail"]
    assert "(class I)" in two["detail"]


def test_a_site_may_follow_the_american_guideline() -> None:
    settings = Settings(site=Site(atrial_fibrillation_guideline="acc-aha-2023"))
    (card,) = _cards(patient(), AF, problem(HYPERTENSION), settings=settings)
    assert "ACC/AHA/ACCP/HRS atrial fibrillation guideline 2023" in card["detail"]
    assert "(class 2a)" in card["detail"]


def test_a_problem_that_could_be_a_mechanical_valve_keeps_back_the_direct_anticoagulant() -> None:
    words = problem("x") | {"code": {"text": "Mechanical aortic valve (text only)"}}
    (card,) = _cards(patient(), *AT_RISK, words)
    assert DIRECT not in card["detail"]
    assert "may be a mechanical valve" in card["detail"]


def test_a_problem_that_names_a_mechanical_valve_with_a_question_mark_is_to_be_checked() -> None:
    words = problem("x") | {"code": {"text": "Mechanical heart valve?"}}
    (card,) = _cards(patient(), words)
    assert card["summary"].startswith("Mechanical heart valve: may be recorded")
    assert card["indicator"] == "warning"
