"""Cardiovascular risk: when a card is due, what it says, and when it stays away."""

from typing import Any

import pytest

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.site import Site
from tests.charts import (
    ATORVASTATIN,
    DIABETES,
    HEART_FAILURE,
    INFARCTION,
    ask,
    at_risk,
    order,
    patient,
    problem,
    result,
    smoking,
)

SERVICE = "cardiovascular-risk"
UNRECOGNISED = order("X99", medicationCodeableConcept={"text": "Study drug 7"})


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def _but(concept: str) -> list[dict[str, Any]]:
    return [each for each in at_risk() if not each["id"].startswith(concept)]


def test_a_smoker_at_high_risk_without_a_statin_gets_one_card() -> None:
    (card,) = _cards(patient(), *at_risk())
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("10-year ASCVD risk 1")
    assert card["summary"].endswith(": high")
    assert "10-year ASCVD" in card["summary"]
    assert " in 100)" in card["summary"]
    assert "ACC/AHA dyslipidemia guideline 2026" in card["detail"]


def test_the_card_shows_what_went_in_with_unit_and_date() -> None:
    (card,) = _cards(patient(), *at_risk())
    assert "| Systolic BP | 150 mmHg | 2026-03-15 |\n" in card["detail"]


def test_medicines_are_named_and_never_ordered() -> None:
    (card,) = _cards(patient(), *at_risk())
    created = [each["actions"][0]["resource"]["resourceType"] for each in card["suggestions"]]
    assert set(created) == {"ServiceRequest"}
    assert "statin" in card["detail"]


def test_a_statin_on_the_list_leaves_only_the_blood_pressure_open() -> None:
    (card,) = _cards(patient(), *at_risk(), order(ATORVASTATIN))
    assert "AHA/ACC high blood pressure guideline 2025" in card["detail"]
    assert "dyslipidemia" not in card["detail"]


def test_no_card_with_both_treatments_in_place() -> None:
    assert _cards(patient(), *at_risk(), order(ATORVASTATIN), order("C09AA05")) == []


@pytest.mark.parametrize("code", [INFARCTION, HEART_FAILURE])
def test_no_card_after_a_first_event(code: str) -> None:
    answer = ask(SERVICE, patient(), *at_risk(), problem(code))
    assert answer["cards"] == []
    told = answer["extension"][EXTENSION]["notAssessed"]
    assert {reason["problem"] for reason in told} == {"not-applicable"}


def test_an_ldl_of_190_turns_the_equations_off() -> None:
    answer = ask(SERVICE, patient(), *at_risk(), result("ldl", 190))
    assert answer["cards"] == []
    assert "190 mg/dL" in answer["extension"][EXTENSION]["notAssessed"][0]["text"]


def test_an_unrecognised_drug_keeps_the_card_from_suggesting_a_start() -> None:
    (card,) = _cards(patient(), *at_risk(), UNRECOGNISED)
    assert card["indicator"] == "info"
    assert "suggestions" not in card
    assert "not recognised" in card["detail"]


def test_without_the_medication_list_the_risk_is_a_range_and_nothing_is_suggested() -> None:
    (card,) = _cards(patient(), *at_risk(), medications=...)
    assert card["indicator"] == "info"
    assert "suggestions" not in card
    assert " to " in card["summary"].split("(")[0]


def test_outside_the_validated_range_the_card_says_so_and_gives_no_number() -> None:
    (card,) = _cards(patient(), *_but("chol_total"), result("chol_total", 350))
    assert card["indicator"] == "info"
    assert "outside the validated range 130 to 320" in card["detail"]
    assert "%" not in card["summary"]


def test_a_unit_that_its_code_does_not_stand_for_is_said() -> None:
    quantity = {
        "value": 6.1,
        "unit": "mmol/L",
        "system": "http://unitsofmeasure.org",
        "code": "mmol/L",
    }
    converted = result("chol_total", 0, valueQuantity=quantity)
    (card,) = _cards(patient(), *_but("chol_total"), converted)
    assert "it came in mmol/L" in card["detail"]


def test_an_unknown_sex_gives_a_range_over_both() -> None:
    (card,) = _cards(patient(gender="other"), *at_risk())
    assert " to " in card["summary"].split("(")[0]


def test_a_site_may_choose_score2_with_its_region_and_categories() -> None:
    site = Site(
        cardiovascular_model="score2", score2_region="very_high", score2_categories="esc-2021"
    )
    (card,) = _cards(patient(), *at_risk(), settings=Settings(site=site))
    assert card["source"]["label"] == "SCORE2"
    assert "ESC prevention guideline 2021" in card["detail"]
    site = Site(cardiovascular_model="score2", score2_region="very_high")
    (card,) = _cards(patient(), *at_risk(), settings=Settings(site=site))
    assert "ESC/EAS dyslipidaemia focused update 2025" in card["detail"]


