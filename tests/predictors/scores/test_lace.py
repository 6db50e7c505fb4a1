from typing import Any

import pytest

from predictors.predictor import Prediction, Value
from predictors.scores.lace import lace
from tests.predictors.scores.vectors import vectors

DISEASES = [i.name for i in lace.inputs if i.kind == "condition"]
NOTHING: dict[str, Value] = {
    **dict.fromkeys(DISEASES, False),
    "inpatient_days": 0,
    "urgent_admission": False,
    "recent_emergency_visits": 0,
}
OF_WEIGHT = {0: (), 2: ("copd",), 5: ("dementia", "copd")}
"""Diseases whose weights make the comorbidity index of a vector."""


def score(**changed: float | bool) -> Prediction:
    return lace.assess({**NOTHING, **changed})["LACE"]


@pytest.mark.parametrize("vector", vectors("lace"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    found = score(
        inpatient_days=given["los_days"],
        urgent_admission=bool(given["emergent"]),
        recent_emergency_visits=given["ed_visits_6m"],
        **dict.fromkeys(OF_WEIGHT[given["charlson"]], True),
    )
    assert found.value == vector["expected"]["lace"]


def test_length_of_stay() -> None:
    bands = {0.9: 0, 1: 1, 1.9: 1, 2: 2, 3: 3, 4: 4, 6.9: 4, 7: 5, 13.9: 5, 14: 7, 90: 7}
    assert {days: score(inpatient_days=days).value for days in bands} == bands


def test_emergency_visits() -> None:
    bands = {0: 0, 1: 1, 3: 3, 4: 4, 9: 4}
    assert {visits: score(recent_emergency_visits=visits).value for visits in bands} == bands


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
        ("ckd dialysis", 5),
        ("ckd cirrhosis", 2),
        ("ckd cirrhosis mi", 3),
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


def test_liver_and_kidney_disease_are_one_item_of_which_the_graver_counts() -> None:
    both = score(ckd=True, cirrhosis=True)
    assert {p.input: p.amount for p in both.contributions if p.amount} == {"cirrhosis": 2}
    severe = score(ckd=True, dialysis=True, cirrhosis=True)
    assert {p.input for p in severe.contributions if p.amount} == {"dialysis"}


def test_the_vectors_hold_with_two_diseases_of_the_same_item() -> None:
    assert score(liver_disease_severe=True, dialysis=True, ckd=True, cirrhosis=True).value == 5
    assert score(cirrhosis=True, ckd=True, mi=True, urgent_admission=True).value == 3 + 3


def test_beyond_three_the_weights_share_five_points() -> None:
    found = {part.input: part.amount for part in score(metastatic=True, copd=True).contributions}
    assert found["metastatic"] == pytest.approx(5 * 6 / 8)
    assert found["copd"] == pytest.approx(5 * 2 / 8)


def test_ten_or_more_is_high() -> None:
    assert score(inpatient_days=14, urgent_admission=True).note == "high"
    assert score(inpatient_days=13, urgent_admission=True, recent_emergency_visits=1).note == ""
