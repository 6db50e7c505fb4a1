import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.training.ensembles import averaged
from predictors.tree_text import Damaged, check, parts
from tests.predictors.damage import named
from tests.predictors.synthetic import FEATURES, boosters

NAMES = tuple(feature.name for feature in FEATURES)
TEXT = averaged(boosters(), NAMES)
LIES = {"a leaf's value"}
"""What only a hash or a golden row can find: the text is as sound as the true one."""


def test_a_sound_model_passes() -> None:
    check(TEXT, NAMES)
    assert len(parts(TEXT)[1]) == 16


@pytest.mark.parametrize("damage", list(named(TEXT)), ids=lambda each: each[0])
def test_what_would_end_the_process_is_found_in_the_text(damage: tuple[str, str]) -> None:
    name, text = damage
    assert text != TEXT
    if name in LIES:
        check(text, NAMES)
    else:
        with pytest.raises(Damaged):
            check(text, NAMES)


@given(st.integers(0, len(TEXT) - 1))
def test_no_beginning_of_a_model_passes(end: int) -> None:
    with pytest.raises(Damaged):
        check(TEXT[:end], NAMES)


@given(st.text(max_size=200))
def test_a_text_that_is_no_model_is_damaged_not_an_error(text: str) -> None:
    with pytest.raises(Damaged):
        check(text, NAMES)
    with pytest.raises(Damaged):
        check(TEXT.partition("\n\n")[0] + "\n\n" + text, NAMES)


def test_a_model_over_other_features_is_refused() -> None:
    with pytest.raises(Damaged, match="the features differ"):
        check(TEXT, (*NAMES[:-1], "other"))
