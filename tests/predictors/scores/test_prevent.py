import re
from typing import Any

import pytest

from predictors.predictor import NotAssessed, OneOf, Problem, RiskAssessment, Value
from predictors.scores.prevent import prevent_10y, prevent_30y
from tests.predictors.examples import EXAMPLES
from tests.predictors.scores.vectors import vectors

OUTCOMES = {
    "total_cvd": "CVD",
    "ascvd": "ASCVD",
    "heart_failure": "HF",
    "chd": "CHD",
    "stroke": "stroke",
}
EXAMPLE = EXAMPLES["prevent"]
RANGES = {
    "age": (30, 79),
    "chol_total": (130, 320),
    "hdl": (20, 100),
    "sbp": (90, 200),
    "bmi": (18.5, 39.9),
    "egfr": (15, 150),
}


def facts(given: dict[str, Any]) -> dict[str, Value]:
    return {
        **{name: given[name] for name in ("age", "sex", "sbp", "bmi", "egfr")},
        "chol_total": given["total_c"],
        "hdl": given["hdl_c"],
        "diabetes": bool(given["dm"]),
        "smoking_status": "current" if given["smoking"] else "never",
        "antihypertensive": bool(given["bp_tx"]),
        "statin": bool(given["statin"]),
    }


def as_expected(risk: RiskAssessment, expected: dict[str, float], tolerance: float) -> None:
    for outcome, probability in expected.items():
        assert risk[OUTCOMES[outcome]].value == pytest.approx(probability, abs=tolerance)


@pytest.mark.parametrize("vector", vectors("prevent"))
def test_reference_10_years(vector: dict[str, Any]) -> None:
    risk = prevent_10y.assess(facts(vector["inputs"]))
    as_expected(risk, vector["expected"]["10y"], vector["tolerance"])


@pytest.mark.parametrize("vector", [v for v in vectors("prevent") if v["expected"]["30y"]])
def test_reference_30_years(vector: dict[str, Any]) -> None:
    risk = prevent_30y.assess(facts(vector["inputs"]))
    as_expected(risk, vector["expected"]["30y"], vector["tolerance"])


@pytest.mark.parametrize("vector", [v for v in vectors("prevent") if v["inputs"]["age"] >= 60])
def test_thirty_years_are_not_predicted_from_age_60(vector: dict[str, Any]) -> None:
    with pytest.raises(NotAssessed, match="outside the validated range 30 to 59"):
        prevent_30y.assess(facts(vector["inputs"]))


@pytest.mark.parametrize(("name", "limits"), RANGES.items())
def test_the_validated_range_includes_its_ends_and_nothing_beyond(
    name: str, limits: tuple[float, float]
) -> None:
    low, high = limits
    for within in limits:
        assert prevent_10y.assess({**EXAMPLE, name: within})["CVD"].certain
    for beyond in (low - 0.01, high + 0.01):
        with pytest.raises(NotAssessed, match=re.escape(f"range {low:g} to {high:g}")):
            prevent_10y.assess({**EXAMPLE, name: beyond})


@pytest.mark.parametrize("name", ["ascvd", "heart_failure", "stroke_hemorrhagic", "pregnancy"])
def test_it_is_not_for_those_with_the_disease_it_predicts(name: str) -> None:
    with pytest.raises(NotAssessed) as refused:
        prevent_10y.assess({**EXAMPLE, name: True})
    assert [(r.input, r.problem) for r in refused.value.reasons] == [(name, Problem.NOT_APPLICABLE)]


def test_an_unknown_smoking_status_is_not_taken_for_never() -> None:
    with pytest.raises(NotAssessed, match="smoking_status unknown is not one of"):
        prevent_10y.assess({**EXAMPLE, "smoking_status": "unknown"})


def test_a_former_smoker_counts_as_not_smoking() -> None:
    never, former = (
        prevent_10y.assess({**EXAMPLE, "smoking_status": status})["CVD"].value
        for status in ("never", "former")
    )
    assert never == former


def test_an_unknown_statin_gives_a_span() -> None:
    with_statin, without = (
        prevent_10y.assess({**EXAMPLE, "statin": taken})["ASCVD"].value for taken in (True, False)
    )
    unknown = prevent_10y.assess({**EXAMPLE, "statin": OneOf((False, True))})["ASCVD"]
    assert unknown.value == without
    assert {unknown.low, unknown.high} == {with_statin, without}


def test_lipids_and_bmi_do_not_move_what_their_equation_leaves_out() -> None:
    risk = prevent_10y.assess(EXAMPLE)
    amounts = {p.outcome: {c.input: c.amount for c in p.contributions} for p in risk.predictions}
    assert amounts["HF"]["chol_total"] == amounts["HF"]["statin"] == 0
    assert amounts["ASCVD"]["bmi"] == 0 != amounts["HF"]["bmi"]


def test_without_bmi_all_but_heart_failure_is_predicted_and_is_the_same() -> None:
    whole = prevent_10y.assess(EXAMPLE)
    without = prevent_10y.assess({k: v for k, v in EXAMPLE.items() if k != "bmi"})
    told = {each.outcome: each.value for each in without.predictions}
    expected = {each.outcome: each.value for each in whole.predictions}
    assert expected.pop("HF") > 0
    assert told == expected
