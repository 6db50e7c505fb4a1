"""How the ICU model is trained: on whom it is chosen, judged and fitted, and that it repeats."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from predictors.blend import linear_part
from predictors.models.icu_mortality_risk import train as training
from predictors.models.icu_mortality_risk.data import cohort
from predictors.models.icu_mortality_risk.train import Settings
from predictors.training import artefact
from predictors.training.cohort import Cohort
from predictors.training.progress import silent
from tests.predictors.models.icu_mortality_risk.made_up_icu import in_texts, stays

SMALL = Settings(3, 6, 0.15)


@pytest.fixture(scope="module")
def patients() -> Cohort:
    return cohort(*stays(200), name="two hundred")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Made-up stays, of which little is learned."""
    with (
        patch.object(training, "LEAVES", (3,)),
        patch.object(training, "TREES", (2, 6)),
        patch.object(training, "SHARES", (0.0, 0.15)),
        patch.object(training, "FOLDS", 2),
        patch.object(training, "WITHIN", 2),
        patch.object(training, "PLAIN_TREES", 2),
    ):
        yield in_texts(tmp_path_factory.mktemp("sets"), 200)


def test_who_is_judged_is_judged_by_a_model_of_others(patients: Cohort) -> None:
    with (
        patch.object(training, "choose", lambda *_, **__: SMALL),
        patch.object(training, "FOLDS", 2),
    ):
        seen = training.nested(patients, progress=silent)
        turned = replace(patients, outcome=patients.events ^ (np.arange(200) == 150))
        again = training.nested(turned, progress=silent)
    assert seen[150] == again[150]
    assert not np.array_equal(seen, again)


def test_of_settings_that_are_as_good_the_smallest_are_chosen(patients: Cohort) -> None:
    chance = np.random.default_rng(2).normal(0, 1, len(patients))
    good = np.where(patients.events, 2.0, -2.0) + chance
    tried = {
        Settings(8, 400, 0.3): good + 0.3 * np.roll(chance, 1),
        Settings(4, 200, 0.0): chance,
        Settings(4, 300, 0.3): good,
        Settings(4, 300, 0.0): good,
    }
    with patch.object(training, "_tried", lambda *_: tried):
        assert training.choose(patients, progress=silent) == Settings(4, 300, 0.0)


@pytest.mark.long
def test_training_repeats_itself_and_judges_everyone(data: Path, tmp_path: Path) -> None:
    first, again = (training.train(data, progress=silent) for _ in range(2))
    artefact.write(first, tmp_path / "first")
    artefact.write(again, tmp_path / "again")
    for name in ("model.txt", "manifest.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert (first.training.patients, len(first.rows)) == (200, 200)
    assert {each.n for each in first.metrics if not each.subgroup} == {200}
    assert [each.name for each in first.thresholds] == ["high"]
    assert sum(each.n for each in first.observed) == 200


def test_the_blend_is_the_weighted_mean_of_both_parts(patients: Cohort) -> None:
    trees, both = (training.fit(patients, Settings(3, 6, share)) for share in (0.0, 0.15))
    assert trees.blend is None
    assert both.blend is not None
    linear = linear_part(both.blend).margins(patients.rows)
    expected = 0.85 * trees.margins(patients.rows) + linear
    assert both.margins(patients.rows) == pytest.approx(expected, abs=1e-9)


def test_as_developed_nothing_of_set_b_was_learned(data: Path) -> None:
    found = training.developed(data, progress=silent)
    seen, margin = found.cohort, found.margins
    assert set(seen.subgroups["set"].tolist()) == {"b"}
    assert seen.name.endswith("set b, by set a alone")
    assert training.PLAIN in seen.comparators
    assert len(margin) == len(seen)
