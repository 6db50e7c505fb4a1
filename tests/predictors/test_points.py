import math

import pytest

from predictors.points import (
    Criterion,
    banded,
    falling,
    half_up,
    once,
    require_any,
    rising,
    total,
)
from predictors.predictor import NotAssessed

BANDS = ((8.0, 3.0), (20.0, 0.0), (math.inf, 2.0))


def test_points_given_once_are_credited_to_the_first_that_is_present() -> None:
    assert once(2, tia=False, stroke=True, embolism=True) == Criterion(
        {"tia": 0, "stroke": 2, "embolism": 0}
    )


@pytest.mark.parametrize(("other", "unknown"), [(False, 2), (None, 2), (True, 0)])
def test_an_unknown_alternative_matters_only_while_none_is_present(
    other: bool | None, unknown: float
) -> None:
    assert once(2, tia=None, stroke=other).unknown == unknown


@pytest.mark.parametrize(("value", "points"), [(8, 3), (8.1, 0), (20, 0), (20.1, 2), (99, 2)])
def test_a_band_includes_its_upper_limit(value: float, points: float) -> None:
    assert banded("rate", value, BANDS) == Criterion({"rate": points})


@pytest.mark.parametrize(("value", "points"), [(19, 4), (20, 3), (49.9, 3), (50, 0)])
def test_falling_points_are_given_below_the_limit(value: float, points: float) -> None:
    assert falling("count", value, ((20, 4), (50, 3))) == Criterion({"count": points})


@pytest.mark.parametrize(("value", "points"), [(64, 0), (65, 1), (74, 1), (75, 2)])
def test_rising_points_are_given_from_the_limit(value: float, points: float) -> None:
    assert rising("age", value, ((75, 2), (65, 1))) == Criterion({"age": points})


def test_an_unknown_value_could_add_the_most_points() -> None:
    assert banded("rate", None, BANDS) == Criterion({}, 3)
    assert falling("count", None, ((20, 4), (50, 3))) == Criterion({}, 4)
    assert rising("age", None, ((75, 2), (65, 1))) == Criterion({}, 2)


def test_the_total_is_a_prediction_in_points() -> None:
    prediction = total("score", Criterion({"age": 2}), Criterion({"sex": 1}, 0), Criterion({}, 3))
    assert (prediction.value, prediction.high, prediction.unit) == (3, 6, "{score}")


@pytest.mark.parametrize(("value", "rounded"), [(20.5, 21), (21.5, 22), (20.49, 20), (-0.5, 0)])
def test_half_is_rounded_up(value: float, rounded: float) -> None:
    assert half_up(value) == rounded


@pytest.mark.parametrize(
    ("value", "rounded"), [(38.05, 38.1), (35.05, 35.1), (38.04, 38.0), (100.4, 100.4)]
)
def test_half_is_rounded_up_in_the_last_digit(value: float, rounded: float) -> None:
    assert half_up(value, 1) == pytest.approx(rounded)


def test_a_score_of_nothing_is_refused() -> None:
    require_any("toy", pulse=None, pressure=0)
    with pytest.raises(NotAssessed) as refused:
        require_any("toy", pulse=None, pressure=None)
    assert [reason.input for reason in refused.value.reasons] == ["pulse", "pressure"]