def test_score2_takes_its_variant_by_age_and_diabetes() -> None:
    settings = Settings(site=Site(cardiovascular_model="score2", score2_region="very_high"))
    (older,) = _cards(patient(birthDate="1950-01-10"), *at_risk(), settings=settings)
    assert older["source"]["label"] == "SCORE2-OP"
    diabetic = (problem(DIABETES), result("hba1c", 8.1))
    (card,) = _cards(patient(), *at_risk(), *diabetic, settings=settings)
    assert card["source"]["label"] == "SCORE2-Diabetes"


def test_low_risk_stays_quiet() -> None:
    healthy = [
        result("sbp", 118),
        result("chol_total", 170),
        result("hdl", 60),
        result("bmi", 23),
        result("creatinine", 0.9),
        smoking("266919005"),
    ]
    assert _cards(patient(birthDate="1984-01-10"), *healthy) == []


EUROPE = Settings(site=Site(cardiovascular_model="score2", score2_region="very_high"))
TYPE_1 = "46635009"


def test_with_a_statin_in_place_the_summary_gives_the_risk_that_the_pressure_is_treated_by() -> (
    None
):
    (card,) = _cards(patient(), *at_risk(), order(ATORVASTATIN))
    assert card["summary"].startswith("10-year CVD risk")
    assert card["summary"].endswith(": blood pressure of 140/90 mmHg or more")


def test_a_diastolic_pressure_counts_by_itself() -> None:
    chart = [*_but("sbp"), result("sbp", 126), order(ATORVASTATIN)]
    assert _cards(patient(), *chart, result("dbp", 78)) == []
    (card,) = _cards(patient(), *chart, result("dbp", 84))
    assert "130/80 mmHg" in card["detail"]
    assert "whatever the risk" not in card["detail"]
    (card,) = _cards(patient(), *chart, result("dbp", 94))
    assert "whatever the risk" in card["detail"]


def test_an_unknown_sex_never_names_one_band_where_two_are_possible() -> None:
    (card,) = _cards(patient(gender="other"), *at_risk())
    band = card["summary"].rpartition(": ")[2]
    assert band == "intermediate or high"


def test_over_75_no_high_intensity_statin_is_advised() -> None:
    (card,) = _cards(patient(birthDate="1949-01-10"), *at_risk(), order("C09AA05"))
    assert "high-intensity" not in card["detail"]
    assert "a moderate-intensity statin may be reasonable" in card["detail"]
    assert card["indicator"] == "info"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("248279007", "weigh expected years of life"),
        ("52448006", "weigh expected years of life"),
        ("16462851000119106", "ezetimibe or bempedoic acid instead"),
    ],
    ids=["frailty", "dementia", "intolerance"],
)
def test_frailty_dementia_and_statin_intolerance_change_the_advice(code: str, said: str) -> None:
    (card,) = _cards(patient(), *at_risk(), order("C09AA05"), problem(code))
    assert said in card["detail"]
    assert card["indicator"] == "info"
    assert "suggestions" not in card


def test_score2_diabetes_has_bands_of_its_own() -> None:
    diabetic = (problem(DIABETES), result("hba1c", 8.1))
    (card,) = _cards(patient(), *at_risk(), *diabetic, settings=EUROPE)
    assert "ESC diabetes guideline 2023" in card["detail"]


@pytest.mark.parametrize(
    ("creatinine", "albumin", "fires"),
    [(2.0, 10, True), (1.5, 40, True), (0.9, 400, True), (1.5, 10, False)],
)
def test_severe_organ_damage_in_type_2_diabetes_is_very_high_risk_without_a_score(
    creatinine: float, albumin: float, fires: bool
) -> None:
    kidneys = (result("creatinine", creatinine), result("uacr", albumin))
    chart = (*_but("creatinine"), problem(DIABETES), result("hba1c", 8.1), *kidneys)
    (card,) = _cards(patient(), *chart, settings=EUROPE)
    assert card["summary"].startswith("Type 2 diabetes with") == fires


def test_type_1_diabetes_is_not_scored_by_score2_diabetes() -> None:
    chart = (*at_risk(), problem(TYPE_1), result("hba1c", 8.1))
    answer = ask(SERVICE, patient(), *chart, settings=EUROPE)
    assert answer["cards"] == []
    assert "Type 1 diabetes" in str(answer["extension"])


@pytest.mark.parametrize(("concept", "value"), [("sbp", 235), ("chol_total", 900)])
def test_score2_refuses_what_lies_beyond_its_range(concept: str, value: float) -> None:
    (card,) = _cards(patient(), *_but(concept), result(concept, value), settings=EUROPE)
    assert "outside the validated range" in card["detail"]


def test_in_europe_pressure_is_treated_from_10_percent_at_130_80() -> None:
    chart = [*_but("sbp"), result("sbp", 134), order(ATORVASTATIN)]
    (card,) = _cards(patient(), *chart, settings=EUROPE)
    assert "ESC elevated blood pressure and hypertension guideline 2024" in card["detail"]
