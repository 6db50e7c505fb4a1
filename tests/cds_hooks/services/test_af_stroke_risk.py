"""Stroke risk in atrial fibrillation: when an anticoagulation review is due, and when it is not."""

from typing import Any

import pytest

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


def test_a_resolved_atrial_fibrillation_does_not_count_as_active() -> None:
    resolved = problem(ATRIAL_FIBRILLATION, clinicalStatus={"coding": [{"code": "resolved"}]})
    assert _cards(patient(), resolved, problem(HYPERTENSION), problem(DIABETES)) == []


@pytest.mark.parametrize("code", ["79619009", "77386006", "103735009"])
def test_mitral_stenosis_pregnancy_and_palliative_care_rule_the_service_out(code: str) -> None:
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


def test_modifiable_bleeding_factors_are_information_and_the_unknown_ones_are_named() -> None:
    chart = (AF, problem(HYPERTENSION), problem(DIABETES), order(IBUPROFEN), result("sbp", 172))
    (card,) = _cards(patient(), *chart)
    assert "Bleeding risk that can be modified: Systolic BP, NSAID" in card["detail"]
    assert "Labile INR" in card["detail"]
    assert card["indicator"] == "warning"
