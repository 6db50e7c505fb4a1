from typing import Any

import pytest

from predictors.predictor import NotAssessed, Prediction
from predictors.scores.sofa import sofa
from tests.predictors.examples import Facts
from tests.predictors.scores.vectors import vectors

WELL: Facts = {
    "age": 60,
    "pao2": 90,
    "fio2": 21,
    "ventilated": False,
    "platelets": 250,
    "bilirubin_total": 0.6,
    "map": 85,
    "vasopressor": "none",
    "gcs_total": 15,
    "creatinine": 0.9,
    "urine_output_24h": 1800,
}


def score(**changed: float | bool | str) -> Prediction:
    return sofa.assess({**WELL, **changed})["SOFA"]


def without(*names: str) -> Prediction:
    return sofa.assess({key: value for key, value in WELL.items() if key not in names})["SOFA"]


@pytest.mark.parametrize("vector", vectors("sofa"))
def test_reference(vector: dict[str, Any]) -> None:
    given = dict(vector["inputs"])
    given |= {"pao2": given.pop("pao2_fio2"), "fio2": 100}
    given |= {"bilirubin_total": given.pop("bilirubin"), "gcs_total": given.pop("gcs")}
    assert score(**given).value == vector["expected"]["sofa"]


@pytest.mark.parametrize(
    ("name", "bands"),
    [
        ("platelets", {150: 0, 149: 1, 100: 1, 99: 2, 50: 2, 49: 3, 20: 3, 19: 4}),
        ("bilirubin_total", {1.1: 0, 1.2: 1, 1.9: 1, 2: 2, 5.9: 2, 6: 3, 11.9: 3, 12: 4}),
        ("map", {70: 0, 69: 1}),
        ("gcs_total", {15: 0, 14: 1, 13: 1, 12: 2, 10: 2, 9: 3, 6: 3, 5: 4}),
        ("creatinine", {1.1: 0, 1.2: 1, 1.9: 1, 2: 2, 3.4: 2, 3.5: 3, 4.9: 3, 5: 4}),
        ("urine_output_24h", {500: 0, 499: 3, 200: 3, 199: 4}),
    ],
)
def test_every_band(name: str, bands: dict[float, float]) -> None:
    assert {value: score(**{name: value}).value for value in bands} == bands


@pytest.mark.parametrize(
    ("ventilated", "bands"),
    [
        (False, {400: 0, 399: 1, 300: 1, 299: 2, 199: 2, 99: 2}),
        (True, {400: 0, 399: 1, 299: 2, 200: 2, 199: 3, 100: 3, 99: 4}),
    ],
)
def test_the_two_worst_lungs_are_ventilated(ventilated: bool, bands: dict[float, float]) -> None:
    found = {pao2: score(pao2=pao2, fio2=100, ventilated=ventilated).value for pao2 in bands}
    assert found == bands


@pytest.mark.parametrize(("dose", "points"), [("none", 1), ("low", 2), ("medium", 3), ("high", 4)])
def test_a_vasopressor_counts_instead_of_the_pressure(dose: str, points: float) -> None:
    assert score(map=60, vasopressor=dose).value == points


def test_the_worse_of_creatinine_and_urine_counts() -> None:
    assert score(creatinine=2.5, urine_output_24h=400).value == 3
    assert score(creatinine=5.5, urine_output_24h=400).value == 4


@pytest.mark.parametrize(
    ("names", "most"),
    [
        (("pao2",), 4),
        (("fio2",), 4),
        (("platelets",), 4),
        (("bilirubin_total",), 4),
        (("map",), 1),
        (("vasopressor",), 4),
        (("gcs_total",), 4),
        (("urine_output_24h",), 0),
        (("creatinine",), 0),
        (("creatinine", "urine_output_24h"), 4),
        (("ventilated",), 0),
    ],
)
def test_an_unknown_organ_widens_the_span(names: tuple[str, ...], most: float) -> None:
    prediction = without(*names)
    assert (prediction.low, prediction.high) == (0, most)


def test_unknown_ventilation_matters_to_bad_lungs() -> None:
    facts = {key: value for key, value in WELL.items() if key != "ventilated"}
    prediction = sofa.assess({**facts, "pao2": 80, "fio2": 100})["SOFA"]
    assert (prediction.low, prediction.high) == (2, 4)


def test_nothing_measured_is_no_score() -> None:
    with pytest.raises(NotAssessed, match="no usable platelets"):
        sofa.assess({"age": 60, "vasopressor": "none"})
