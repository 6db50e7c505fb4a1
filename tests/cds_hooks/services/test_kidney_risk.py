"""Kidney risk: a referral by KFRE, chronic only over 90 days, and what is not there is said."""

from typing import Any

import pytest

from cds_hooks.settings.settings import Settings
from cds_hooks.settings.site import Site
from tests.charts import ALL_LIVE, ask, patient, problem, result

SERVICE = "kidney-risk"
KIDNEY_DISEASE, KIDNEY_INJURY, DIALYSIS = "709044004", "14669001", "46177005"
TRANSPLANT, PREGNANT, PALLIATIVE = "70536003", "77386006", "103735009"
RECORD = "Chronic kidney disease"
LONG_AGO, LAST_YEAR, LAST_WEEK = "2024-03-01", "2025-03-10", "2026-03-08"

G3A, G3B, G4 = 1.6, 2.0, 2.6
"""Creatinine in mg/dL of a man of 62 with an eGFR of 48, 37 and 27."""


def _creatinine(value: float, *days: str) -> list[dict[str, Any]]:
    return [result("creatinine", value, day) for day in days or (LAST_YEAR, LAST_WEEK)]


def _albumin(value: float, at: str = LAST_WEEK, **fields: Any) -> dict[str, Any]:
    return result("uacr", value, at, **fields)


def _bound(comparator: str, value: float) -> dict[str, Any]:
    return _albumin(0, valueQuantity={"value": value, "unit": "mg/g", "comparator": comparator})


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, patient(), *resources, **options)["cards"]
    return cards


def _suggested(card: dict[str, Any]) -> list[str]:
    resources = [each["actions"][0]["resource"] for each in card.get("suggestions", ())]
    return [each["code"]["text"] for each in resources]


@pytest.mark.parametrize(
    ("albumin", "indicator", "advice"),
    [
        (30, "info", "5-year risk of 3 to 5 %"),
        (200, "warning", "5-year risk above 5 %"),
    ],
)
def test_the_5_year_risk_calls_for_nephrology(albumin: float, indicator: str, advice: str) -> None:
    (card,) = _cards(*_creatinine(G3B), _albumin(albumin))
    assert card["indicator"] == indicator
    assert advice in card["detail"]
    assert _suggested(card) == ["Referral to nephrology", RECORD]


def test_a_5_year_risk_above_5_percent_cites_nice_and_one_below_kdigo() -> None:
    (higher,), (lower,) = (_cards(*_creatinine(G3B), _albumin(each)) for each in (200, 30))
    assert higher["source"]["label"] == "NICE NG203 2021"
    assert lower["source"]["label"] == "KDIGO chronic kidney disease guideline 2024"


def test_below_3_percent_nothing_is_due() -> None:
    assert _cards(*_creatinine(G3A), _albumin(20)) == []


@pytest.mark.parametrize(
    ("creatinine", "albumin", "advice"),
    [
        (3.2, 900, "2-year risk above 10 %: multidisciplinary"),
        (5.5, 3000, "2-year risk above 40 %: prepare for kidney replacement"),
    ],
)
def test_a_high_2_year_risk_is_what_matters(creatinine: float, albumin: float, advice: str) -> None:
    (card,) = _cards(*_creatinine(creatinine), _albumin(albumin))
    assert advice in card["detail"]
    assert "5-year risk" not in card["detail"]
    assert card["indicator"] == "warning"


def test_the_card_gives_risk_stage_course_and_inputs() -> None:
    earlier = [result("creatinine", 1.5, LONG_AGO), result("creatinine", 2.0, LAST_YEAR)]
    (card,) = _cards(*earlier, result("creatinine", G4, LAST_WEEK), _albumin(450))
    assert card["summary"] == (
        "Kidney failure risk 31 % in 5 years and 9.2 % in 2 years, KDIGO G4 A3"
    )
    assert "KDIGO G4 A3: very high risk." in card["detail"]
    assert "Confirmed over 90 days: eGFR 37 and 27, 363 days apart" in card["detail"]
    assert "eGFR slope -12.9 mL/min/1.73 m² a year, 3 results over 2.0 years" in card["detail"]
    assert "Measure eGFR and urine albumin 4 or more times a year" in card["detail"]
    assert "| Urine albumin/creatinine | 450.0 mg/g | 2026-03-08 |" in card["detail"]


