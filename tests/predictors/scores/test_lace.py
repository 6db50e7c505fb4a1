from typing import Any

import pytest

from predictors.predictor import Prediction, Value
from predictors.scores.lace import lace
from tests.predictors.scores.vectors import vectors

DISEASES = [i.name for i in lace.inputs if i.kind == "condition"]
NOTHING: dict[str, Value] = {
    **dict.fromkeys(DISEASES, False),
    "length_of_stay": 0,
    "urgent_admission": False,
    "emergency_visits": 0,
}
OF_WEIGHT = {0: (), 2: ("copd",), 5: ("dementia", "copd")}
"""Diseases whose weights make the comorbidity index of a vector."""


def score(**changed: float | bool) -> Prediction:
    return lace.assess({**NOTHING, **changed})["LACE"]


@pytest.mark.parametrize("vector", vectors("lace"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    found = score(
        length_of_stay=given["los_days"],
        urgent_admission=bool(given["emergent"]),
        emergency_visits=given["ed_visits_6m"],
        **dict.fromkeys(OF_WEIGHT[given["charlson"]], True),
    )
    assert found.value == vector["expected"]["lace"]


def test_length_of_stay() -> None:
    bands = {0.9: 0, 1: 1, 1.9: 1, 2: 2, 3: 3, 4: 4, 6.9: 4, 7: 5, 13.9: 5, 14: 7, 90: 7}
    assert {days: score(length_of_stay=days).value for days in bands} == bands


def test_emergency_visits() -> None:
    bands = {0: 0, 1: 1, 3: 3, 4: 4, 9: 4}
    assert {visits: score(emergency_visits=visits).value for visits in bands} == bands


@pytest.mark.parametrize(
    ("diseases", "points"),
    [
        ("mi", 1),
        ("tia stroke_ischemic stroke_hemorrhagic", 1),
        ("pad", 1),
        ("diabetes", 1),
        ("diabetes diabetes_complicated", 2),
        ("heart_failure", 2),
        ("copd", 2),
        ("cirrhosis", 2),
        ("ckd", 2),
        ("malignancy", 2),
        ("mi copd", 3),
        ("dementia", 3),
        ("connective_tissue", 3),
        ("hiv_aids", 5),
        ("liver_disease_severe cirrhosis", 5),
        ("malignancy metastatic", 5),
        ("copd ckd", 5),
        ("dementia copd ckd mi", 5),
    ],
)
def test_comorbidity_counts_to_three_and_then_five(diseases: str, points: float) -> None:
    assert score(**dict.fromkeys(diseases.split(), True)).value == points


def test_the_graver_form_of_a_disease_replaces_the_milder() -> None:
    found = {
        part.input: part.amount
        for part in score(diabetes=True, diabetes_complicated=True).contributions
    }
    assert (found["diabetes_complicated"], found["diabetes"]) == (2, 0)


def test_beyond_three_the_weights_share_five_points() -> None:
    found = {part.input: part.amount for part in score(metastatic=True, copd=True).contributions}
    assert found["metastatic"] == pytest.approx(5 * 6 / 8)
    assert found["copd"] == pytest.approx(5 * 2 / 8)


def test_ten_or_more_is_high() -> None:
    assert score(length_of_stay=14, urgent_admission=True).note == "high"
    assert score(length_of_stay=13, urgent_admission=True, emergency_visits=1).note == ""
