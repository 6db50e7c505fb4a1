"""How the sepsis model is trained: what is taught, who is left out, and that it repeats."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from predictors.models.sepsis_risk import plain
from predictors.models.sepsis_risk import train as training
from predictors.models.sepsis_risk.data import cohort, digest
from predictors.models.sepsis_risk.train import Size
from predictors.training import artefact, utility
from predictors.training.cohort import Cohort, Flags
from predictors.training.progress import silent
from tests.predictors.models.sepsis_risk.made_up_stays import stays


def written(folder: Path, frame: pd.DataFrame) -> Path:
    for name, stay in frame.groupby("pid"):
        stay.drop(columns="pid").to_csv(folder / f"{name}.psv", sep="|", index=False)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Made-up stays of two hospitals, in which something can be learned from few rows."""
    folder = tmp_path_factory.mktemp("sets")
    both = pd.concat([stays(60), stays(50, seed=7, first=100_001)])
    few = {**training.SETTINGS, "min_data_in_leaf": 20}
    with (
        patch.object(training, "SETTINGS", few),
        patch.object(training, "LEAVES", (4,)),
        patch.object(training, "TREES", (5, 8)),
        patch.object(training, "REPLICATES", 2),
        patch.object(training, "PAIRED", 2),
        patch.object(training, "JUDGED", 2),
        patch.object(plain, "TREES", 3),
    ):
        yield written(folder, both)


@pytest.fixture(scope="module")
def patients() -> Cohort:
    return cohort(stays(8), name="eight")


def test_only_the_six_hours_before_the_label_count_for_half(patients: Cohort) -> None:
    taught = training.targets(patients).reshape(8, 30)
    assert taught[0].tolist() == [0.0] * 8 + [0.5] * 6 + [1.0] * 16
    assert not taught[1].any()


def test_the_threshold_of_utility_is_the_best_one_on_average_over_units(patients: Cohort) -> None:
    risk = np.where(utility.gains(patients) > 0, 0.06, 0.02)
    assert 0.02 < training.most_useful(patients, risk) <= 0.06
    overestimated = risk + 0.03 * (patients.subgroups["unit"] == "surgical")
    assert 0.05 < training.most_useful(patients, overestimated) <= 0.06


def test_a_left_out_group_is_predicted_by_trees_of_the_others(patients: Cohort) -> None:
    learned_from: list[set[str]] = []

    def fitted(some: Cohort, _size: Size, learned: Flags) -> None:
        learned_from.append(set(some.subgroups["unit"][learned]))

    with (
        patch.object(training, "LEAVES", (4,)),
        patch.object(training, "fit", fitted),
        patch.object(training, "margins_of", lambda _, rows, trees: rows[:, 0] + trees),
    ):
        found = training.left_out(patients, patients.subgroups["unit"], progress=silent)
    assert learned_from == [{"medical", "surgical"}, {"", "surgical"}, {"", "medical"}]
    margin = found[Size(4, 50)]
    assert np.array_equal(margin, patients.rows[:, 0] + 50, equal_nan=True)


def test_the_smallest_size_within_one_standard_error_of_the_best_is_chosen() -> None:
    some = cohort(stays(40), name="forty")
    chance = np.random.default_rng(3)
    good = some.events + chance.normal(0, 1, len(some))
    worse = some.events + chance.normal(0, 4, len(some))
    tried = {Size(4, 50): worse, Size(8, 50): good, Size(16, 300): good + 1e-9 * some.events}
    assert training.smallest(some, tried) == Size(8, 50)


def test_in_pairs_a_smaller_size_must_be_nearer_to_the_best() -> None:
    some = cohort(stays(40), name="forty")
    chance = np.random.default_rng(3).normal(0, 1, len(some))
    best = some.events + chance
    tried = {Size(4, 50): 0.96 * some.events + chance, Size(8, 50): best}
    assert training.smallest(some, tried) == Size(4, 50)
    assert training.smallest(some, tried, paired=True) == Size(8, 50)


def test_the_auroc_of_a_choice_is_the_mean_of_the_hospitals_own() -> None:
    both = cohort(pd.concat([stays(8), stays(8, first=100_001)]), name="both")
    margin = both.events + 10.0 * (both.subgroups["hospital"] == "B")
    assert training._auroc(both, margin)(np.ones(len(both))) == 1.0


def test_training_repeats_itself_to_the_byte(data: Path, tmp_path: Path) -> None:
    first = training.train(data, progress=silent)
    again = training.train(data, progress=silent)
    artefact.write(first, tmp_path / "first")
    artefact.write(again, tmp_path / "again")
    for name in ("model.txt", "manifest.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    assert (first.training.patients, first.training.sha256) == (110, digest(data))
    alerts, useful = first.thresholds
    assert (alerts.name, useful.name, useful.budget) == ("alerts", "utility", None)
    assert alerts.budget is not None
    assert not alerts.budget.at_site
    assert first.novelty is not None


def test_with_one_hospital_alone_it_is_trained_by_cross_validation(
    data: Path, tmp_path: Path
) -> None:
    assert data.is_dir()
    assert training.train(written(tmp_path, stays(40)), progress=silent).training.patients == 40


def test_as_developed_nothing_of_the_other_hospital_was_learned_or_set(
    data: Path, tmp_path: Path
) -> None:
    found = training.developed(data, progress=silent)
    turned = stays(50, seed=7, first=100_001)
    turned["SepsisLabel"] = 1 - turned["SepsisLabel"]
    other = training.developed(written(tmp_path, pd.concat([stays(60), turned])), progress=silent)
    assert set(found.cohort.subgroups["hospital"]) == {"B"}
    assert np.array_equal(found.margins, other.margins)
    assert found.thresholds == other.thresholds
    assert found.cohort.cuts == other.cohort.cuts
    assert plain.PLAIN in found.cohort.comparators
    (tmp_path / "home").mkdir()
    with pytest.raises(ValueError, match="no hospital A beside a hospital B"):
        training.developed(written(tmp_path / "home", stays(8)), progress=silent)
