"""The sepsis model's features: of three days, and for a chart the same bits as in training."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.terminology.value_sets import concepts
from predictors.hourly import Floats, windows
from predictors.models.sepsis_risk import sepsis_risk
from predictors.models.sepsis_risk.features import (
    FEATURES,
    LAB_HOURS,
    LABS,
    VARIABLES,
    VITAL_HOURS,
    VITALS,
    features,
    row,
)
from predictors.predictor import Series, Value

COLUMN = {each.name: place for place, each in enumerate(FEATURES)}


def stay(hours: int, seed: int = 3) -> Floats:
    random = np.random.default_rng(seed)
    values = np.round(random.uniform(22, 99, (hours, len(VARIABLES))), 1)
    return np.where(random.random(values.shape) < 0.6, np.nan, values)


def facts(history: Floats, now: int, **further: Value) -> dict[str, Value]:
    """What is known at the end of that hour, each measured half an hour into its own."""
    series: dict[str, Value] = {}
    for column, variable in enumerate(VARIABLES):
        oldest = now + 1 - (VITAL_HOURS if variable in VITALS else LAB_HOURS)
        series[variable.name] = tuple(
            ((now - hour + 0.5) / 24, float(history[hour, column]))
            for hour in range(max(0, oldest), now + 1)
            if not np.isnan(history[hour, column])
        )
    return {"age": 60.0, **series, **further}


def read(name: str, **known: Value) -> float:
    return float(row({"age": 60.0, **known})[COLUMN[name]])


def hourly(*values: float) -> Series:
    """One value an hour, the last in the present one."""
    return tuple(((len(values) - 1 - hour) / 24, value) for hour, value in enumerate(values))


def test_a_chart_has_the_bits_that_its_hours_have_in_training() -> None:
    history = stay(80)
    rows = features(windows(history, hours=LAB_HOURS), np.full(80, 60.0))
    for now in range(0, 80, 3):
        assert np.array_equal(row(facts(history, now)), rows[now], equal_nan=True)


@settings(max_examples=10)
@given(st.integers(0, 79))
def test_what_is_older_than_three_days_changes_nothing(now: int) -> None:
    history = stay(80)
    forgotten = history.copy()
    forgotten[: max(0, now + 1 - LAB_HOURS)] = np.nan
    assert np.array_equal(row(facts(history, now)), row(facts(forgotten, now)), equal_nan=True)


def test_what_was_measured_before_intensive_care_does_not_count() -> None:
    history = stay(40)
    since = facts(history, 39, intensive_care_hours=10.0)
    later = np.where(np.arange(40)[:, None] < 29, np.nan, history)
    assert np.array_equal(row(since), row(facts(later, 39)), equal_nan=True)
    assert not np.array_equal(row(since), row(facts(history, 39)), equal_nan=True)


def test_no_feature_counts_measurements_or_hours_of_the_stay() -> None:
    steady = np.full((200, len(VARIABLES)), 50.0)
    rows = features(windows(steady, hours=LAB_HOURS), np.full(200, 60.0))
    assert np.array_equal(rows[LAB_HOURS], rows[199], equal_nan=True)
    once = np.where(np.arange(200)[:, None] % 3 == 1, steady, np.nan)
    thinned = features(windows(once, hours=LAB_HOURS), np.full(200, 60.0))
    assert np.array_equal(rows[199], thinned[199], equal_nan=True)


def test_mean_arterial_pressure_follows_from_the_other_two_where_it_was_not_charted() -> None:
    pressures: dict[str, Value] = {"sbp": hourly(120.0), "dbp": hourly(60.0)}
    assert read("map", **pressures) == 80.0
    assert read("map", **pressures, map=hourly(75.0)) == 75.0


def test_who_has_no_oxygen_charted_is_taken_to_breathe_air() -> None:
    assert read("spo2_over_fio2", spo2=hourly(94.5)) == pytest.approx(450)
    assert read("spo2_over_fio2", spo2=hourly(94.5), fio2=hourly(50.0)) == pytest.approx(189)


def test_a_result_tells_its_value_its_age_and_how_far_it_is_from_the_extremes() -> None:
    creatinine: dict[str, Value] = {"creatinine": ((1.5, 0.9), (1.0, 2.1), (0.25, 1.8))}
    assert read("creatinine", **creatinine) == 1.8
    assert read("creatinine_hours_since", **creatinine) == 6
    assert read("creatinine_rise", **creatinine) == pytest.approx(0.9)
    assert read("creatinine_fall", **creatinine) == pytest.approx(-0.3)


def test_fever_and_chill_both_count_as_far_from_37() -> None:
    assert read("temperature_from_37", temperature=hourly(36.8, 39.2, 37.0)) == pytest.approx(2.2)
    assert read("temperature_from_37", temperature=hourly(35.1, 36.9)) == pytest.approx(1.9)


def test_an_empty_chart_has_an_age_and_nothing_else() -> None:
    for name, found in zip(COLUMN, row({"age": 60.0}).tolist(), strict=True):
        if name == "age":
            assert found == 60
        elif name.endswith(("_rise", "_fall")):
            assert found == 0, "what was not measured has not moved"
        else:
            assert np.isnan(found), name


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda each: each.name)
def test_a_variable_is_rounded_and_measured_as_its_concept(variable: object) -> None:
    assert variable in VITALS + LABS
    name = getattr(variable, "name", "")
    declared = {each.name: each for each in sepsis_risk.inputs}[name]
    concept = concepts()[name]
    assert declared.unit == concept.unit
    assert getattr(variable, "decimals", None) == concept.precision
    assert declared.hours == (VITAL_HOURS if variable in VITALS else LAB_HOURS)
