from typing import Any

import pytest

from predictors.predictor import Kind, Prediction, Value
from predictors.scores.has_bled import MODIFIABLE, has_bled
from tests.predictors.scores.vectors import vectors

REQUIRED = {i.name: False for i in has_bled.inputs if i.required} | {"age": 50}
NORMAL = {"sbp": 120, "creatinine": 0.9, "bilirubin_total": 0.5, "ast": 20, "alt": 20, "alp": 60}
STATED = {"labile_inr": False, "alcohol_excess": False}
NOTHING: dict[str, Value] = {**REQUIRED, **NORMAL, **STATED}


def score(**changed: Value) -> Prediction:
    return has_bled.assess({**NOTHING, **changed})["HAS-BLED"]


def points(prediction: Prediction) -> dict[str, float]:
    return {part.input: part.amount for part in prediction.contributions if part.amount}


@pytest.mark.parametrize("vector", vectors("has-bled"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    facts: dict[str, Value] = {
        "sbp": 161 if given["sbp_gt160"] else 160,
        "dialysis": bool(given["renal"]),
        "cirrhosis": bool(given["liver"]),
        "stroke_ischemic": bool(given["stroke"]),
        "major_bleeding": bool(given["bleeding"]),
        "labile_inr": bool(given["labile_inr"]),
        "age": 66 if given["age_gt65"] else 65,
        "nsaid": bool(given["drugs"]),
        "alcohol_excess": bool(given["alcohol"]),
    }
    assert score(**facts).value == vector["expected"]["has_bled"]


@pytest.mark.parametrize(
    ("name", "without", "with_point"),
    [("sbp", 160, 160.1), ("age", 65, 66), ("creatinine", 2.26, 200 / 88.4)],
)
def test_limits_are_beyond_not_at(name: str, without: float, with_point: float) -> None:
    assert points(score(**{name: without})) == {}
    assert points(score(**{name: with_point})) == {name: 1}


@pytest.mark.parametrize(
    "name",
    [i.name for i in has_bled.inputs if i.kind in (Kind.CONDITION, Kind.MEDICATION, Kind.STATED)],
)
def test_each_factor_alone_counts_one(name: str) -> None:
    assert points(score(**{name: True})) == {name: 1}


def test_two_factors_of_one_letter_count_once() -> None:
    assert points(score(antiplatelet=True, nsaid=True)) == {"antiplatelet": 1}
    assert points(score(dialysis=True, creatinine=5.0)) == {"dialysis": 1}


@pytest.mark.parametrize("enzyme", [{"ast": 121}, {"alt": 121}, {"alp": 361}])
def test_abnormal_liver_tests_are_bilirubin_twice_and_an_enzyme_thrice_normal(
    enzyme: dict[str, float],
) -> None:
    assert points(score(bilirubin_total=2.5, **enzyme)) == {"bilirubin_total": 1}
    assert points(score(bilirubin_total=2.4, **enzyme)) == {}
    assert points(score(bilirubin_total=2.5)) == {}


def test_what_a_chart_does_not_hold_is_missing_and_widens_the_span_but_is_never_nought() -> None:
    risk = has_bled.assess({**REQUIRED, **NORMAL})
    assert risk.missing == ("labile_inr", "alcohol_excess")
    assert (risk["HAS-BLED"].value, risk["HAS-BLED"].high) == (0, 2)


def test_a_recorded_alcohol_disorder_leaves_nothing_open_about_alcohol() -> None:
    facts = {**REQUIRED, **NORMAL, "labile_inr": False, "alcohol_use_disorder": True}
    assert has_bled.assess(facts)["HAS-BLED"].certain


def test_liver_tests_leave_open_only_what_they_could_still_show() -> None:
    half = {**REQUIRED, **STATED, "sbp": 120, "creatinine": 0.9}
    assert has_bled.assess({**half, "bilirubin_total": 0.5})["HAS-BLED"].certain
    assert not has_bled.assess({**half, "bilirubin_total": 3.0, "ast": 20})["HAS-BLED"].certain
    jaundice = {**half, "bilirubin_total": 3.0, "ast": 200}
    assert has_bled.assess(jaundice)["HAS-BLED"].value == 1


def test_everything_makes_nine() -> None:
    everything = dict.fromkeys(NOTHING, True) | {"age": 80, "sbp": 190} | NORMAL | {"sbp": 190}
    assert has_bled.assess(everything)["HAS-BLED"].value == 9


def test_every_modifiable_factor_is_an_input() -> None:
    assert set(MODIFIABLE) < {declared.name for declared in has_bled.inputs}
