import lightgbm
import numpy as np
import pytest

from predictors.training.ensembles import averaged
from predictors.tree_model import booster, contributions, margins
from predictors.tree_text import Damaged
from tests.predictors.synthetic import FEATURES, QUIET, boosters, rows

NAMES = tuple(feature.name for feature in FEATURES)


def test_the_margin_of_an_ensemble_is_the_mean_margin() -> None:
    members = [booster(text) for text in boosters()]
    expected = np.mean([margins(each, rows()) for each in members], axis=0)
    assert not np.allclose(margins(members[0], rows()), expected, atol=1e-3)
    found = margins(booster(averaged(boosters(), NAMES)), rows())
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_contributions_of_an_ensemble_are_the_mean_contributions() -> None:
    expected = np.mean([contributions(booster(text), rows()) for text in boosters()], axis=0)
    found = contributions(booster(averaged(boosters(), NAMES)), rows())
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_single_booster_predicts_the_same_bit_for_bit() -> None:
    (text, _) = boosters()
    same = booster(averaged([text], NAMES))
    assert (margins(same, rows()) == margins(booster(text), rows())).all()
    assert same.feature_name() == list(NAMES)


def test_a_split_that_only_tells_missing_from_known_has_a_finite_threshold() -> None:
    known = np.random.default_rng(4).normal(size=(400, 1))
    column = np.where(np.arange(400)[:, None] % 2, known, np.nan)
    data = lightgbm.Dataset(column, (np.arange(400) % 2).astype(float), params={"verbosity": -1})
    text = lightgbm.train({**QUIET, "objective": "binary"}, data, 3).model_to_string()
    assert "threshold=inf" in text
    served = booster(averaged([text], ("only",)))
    np.testing.assert_array_equal(margins(served, column), margins(booster(text), column))


def test_boosters_over_other_features_are_refused() -> None:
    with pytest.raises(Damaged):
        averaged(boosters(), NAMES[:-1])
