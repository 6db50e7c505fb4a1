import math
from typing import Any

import pytest

from predictors.predictor import Prediction
from predictors.scores.meld3 import meld_3
from tests.predictors.examples import EXAMPLES, Facts
from tests.predictors.scores.vectors import vectors


def score(**changed: float | bool | str) -> Prediction:
    facts: Facts = {**EXAMPLES["meld-3"], **changed}
    return meld_3.assess(facts)["MELD 3.0"]


@pytest.mark.parametrize("vector", vectors("meld-3"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    prediction = score(
        sex="female" if given["female"] else "male",
        bilirubin_total=given["bilirubin"],
        inr=given["inr"],
        creatinine=given["creatinine"],
        sodium=given["sodium"],
        albumin=given["albumin"],
        dialysis=bool(given["dialysis_2x_week"]),
    )
    assert prediction.value == vector["expected"]["meld3"]
    raw = prediction.baseline + math.fsum(part.amount for part in prediction.contributions)
    assert raw == pytest.approx(vector["expected"]["raw"], abs=1e-4)


@pytest.mark.parametrize(
    ("name", "limit", "beyond"),
    [
        ("bilirubin_total", 1, 0.3),
        ("inr", 1, 0.8),
        ("creatinine", 1, 0.5),
        ("creatinine", 3, 7),
        ("sodium", 125, 110),
        ("sodium", 137, 150),
        ("albumin", 1.5, 1.0),
        ("albumin", 3.5, 4.8),
    ],
)
def test_results_count_as_the_definitions_limits(name: str, limit: float, beyond: float) -> None:
    at, past = score(**{name: limit}), score(**{name: beyond})
    assert at.contributions == past.contributions


def test_dialysis_counts_as_a_creatinine_of_3() -> None:
    assert score(dialysis=True, creatinine=0.9).value == score(creatinine=3).value


def test_adolescents_are_given_the_constant_whatever_their_sex() -> None:
    boy, girl, man = (
        score(age=17, sex="male"),
        score(age=17, sex="female"),
        score(age=18, sex="male"),
    )
    total = {
        name: math.fsum(part.amount for part in prediction.contributions)
        for name, prediction in (("boy", boy), ("girl", girl), ("man", man))
    }
    assert total["boy"] == total["girl"] == pytest.approx(total["man"] + 1.33)
