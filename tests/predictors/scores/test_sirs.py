from typing import Any

import pytest

from predictors.predictor import NotAssessed, Prediction, Value
from predictors.scores.sirs import sirs
from tests.predictors.scores.vectors import vectors

NAMES = {
    "temp_c": "temperature",
    "hr": "heart_rate",
    "rr": "resp_rate",
    "paco2": "paco2",
    "wbc": "wbc",
    "bands_pct": "bands",
}
WELL: dict[str, Value] = {
    "age": 50,
    "temperature": 37.0,
    "heart_rate": 80,
    "resp_rate": 16,
    "wbc": 8.0,
}


def score(**changed: float) -> Prediction:
    return sirs.assess({**WELL, **changed})["SIRS"]


@pytest.mark.parametrize("vector", vectors("sirs"))
def test_reference(vector: dict[str, Any]) -> None:
    given = {NAMES[key]: value for key, value in vector["inputs"].items() if value is not None}
    assert score(**given).value == vector["expected"]["sirs"]


@pytest.mark.parametrize(
    ("name", "limit", "beyond"),
    [
        ("temperature", 38, 38.1),
        ("temperature", 36, 35.9),
        ("heart_rate", 90, 91),
        ("resp_rate", 20, 21),
        ("paco2", 32, 31.9),
        ("wbc", 12, 12.1),
        ("wbc", 4, 3.9),
        ("bands", 10, 10.1),
    ],
)
def test_limits_are_excluded(name: str, limit: float, beyond: float) -> None:
    assert score(**{name: limit}).value == 0
    assert score(**{name: beyond}).value == 1


def test_two_signs_of_one_criterion_count_once() -> None:
    assert score(resp_rate=30, paco2=25).value == score(wbc=20, bands=20).value == 1


def test_a_criterion_is_known_by_either_of_its_measurements() -> None:
    assert score().certain
    without_count = {key: value for key, value in WELL.items() if key != "wbc"}
    assert sirs.assess(without_count)["SIRS"].high == 1
    assert sirs.assess({**without_count, "bands": 3.0})["SIRS"].certain


def test_nothing_measured_is_no_score() -> None:
    with pytest.raises(NotAssessed, match="no usable temperature"):
        sirs.assess({"age": 50})