def test_how_often_to_measure_is_by_the_cell_of_the_heat_map() -> None:
    (card,) = _cards(*_creatinine(G3B), _albumin(30))
    assert "Measure eGFR and urine albumin 3 times a year (KDIGO" in card["detail"]
    (unknown,) = _cards(*_creatinine(G3A))
    assert "times a year" not in unknown["detail"]


def test_the_calibration_is_the_sites() -> None:
    chart = (*_creatinine(G4), _albumin(450))
    america = Settings(services=ALL_LIVE.services, site=Site(kfre_calibration="north_america"))
    (elsewhere,), (there,) = _cards(*chart), _cards(*chart, settings=america)
    assert elsewhere["summary"] != there["summary"]


def test_one_result_is_not_confirmed_and_calls_for_its_repeat_not_for_a_referral() -> None:
    (card,) = _cards(result("creatinine", G4, LAST_WEEK), _albumin(450))
    assert card["summary"].endswith("not confirmed over 90 days")
    assert card["indicator"] == "info"
    assert _suggested(card) == ["Repeat creatinine with eGFR"]


@pytest.mark.parametrize(("first", "confirmed"), [("2025-12-08", True), ("2025-12-09", False)])
def test_it_is_chronic_from_the_90th_day(first: str, confirmed: bool) -> None:
    (card,) = _cards(*_creatinine(G4, first, LAST_WEEK), _albumin(450))
    assert ("not confirmed over 90 days" not in card["summary"]) == confirmed


def test_a_normal_result_between_leaves_it_unconfirmed() -> None:
    between = result("creatinine", 0.9, "2026-01-10")
    (card,) = _cards(*_creatinine(G4), between, _albumin(450))
    assert "not confirmed over 90 days" in card["summary"]


def test_on_the_problem_list_it_is_chronic_and_what_the_results_show_is_said() -> None:
    chart = (result("creatinine", G4, LAST_WEEK), _albumin(450), problem(KIDNEY_DISEASE))
    (card,) = _cards(*chart)
    assert card["indicator"] == "warning"
    assert "by these results not confirmed over 90 days" in card["detail"]
    resource = card["suggestions"][0]["actions"][0]["resource"]
    assert resource["reasonReference"] == [{"reference": f"Condition/c{KIDNEY_DISEASE}"}]


@pytest.mark.parametrize("code", [DIALYSIS, TRANSPLANT, PREGNANT, PALLIATIVE])
def test_it_is_not_for_dialysis_transplant_pregnancy_or_the_end_of_life(code: str) -> None:
    chart = (*_creatinine(G4), _albumin(450))
    recent = problem(code, onsetDateTime="2026-01-05")
    assert ask(SERVICE, patient(gender="female"), *chart, recent)["cards"] == []


def test_a_rising_creatinine_is_acute_injury_not_kidney_disease() -> None:
    rising = (result("creatinine", 1.2, "2026-03-13T12:30:00Z"), result("creatinine", 2.9))
    assert _cards(*rising, _albumin(450)) == []


@pytest.mark.parametrize(("began", "cards"), [("2026-03-01", 0), ("2025-07-18", 1)])
def test_only_an_injury_of_the_last_90_days_explains_a_single_result(
    began: str, cards: int
) -> None:
    injury = problem(KIDNEY_INJURY, onsetDateTime=began)
    assert len(_cards(result("creatinine", G4, LAST_WEEK), _albumin(450), injury)) == cards


@pytest.mark.parametrize(
    ("creatinine", "indicator"), [(G3A, "info"), (G3B, "info"), (G4, "warning"), (6.5, "warning")]
)
def test_a_first_low_egfr_asks_for_its_repeat(creatinine: float, indicator: str) -> None:
    (card,) = _cards(result("creatinine", creatinine, LAST_WEEK))
    assert "not yet repeated" in card["summary"]
    assert card["indicator"] == indicator
    assert _suggested(card) == ["Repeat creatinine with eGFR"]


def test_an_egfr_of_9_with_kidney_disease_listed_asks_for_nephrology_without_albumin() -> None:
    listed = problem(KIDNEY_DISEASE)
    (card,) = _cards(result("creatinine", 6.2, LAST_WEEK), listed)
    assert card["indicator"] == "warning"
    assert _suggested(card) == ["Referral to nephrology"]


