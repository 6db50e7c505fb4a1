"""The linear part beside the trees: bounded, nothing where missing, the sum of its terms."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from predictors.blend import Blend, linear_part

BLEND = Blend(
    trees=0.6,
    baseline=-1.5,
    weights=(0.02, -0.3),
    middle=(60.0, 7.4),
    low=(18.0, 6.9),
    high=(90.0, 7.7),
)
ROWS = np.array([[70.0, 7.3], [np.nan, 7.3], [130.0, 7.4], [60.0, np.nan]])


def test_each_term_is_the_weight_times_the_distance_from_the_middle() -> None:
    assert linear_part(BLEND).terms(ROWS)[0] == pytest.approx([0.2, 0.03])


def test_a_missing_feature_adds_nothing() -> None:
    terms = linear_part(BLEND).terms(ROWS)
    assert (terms[1, 0], terms[3, 1]) == (0.0, 0.0)


def test_beyond_the_range_of_training_a_value_adds_no_more() -> None:
    assert linear_part(BLEND).terms(ROWS)[2, 0] == pytest.approx(0.02 * 30)


def test_the_margin_is_the_baseline_and_the_terms() -> None:
    part = linear_part(BLEND)
    expected = [-1.5 + math.fsum(each) for each in part.terms(ROWS).tolist()]
    assert part.margins(ROWS).tolist() == pytest.approx(expected, abs=1e-12)


def test_a_blend_of_numbers_that_do_not_belong_together_is_refused() -> None:
    with pytest.raises(ValueError, match="same number"):
        linear_part(replace(BLEND, low=(18.0,)))
