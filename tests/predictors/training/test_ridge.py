"""The ridge regression finds what is there, shrinks with its penalty, and keeps to its range."""

import numpy as np
import pytest

from predictors.blend import linear_part
from predictors.training import ridge
from predictors.training.calibration import logistic

CHANCE = np.random.default_rng(4)
ROWS = CHANCE.normal([10.0, -3.0, 0.0], [2.0, 1.0, 1.0], (4000, 3))
HAPPENED = CHANCE.random(4000) < logistic(-1 + 0.6 * (ROWS[:, 0] - 10) - 0.8 * (ROWS[:, 1] + 3))


def test_with_hardly_a_penalty_it_finds_the_weights_that_made_the_outcome() -> None:
    found = ridge.fitted(ROWS, HAPPENED, penalty=1e-6)
    assert found.weights == pytest.approx([0.6, -0.8, 0.0], abs=0.12)
    assert found.baseline == pytest.approx(-1, abs=0.15)


def test_a_larger_penalty_gives_smaller_weights() -> None:
    small, large = (ridge.fitted(ROWS, HAPPENED, penalty=each) for each in (1.0, 1000.0))
    assert np.abs(large.weights).sum() < np.abs(small.weights).sum()


def test_a_missing_feature_counts_as_the_middle() -> None:
    gaps = ROWS.copy()
    gaps[::3, 0] = np.nan
    blend = ridge.fitted(gaps, HAPPENED, penalty=1.0).blend(1.0)
    middle = np.array([[blend.middle[0], -2.0, 0.5]])
    missing = np.array([[np.nan, -2.0, 0.5]])
    part = linear_part(blend)
    assert part.margins(missing)[0] == pytest.approx(part.margins(middle)[0], abs=1e-12)


def test_beyond_the_tails_of_training_nothing_is_added() -> None:
    part = linear_part(ridge.fitted(ROWS, HAPPENED, penalty=1.0).blend(1.0))
    assert part.margins(np.array([[1e3, 0, 0]])) == part.margins(np.array([[1e6, 0, 0]]))


def test_the_blend_holds_the_linear_parts_share() -> None:
    found = ridge.fitted(ROWS, HAPPENED, penalty=1.0)
    blend = found.blend(0.25)
    assert blend.trees == 0.75
    assert blend.baseline == pytest.approx(0.25 * found.baseline)
    assert blend.weights == pytest.approx(0.25 * found.weights)
