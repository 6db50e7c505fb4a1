from typing import Any

import pytest

from predictors.predictor import OneOf, Prediction
from predictors.scores.cha2ds2_va import cha2ds2_va, cha2ds2_vasc
from tests.predictors.examples import EXAMPLES, Facts
from tests.predictors.scores.vectors import vectors

NOTHING: Facts = {
    **dict.fromkeys((i.name for i in cha2ds2_va.inputs), False),
    "age": 50,
    "sex": "male",
}


def points(prediction: Prediction) -> dict[str, float]:
    return {part.input: part.amount for part in prediction.contributions if part.amount}


@pytest.mark.parametrize("vector", vectors("cha2ds2-vasc"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    facts: Facts = NOTHING | {
        "age": given["age"],
        "sex": "female" if given["female"] else "male",
        "heart_failure": bool(given["hf"]),
        "hypertension": bool(given["htn"]),
        "diabetes": bool(given["dm"]),
        "tia": bool(given["stroke"]),
        "pad": bool(given["vascular"]),
    }
    expected = vector["expected"]
    assert cha2ds2_vasc.assess(facts)["CHA2DS2-VASc"].value == expected["cha2ds2_vasc"]
    assert cha2ds2_va.assess(facts)["CHA2DS2-VA"].value == expected["cha2ds2_va"]


@pytest.mark.parametrize(("age", "expected"), [(64, 0), (65, 1), (74, 1), (75, 2)])
def test_age_counts_one_from_65_and_two_from_75(age: int, expected: int) -> None:
    assert cha2ds2_va.assess({**NOTHING, "age": age})["CHA2DS2-VA"].value == expected


@pytest.mark.parametrize("name", ["stroke_ischemic", "tia", "systemic_embolism"])
def test_any_stroke_counts_two(name: str) -> None:
    assert points(cha2ds2_va.assess({**NOTHING, name: True})["CHA2DS2-VA"]) == {name: 2}


@pytest.mark.parametrize("name", ["mi", "pad", "aortic_plaque", "cad"])
def test_any_vascular_disease_counts_one(name: str) -> None:
    assert points(cha2ds2_va.assess({**NOTHING, name: True})["CHA2DS2-VA"]) == {name: 1}


def test_stroke_and_vascular_disease_count_once_however_many_are_recorded() -> None:
    facts: Facts = {**NOTHING, "stroke_ischemic": True, "tia": True, "mi": True, "cad": True}
    assert points(cha2ds2_va.assess(facts)["CHA2DS2-VA"]) == {"stroke_ischemic": 2, "mi": 1}


def test_an_unknown_condition_spans_its_points() -> None:
    risk = cha2ds2_va.assess({**NOTHING, "diabetes": OneOf((False, True))})["CHA2DS2-VA"]
    assert (risk.value, risk.low, risk.high) == (0, 0, 1)


def test_unknown_sex_spans_one_point_of_vasc() -> None:
    facts: Facts = {**EXAMPLES["cha2ds2-vasc"], "sex": OneOf(("female", "male"))}
    risk = cha2ds2_vasc.assess(facts)["CHA2DS2-VASc"]
    assert risk.high - risk.low == 1


def test_everything_makes_eight_and_nine() -> None:
    everything: Facts = {**dict.fromkeys(NOTHING, True), "age": 80, "sex": "female"}
    assert cha2ds2_va.assess(everything)["CHA2DS2-VA"].value == 8
    assert cha2ds2_vasc.assess(everything)["CHA2DS2-VASc"].value == 9
