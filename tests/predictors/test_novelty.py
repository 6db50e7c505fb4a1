"""Who is unlike those of training: far from the middle, or hardly measured at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.novelty import Novelty, detector

NOVELTY = Novelty(
    features=("pulse", "sodium"),
    middle=(80.0, 140.0),
    below=(10.0, 3.0),
    above=(20.0, 3.0),
    fewest=1,
    limit=4.0,
)
FEATURES = ("age", "sodium", "pulse")


def score(sodium: float, pulse: float) -> float:
    return float(detector(NOVELTY, FEATURES).scores(np.array([[60.0, sodium, pulse]]))[0])


def test_the_middle_of_training_is_the_least_unlike() -> None:
    assert score(140, 80) == -1.0


def test_the_spread_is_that_of_the_side_on_which_a_value_lies() -> None:
    assert score(140, 100) == score(140, 70) == pytest.approx((1 - 2) / 2)


def test_a_patient_far_from_training_is_refused_and_one_at_its_edge_is_not() -> None:
    made = detector(NOVELTY, FEATURES)
    near, far = np.array([60.0, 146.0, 120.0]), np.array([60.0, 152.0, 150.0])
    assert made.unlike(np.stack([near, far])).tolist() == [False, True]


def test_what_is_missing_makes_nobody_unlike_until_too_little_is_known() -> None:
    assert score(np.nan, 80) == pytest.approx(-1 / np.sqrt(2))
    assert score(np.nan, np.nan) == np.inf


def test_no_single_value_is_stranger_than_the_furthest() -> None:
    assert score(140, 1e9) == score(140, 1e6)


@given(st.lists(st.tuples(st.floats(100, 180), st.floats(20, 200)), min_size=1, max_size=9))
def test_a_row_has_the_same_score_alone_as_among_others(pairs: list[tuple[float, float]]) -> None:
    rows = np.array([[60.0, *pair] for pair in pairs])
    made = detector(NOVELTY, FEATURES)
    assert made.scores(rows).tolist() == [made.scores(row[np.newaxis])[0] for row in rows]


def test_a_novelty_of_features_that_the_model_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="pulse"):
        detector(NOVELTY, ("age", "sodium"))
