"""Liver fibrosis: FIB-4 for whom it is meant, by age, and quiet where it would mislead."""

from typing import Any

import pytest

from tests.charts import DIABETES, ask, patient, problem, result

SERVICE = "liver-fibrosis"
FATTY_LIVER, ALCOHOL, CIRRHOSIS, ASCITES = "197315008", "7200002", "19943007", "389026000"
TYPE_1, SEPSIS, PREGNANT, LYMPHOMA, PALLIATIVE = (
    "46635009",
    "91302008",
    "77386006",
    "118600007",
    "103735009",
)


def _labs(ast: float = 80, alt: float = 64, platelets: float = 150) -> list[dict[str, Any]]:
    return [result("ast", ast), result("alt", alt), result("platelets", platelets)]


def _fib4(index: float, age: int) -> list[dict[str, Any]]:
    """Laboratory results that give that FIB-4 at that age."""
    return _labs(ast=40, alt=64, platelets=age * 40 / (8 * index))


def _cards(*resources: dict[str, Any], born: str = "1964-01-10") -> list[dict[str, Any]]:
    answer = ask(SERVICE, patient(birthDate=born), *resources)
    cards: list[dict[str, Any]] = answer["cards"]
    return cards


def _request(card: dict[str, Any]) -> dict[str, Any]:
    (suggestion,) = card["suggestions"]
    resource: dict[str, Any] = suggestion["actions"][0]["resource"]
    return resource


@pytest.mark.parametrize(
    ("born", "age", "quiet", "fires"),
    [
        ("1964-01-10", 62, 1.29, 1.31),
        ("1961-03-16", 64, 1.29, 1.31),
        ("1961-03-15", 65, 1.99, 2.01),
    ],
)
def test_the_lower_limit_is_higher_from_65(born: str, age: int, quiet: float, fires: float) -> None:
    assert _cards(problem(DIABETES), *_fib4(quiet, age), born=born) == []
    (card,) = _cards(problem(DIABETES), *_fib4(fires, age), born=born)
    assert card["indicator"] == "info"
    assert f"FIB-4 {fires:.2f}, indeterminate" in card["summary"]


def test_an_indeterminate_score_suggests_elastography_in_words_only() -> None:
    (card,) = _cards(problem(DIABETES), *_fib4(2.0, 62))
    assert _request(card)["code"] == {"text": "Liver stiffness by elastography"}


@pytest.mark.parametrize(("born", "age"), [("1964-01-10", 62), ("1950-01-10", 76)])
def test_above_2_67_is_for_hepatology_at_any_age(born: str, age: int) -> None:
    (card,) = _cards(problem(DIABETES), *_fib4(2.68, age), born=born)
    assert card["indicator"] == "warning"
    request = _request(card)
    assert request["code"]["text"] == "Referral to hepatology"
    assert request["code"]["coding"][0]["code"] == "3457005"
    assert request["reasonReference"] == [{"reference": f"Condition/c{DIABETES}"}]


@pytest.mark.parametrize("code", [DIABETES, FATTY_LIVER, ALCOHOL])
def test_a_risk_factor_makes_it_a_question(code: str) -> None:
    assert _cards(*_labs()) == []
    assert len(_cards(problem(code), *_labs())) == 1


@pytest.mark.parametrize(("bmi", "cards"), [(30.0, 1), (29.9, 0)])
def test_obesity_is_one_and_is_shown(bmi: float, cards: int) -> None:
    found = _cards(result("bmi", bmi), *_labs())
    assert len(found) == cards
    assert all("Risk factors: BMI 30.0 kg/m²." in card["detail"] for card in found)


def test_type_1_diabetes_is_none() -> None:
    assert _cards(problem(TYPE_1), *_labs()) == []


@pytest.mark.parametrize("code", [CIRRHOSIS, ASCITES, SEPSIS, PREGNANT, LYMPHOMA, PALLIATIVE])
def test_where_it_is_known_or_would_mislead_it_stays_quiet(code: str) -> None:
    chart = (problem(DIABETES), *_labs())
    other = problem(code, onsetDateTime="2026-01-05")
    assert ask(SERVICE, patient(gender="female"), *chart)["cards"]
    assert ask(SERVICE, patient(gender="female"), *chart, other)["cards"] == []


def test_up_to_35_years_it_stays_quiet() -> None:
    assert _cards(problem(DIABETES), *_fib4(3, 35), born="1990-03-16") == []
    assert _cards(problem(DIABETES), *_fib4(3, 36), born="1990-03-15")


def test_low_platelets_of_immune_thrombocytopenia_say_nothing_of_the_liver() -> None:
    chart = (problem(DIABETES), *_labs(platelets=40))
    assert _cards(*chart)
    assert _cards(*chart, problem("32273002")) == []


@pytest.mark.parametrize(("ast", "alt"), [(201, 60), (60, 201)])
def test_acute_hepatitis_is_not_fibrosis_and_that_is_said(ast: float, alt: float) -> None:
    answer = ask(SERVICE, patient(), problem(DIABETES), *_labs(ast=ast, alt=alt, platelets=60))
    assert answer["cards"] == []
    assert "more than five times normal" in str(answer["extension"])
    assert _cards(problem(DIABETES), *_labs(ast=200, alt=200, platelets=60))


def test_results_of_different_weeks_are_no_score() -> None:
    old = [result("platelets", 150, "2026-03-01"), result("ast", 80), result("alt", 64)]
    (card,) = _cards(problem(DIABETES), *old)
    assert "not assessed (Platelets)" in card["summary"]
    assert "not measured close enough" in card["detail"]


def test_unusable_results_are_not_guessed() -> None:
    unusable = result("ast", 80, valueQuantity={"value": 80, "unit": "mmHg"})
    (card,) = _cards(problem(DIABETES), unusable, *_labs()[1:])
    assert "not assessed (AST)" in card["summary"]
    assert "suggestions" not in card


HEPATITIS_C = problem("128302006")


def test_hepatitis_c_alone_has_its_own_limit() -> None:
    (card,) = _cards(HEPATITIS_C, *_fib4(3.3, 62))
    assert card["summary"] == "FIB-4 3.30, may be cirrhosis in hepatitis C"
    assert "treatment by a specialist" in card["detail"]
    assert _cards(HEPATITIS_C, *_fib4(3.2, 62)) == []


def test_hepatitis_c_in_words_counts_and_a_doubtful_one_does_not() -> None:
    named = {k: v for k, v in HEPATITIS_C.items() if k != "code"}
    assert _cards(named | {"code": {"text": "Chronic hepatitis C"}}, *_fib4(3.3, 62)) != []
    assert _cards(named | {"code": {"text": "? chronic hepatitis C"}}, *_fib4(3.3, 62)) == []


def test_hepatitis_c_beside_diabetes_is_judged_by_the_lower_limits() -> None:
    (card,) = _cards(HEPATITIS_C, problem(DIABETES), *_fib4(2.7, 62))
    assert card["summary"].endswith("high risk of advanced fibrosis")
