"""Laboratory safety: each limit at its edge, the newest decides, unsafe data never fire."""

from typing import Any

import pytest

from tests.charts import (
    APIXABAN,
    IBUPROFEN,
    METFORMIN,
    ask,
    order,
    patient,
    problem,
    result,
)

SERVICE = "lab-safety"
YESTERDAY = "2026-03-14T20:00:00Z"
TWO_DAYS_AGO = "2026-03-13T12:30:00Z"


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, patient(), *resources, **options)["cards"]
    return cards


@pytest.mark.parametrize(
    ("concept", "fires", "quiet"),
    [
        ("potassium", 6.0, 5.9),
        ("potassium", 2.5, 2.6),
        ("sodium", 119, 120),
        ("sodium", 161, 160),
        ("glucose", 53, 54),
        ("glucose", 500, 499),
        ("glucose_fasting", 53, 54),
        ("hemoglobin", 6.9, 7.0),
    ],
)
def test_a_critical_limit_fires_at_its_edge_and_not_before(
    concept: str, fires: float, quiet: float
) -> None:
    (card,) = _cards(result(concept, fires))
    assert card["indicator"] == "critical"
    assert card["suggestions"]
    assert _cards(result(concept, quiet)) == []


def test_a_repeat_back_to_normal_silences_the_rule() -> None:
    assert _cards(result("potassium", 6.4, YESTERDAY), result("potassium", 4.8)) == []


def test_the_newest_glucose_counts_fasting_or_not() -> None:
    fasting = result("glucose_fasting", 90)
    assert _cards(result("glucose", 520, YESTERDAY), fasting) == []
    assert _cards(result("glucose_fasting", 90, YESTERDAY), result("glucose", 520)) != []


def test_a_critical_result_older_than_its_acute_look_back_is_history() -> None:
    assert _cards(result("potassium", 6.4, "2026-03-13T08:00:00Z")) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "entered-in-error"},
        {"status": "cancelled"},
        {"subject": {"reference": "Patient/p2"}},
        {"valueQuantity": {"value": 6.4, "unit": "mg/dL"}},
        {"valueQuantity": None, "dataAbsentReason": {"coding": [{"code": "error"}]}},
        {"effectiveDateTime": "2026-04-15T08:00:00Z"},
    ],
    ids=["entered-in-error", "cancelled", "another-patient", "wrong-unit", "absent", "future"],
)
def test_unsafe_data_never_fire(fields: dict[str, Any]) -> None:
    unsafe = {name: v for name, v in (result("potassium", 6.4) | fields).items() if v is not None}
    sent = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": unsafe}]}
    assert _cards(acute_labs=sent) == []


def test_a_bounded_result_fires_only_where_the_bound_proves_it() -> None:
    above = {"value": 8.0, "unit": "mmol/L", "comparator": ">"}
    below = {"value": 125, "unit": "mmol/L", "comparator": "<"}
    (card,) = _cards(result("potassium", 0, valueQuantity=above))
    assert "above 8" in card["summary"]
    assert _cards(result("sodium", 0, valueQuantity=below)) == []


def test_kidney_injury_names_its_stage_and_baseline() -> None:
    (card,) = _cards(result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    assert "KDIGO stage 2" in card["summary"]
    assert "1.2 mg/dL (lowest of the 7 days before)" in card["detail"]
    assert {each["actions"][0]["resource"]["resourceType"] for each in card["suggestions"]} == {
        "ServiceRequest",
        "Condition",
    }


def test_the_suggested_condition_is_provisional() -> None:
    (card,) = _cards(result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    resources = [each["actions"][0]["resource"] for each in card["suggestions"]]
    (condition,) = [each for each in resources if each["resourceType"] == "Condition"]
    assert condition["verificationStatus"]["coding"][0]["code"] == "provisional"


@pytest.mark.parametrize("code", ["14669001", "46177005"])
def test_kidney_injury_already_recorded_or_under_dialysis_stays_quiet(code: str) -> None:
    creatinine = (result("creatinine", 2.9), result("creatinine", 1.2, TWO_DAYS_AGO))
    assert _cards(*creatinine, problem(code)) == []


def test_metformin_below_an_egfr_of_30() -> None:
    creatinine = result("creatinine", 2.9, "2026-02-01")
    (card,) = _cards(creatinine, order(METFORMIN))
    assert "Metformin is contraindicated" in card["summary"]
    assert _cards(creatinine) == []
    assert _cards(result("creatinine", 1.9, "2026-02-01"), order(METFORMIN)) == []


def test_an_anticoagulant_together_with_an_nsaid() -> None:
    (card,) = _cards(order(APIXABAN), order(IBUPROFEN))
    assert "Anticoagulant together with an NSAID" in card["summary"]
    assert _cards(order(APIXABAN)) == []
    assert _cards(order(APIXABAN), order(IBUPROFEN, status="stopped")) == []
