from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors import hourly
from predictors.hourly import Floats, Variable, grid, windows

HEART_RATE, LACTATE = Variable("heart_rate", 0), Variable("lactate", 1)
BOTH = (HEART_RATE, LACTATE)
FEATURES = (
    hourly.latest,
    hourly.hours_since,
    hourly.lowest,
    hourly.highest,
    hourly.mean,
    hourly.deviation,
    hourly.slope,
)


def stay(*hours: float) -> Floats:
    return np.array(hours, dtype=np.float64).reshape(1, -1, 1)


def sparse(stays: int, hours: int, variables: int) -> Floats:
    random = np.random.default_rng(5)
    values = np.round(random.normal(80, 20, (stays, hours, variables)), 1)
    return np.where(random.random(values.shape) < 0.7, np.nan, values)


def test_the_last_row_is_the_hour_that_ends_with_the_assessment() -> None:
    series = {"heart_rate": ((2.5 / 24, 90.0), (1.0 / 24, 95.0), (0.5 / 24, 100.0))}
    assert np.array_equal(grid(series, (HEART_RATE,), hours=3)[:, 0], [90.0, 95.0, 100.0])


@given(st.integers(0, 47), st.integers(0, 3599))
@settings(max_examples=200, deadline=None)
def test_a_measurement_falls_in_the_hour_of_its_whole_hours_before(hour: int, second: int) -> None:
    days = (hour * 3600 + second) / 86400
    made = grid({"heart_rate": ((days, 80.0),)}, (HEART_RATE,), hours=48)
    assert np.flatnonzero(~np.isnan(made[:, 0])).tolist() == [47 - hour]


def test_several_measurements_of_an_hour_count_as_their_median() -> None:
    series = {"heart_rate": ((0.03, 60.0), (0.02, 100.0), (0.01, 250.0))}
    assert grid(series, (HEART_RATE,), hours=1).item() == 100.0


def test_values_are_rounded_to_the_precision_of_their_variable() -> None:
    series = {"heart_rate": ((0.0, 79.6),), "lactate": ((0.0, 1.1000000238418579),)}
    assert grid(series, BOTH, hours=1).tolist() == [[80.0, 1.1]]


def test_what_was_not_measured_or_is_too_old_is_nan() -> None:
    made = grid({"heart_rate": ((2 / 24, 80.0),)}, BOTH, hours=2)
    assert np.isnan(made).all()


def test_the_windows_of_a_stay_are_the_grids_of_its_hours() -> None:
    history = sparse(1, 7, 2)[0]
    slid = windows(history, hours=4)
    for hour in range(7):
        series = {
            variable.name: tuple(
                ((hour - then) / 24, float(history[then, column]))
                for then in range(hour + 1)
                if not np.isnan(history[then, column])
            )
            for column, variable in enumerate(BOTH)
        }
        made = grid(series, BOTH, hours=4)
        assert np.array_equal(made, hourly.rounded(slid[hour], BOTH), equal_nan=True)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_stay_alone_has_the_same_bits_as_in_a_batch(feature: Callable[[Floats], Floats]) -> None:
    batch = sparse(50, 48, 9)
    alone = np.concatenate([feature(batch[i : i + 1]) for i in range(50)])
    assert np.array_equal(feature(batch), alone, equal_nan=True)
    column = feature(np.ascontiguousarray(batch[:, :, 3:4]))
    assert np.array_equal(feature(batch)[:, 3:4], column, equal_nan=True)


@pytest.mark.parametrize("feature", FEATURES)
def test_a_stay_without_a_measurement_has_no_feature(feature: Callable[[Floats], Floats]) -> None:
    assert np.isnan(feature(stay(np.nan, np.nan))).all()


def test_features_are_read_off_the_measured_hours() -> None:
    measured = stay(60, np.nan, 66, 62, np.nan)
    assert hourly.latest(measured) == 62
    assert hourly.hours_since(measured) == 1
    assert hourly.lowest(measured) == 60
    assert hourly.highest(measured) == 66
    assert hourly.mean(measured).item() == pytest.approx(188 / 3)
    assert hourly.deviation(measured).item() == pytest.approx(np.std([60, 66, 62], ddof=1))
    assert hourly.slope(measured).item() == pytest.approx(np.polyfit([0, 2, 3], [60, 66, 62], 1)[0])


@pytest.mark.parametrize("feature", [hourly.deviation, hourly.slope])
def test_one_measurement_has_no_spread_and_no_trend(feature: Callable[[Floats], Floats]) -> None:
    assert np.isnan(feature(stay(np.nan, 60))).all()
