"""How the ICU model is trained: on whom it is chosen, judged and fitted, and that it repeats."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from predictors.models.icu_mortality_risk import train as training
from predictors.models.icu_mortality_risk.data import cohort
from predictors.models.icu_mortality_risk.train import Settings
from predictors.training import artefact
from predictors.training.cohort import Cohort
from predictors.training.progress import silent
from predictors.tree_model import margins
from tests.predictors.models.icu_mortality_risk.made_up_icu import in_texts, stays

SMALL = Settings(3, 6, 0.2)


@pytest.fixture(scope="module")
def patients() -> Cohort:
    return cohort(*stays(200), name="two hundred")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Made-up stays, of which little is learned."""
    with patch.object(training, "CHOICES", (SMALL, Settings(2, 2, 0.01))):
        yield in_texts(tmp_path_factory.mktemp("sets"), 200)


def test_who_is_judged_is_judged_by_trees_of_others(patients: Cohort) -> None:
    judging = np.arange(200) >= 100
    seen = training.out_of_fold(patients, judging, SMALL, progress=silent)
    swapped = Cohort(
        patients.name,
        patients.features,
        patients.patients,
        patients.rows,
        patients.events ^ (np.arange(200) == 150),
    )
    again = training.out_of_fold(swapped, judging, SMALL, progress=silent)
    assert len(seen) == 100
    assert seen[50] == again[50]
    assert not np.array_equal(seen, again)


def test_the_settings_of_the_least_loss_are_chosen(patients: Cohort) -> None:
    hardly, well = Settings(2, 1, 0.001), Settings(7, 30, 0.2)
    for choices in ((hardly, well), (well, hardly)):
        with patch.object(training, "CHOICES", choices):
            assert training.choose(patients, progress=silent) == well


def test_training_repeats_itself_and_judges_set_b(data: Path, tmp_path: Path) -> None:
    first, again = (training.train(data, progress=silent) for _ in range(2))
    artefact.write(first, tmp_path / "first")
    artefact.write(again, tmp_path / "again")
    for name in ("model.txt", "manifest.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert (first.training.patients, len(first.rows)) == (200, 200)
    assert {each.cohort: each.n for each in first.metrics if not each.subgroup} == {
        "internal": 100,
        "set b, by trees of set a": 100,
    }
    assert [each.name for each in first.thresholds] == ["high"]
    assert sum(each.n for each in first.observed) == 100


def test_the_shipped_trees_are_of_everyone(patients: Cohort) -> None:
    alone = training.fit(patients.take(np.arange(200) < 100), SMALL)
    both = training.fit(patients, SMALL)
    assert not np.array_equal(margins(alone, patients.rows), margins(both, patients.rows))


def test_as_developed_nothing_of_set_b_was_learned(data: Path) -> None:
    found = training.developed(data, progress=silent)
    seen, margin = found.cohort, found.margins
    assert set(seen.subgroups["set"].tolist()) == {"b"}
    assert seen.name.endswith("set b, by trees of set a alone")
    assert len(margin) == len(seen)