def test_missing_albumin_in_lasting_kidney_disease_calls_for_it() -> None:
    (card,) = _cards(*_creatinine(G3A))
    assert card["summary"] == (
        "Kidney disease, no urine albumin within a year, KDIGO G3a (albuminuria unknown)"
    )
    assert card["indicator"] == "info"
    request = card["suggestions"][0]["actions"][0]["resource"]
    assert request["code"]["coding"][0]["code"] == "9318-7"


def test_albumin_of_two_years_ago_is_missing_and_its_date_is_said() -> None:
    (card,) = _cards(*_creatinine(G3A), _albumin(20, LONG_AGO))
    assert "no urine albumin within a year" in card["summary"]
    assert "last recorded on 2024-03-01, too long ago" in card["detail"]


def test_missing_albumin_is_nobodys_concern_with_a_normal_egfr() -> None:
    assert _cards(*_creatinine(1.0)) == []


def test_unusable_albumin_is_not_guessed() -> None:
    furlongs = _albumin(0, valueQuantity={"value": 45, "unit": "furlong"})
    (card,) = _cards(*_creatinine(G4), furlongs)
    assert "not assessed (Urine albumin/creatinine)" in card["summary"]
    assert "suggestions" not in card


@pytest.mark.parametrize("unit", ["furlong", "mg/g"])
def test_a_normal_egfr_stays_quiet_whatever_became_of_the_albumin(unit: str) -> None:
    albumin = _albumin(0, valueQuantity={"value": 12, "unit": unit})
    assert _cards(*_creatinine(0.9), albumin) == []


def test_albumin_below_detection_is_a_bound_and_said_to_be() -> None:
    (card,) = _cards(*_creatinine(4.2), _bound("<", 3))
    assert card["summary"].startswith(
        "Kidney failure risk at most 14 % in 5 years and at most 3.7 %"
    )
    assert "| Urine albumin/creatinine | below 3.0 mg/g | 2026-03-08 |" in card["detail"]
    assert card["summary"].endswith("KDIGO G4 A1")


@pytest.mark.parametrize(
    ("comparator", "limit", "category"), [("<", 30, "A1"), (">", 300, "A3"), (">=", 300, "A2")]
)
def test_a_bound_at_a_limit_is_of_the_category_on_its_side(
    comparator: str, limit: float, category: str
) -> None:
    (card,) = _cards(*_creatinine(4.2), _bound(comparator, limit))
    assert category in card["summary"]


def test_albuminuria_alone_is_high_risk_where_the_problem_list_does_not_hold_it() -> None:
    chart = (*_creatinine(0.9), _albumin(500, LAST_YEAR), _albumin(400))
    (card,) = _cards(*chart)
    assert card["summary"] == "Kidney disease, high risk, not on the problem list, KDIGO G1 A3"
    assert card["indicator"] == "info"
    assert _suggested(card) == [RECORD]
    assert _cards(*chart, problem(KIDNEY_DISEASE)) == []


def test_very_high_risk_by_the_heat_map_is_a_warning() -> None:
    (card,) = _cards(*_creatinine(G4), _albumin(1))
    assert card["summary"] == "Kidney disease, very high risk, not on the problem list, KDIGO G4 A1"
    assert card["indicator"] == "warning"
    assert _suggested(card) == ["Referral to nephrology", RECORD]


def test_a_single_result_of_high_risk_asks_for_its_repeat() -> None:
    (card,) = _cards(result("creatinine", G3A, LAST_WEEK), _albumin(40))
    assert "not yet repeated" in card["summary"]


def test_a_reported_egfr_above_a_limit_is_not_a_value() -> None:
    above = {"value": 60, "unit": "mL/min/{1.73_m2}", "comparator": ">"}
    reported = result("egfr", 0, valueQuantity=above)
    assert _cards(reported, _albumin(450)) == []


def test_creatinine_with_unusable_units_is_not_guessed_where_albumin_is_there() -> None:
    (card,) = _cards(result("creatinine", 0, valueQuantity={"value": 210}), _albumin(450))
    assert "not assessed (eGFR)" in card["summary"]
