import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.tree_text import Damaged, check, parts
from tests.predictors.damage import named
from tests.predictors.synthetic import FEATURES, text

NAMES = tuple(feature.name for feature in FEATURES)


def test_a_sound_model_passes() -> None:
    check(text(), NAMES)
    assert len(parts(text())[1]) == 16


def test_what_would_end_the_process_is_found_in_the_text() -> None:
    """A leaf's value only a hash or a golden row can tell from the true one."""
    assert {name for name, damaged in named(text()) if passes(damaged)} == {"a leaf's value"}


def passes(damaged: str) -> bool:
    assert damaged != text()
    try:
        check(damaged, NAMES)
    except Damaged:
        return False
    return True


@given(st.integers(1, 10_000))
def test_no_beginning_of_a_model_passes(cut: int) -> None:
    assert not passes(text()[:-cut])


@given(st.text(max_size=200))
def test_a_text_that_is_no_model_is_damaged_not_an_error(other: str) -> None:
    assert not passes(other)
    assert not passes(text().partition("\n\n")[0] + "\n\n" + other)


def test_a_model_over_other_features_is_refused() -> None:
    with pytest.raises(Damaged, match="the features differ"):
        check(text(), (*NAMES[:-1], "other"))
