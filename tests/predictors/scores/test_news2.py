from typing import Any

import pytest

from predictors.predictor import NotAssessed, Prediction
from predictors.scores.news2 import news2
from tests.predictors.examples import Facts
from tests.predictors.scores.vectors import vectors

OUTCOMES: dict[float, str] = {1: "NEWS2", 2: "NEWS2 with SpO2 scale 2"}
WELL: Facts = {
    "age": 40,
    "resp_rate": 16,
    "spo2": 97,
    "o2_flow": 0,
    "fio2": 21,
    "sbp": 120,
    "heart_rate": 70,
    "avpu": "alert",
    "temperature": 37.0,
}


def score(*, scale: float = 1, **changed: float | str) -> Prediction:
    return news2.assess({**WELL, **changed})[OUTCOMES[scale]]


def points(prediction: Prediction) -> dict[str, float]:
    return {part.input: part.amount for part in prediction.contributions}


@pytest.mark.parametrize("vector", vectors("news2"))
def test_reference(vector: dict[str, Any]) -> None:
    given, expected = vector["inputs"], vector["expected"]
    prediction = score(
        scale=given["spo2_scale"],
        resp_rate=given["rr"],
        spo2=given["spo2"],
        o2_flow=2 if given["on_oxygen"] else 0,
        sbp=given["sbp"],
        heart_rate=given["hr"],
        avpu="alert" if given["alert"] else "confused",
        temperature=given["temp_c"],
    )
    found = points(prediction)
    order = ("resp_rate", "spo2", "o2_flow", "sbp", "heart_rate", "avpu", "temperature")
    assert prediction.value == expected["total"]
    assert max(found.values()) == expected["max_single"]
    assert [found[name] for name in order] == expected["parts_rr_spo2_o2_sbp_hr_acvpu_temp"]


@pytest.mark.parametrize(
    ("name", "bands"),
    [
        ("resp_rate", {8: 3, 9: 1, 11: 1, 12: 0, 20: 0, 21: 2, 24: 2, 25: 3}),
        ("spo2", {91: 3, 92: 2, 93: 2, 94: 1, 95: 1, 96: 0}),
        ("sbp", {90: 3, 91: 2, 100: 2, 101: 1, 110: 1, 111: 0, 219: 0, 220: 3}),
        ("heart_rate", {40: 3, 41: 1, 50: 1, 51: 0, 90: 0, 91: 1, 110: 1, 111: 2, 130: 2, 131: 3}),
        ("temperature", {35: 3, 35.1: 1, 36: 1, 36.1: 0, 38: 0, 38.1: 1, 39: 1, 39.1: 2}),
    ],
)
def test_every_band_of_the_chart(name: str, bands: dict[float, float]) -> None:
    assert {value: points(score(**{name: value}))[name] for value in bands} == bands


@pytest.mark.parametrize(
    ("oxygen", "bands"),
    [
        (0, {83: 3, 84: 2, 85: 2, 86: 1, 87: 1, 88: 0, 92: 0, 93: 0, 97: 0}),
        (2, {83: 3, 84: 2, 86: 1, 88: 0, 92: 0, 93: 1, 94: 1, 95: 2, 96: 2, 97: 3}),
    ],
)
def test_every_band_of_scale_2(oxygen: float, bands: dict[float, float]) -> None:
    found = {spo2: points(score(scale=2, spo2=spo2, o2_flow=oxygen))["spo2"] for spo2 in bands}
    assert found == bands


@pytest.mark.parametrize(
    ("celsius", "expected"), [(38.04, 0), (38.0556, 1), (38.05, 1), (36.04, 1), (36.06, 0)]
)
def test_temperature_is_read_to_one_decimal(celsius: float, expected: float) -> None:
    assert points(score(temperature=celsius))["temperature"] == expected


@pytest.mark.parametrize("level", ["confused", "voice", "pain", "unresponsive"])
def test_anything_but_alert_scores_three(level: str) -> None:
    assert score(avpu=level).value == 3


def test_a_raised_oxygen_fraction_is_oxygen_too() -> None:
    assert points(score(fio2=28))["fio2"] == 2
    assert points(score(fio2=28, o2_flow=2)) == points(score(o2_flow=2))


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("resp_rate", 3),
        ("spo2", 3),
        ("sbp", 3),
        ("heart_rate", 3),
        ("avpu", 3),
        ("temperature", 3),
    ],
)
def test_a_missing_part_makes_it_at_least_the_rest(name: str, most: float) -> None:
    risk = news2.assess({key: value for key, value in WELL.items() if key != name})
    assert name in risk.missing
    assert (risk["NEWS2"].low, risk["NEWS2"].high) == (0, most)


def test_either_measure_of_oxygen_is_enough() -> None:
    without = {key: value for key, value in WELL.items() if key != "fio2"}
    assert news2.assess(without)["NEWS2"].certain


def test_oxygen_that_is_not_recorded_is_not_air() -> None:
    facts = {key: value for key, value in WELL.items() if key not in ("o2_flow", "fio2")}
    assert news2.assess(facts)["NEWS2"].high == 2
    assert news2.assess(facts)["NEWS2 with SpO2 scale 2"].high == 2 + 3


def test_no_vital_sign_is_no_score() -> None:
    with pytest.raises(NotAssessed, match="no usable resp_rate"):
        news2.assess({"age": 40, "temperature": 38.0})


def test_it_is_not_for_children_nor_in_pregnancy() -> None:
    with pytest.raises(NotAssessed, match="age 15 is outside"):
        news2.assess({**WELL, "age": 15})
    with pytest.raises(NotAssessed, match="pregnancy is recorded"):
        news2.assess({**WELL, "pregnancy": True})
