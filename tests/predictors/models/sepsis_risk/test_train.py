"""How the sepsis model is trained: what is taught, who is left out, and that it repeats."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from predictors.models.sepsis_risk import train as training
from predictors.models.sepsis_risk.data import cohort, set_aside
from predictors.training import artefact, utility
from predictors.training.cohort import Cohort
from predictors.training.progress import silent
from tests.predictors.models.sepsis_risk.made_up_stays import stays


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of made-up stays in which something can be learned from few rows."""
    folder = tmp_path_factory.mktemp("set")
    for name, stay in stays(90).groupby("pid"):
        stay.drop(columns="pid").to_csv(folder / f"{name}.psv", sep="|", index=False)
    few = {**training.SETTINGS, "min_data_in_leaf": 20, "learning_rate": 0.1}
    with (
        patch.object(training, "SETTINGS", few),
        patch.object(training, "TREES", 5),
        patch.object(training, "REPLICATES", 2),
    ):
        yield folder


@pytest.fixture(scope="module")
def patients() -> Cohort:
    return cohort(stays(8), name="eight")


def test_hours_before_the_label_count_for_less_and_none_do_without_sepsis(
    patients: Cohort,
) -> None:
    taught = training.targets(patients).reshape(8, 30)
    assert taught[0].tolist() == [0.15] * 8 + [0.5] * 6 + [1.0] * 16
    assert not taught[1].any()


def test_the_threshold_of_utility_is_the_best_one_on_average_over_units(patients: Cohort) -> None:
    risk = np.where(utility.gains(patients) > 0, 0.06, 0.02)
    assert 0.02 < training.most_useful(patients, risk) <= 0.06
    overestimated = risk + 0.03 * (patients.subgroups["unit"] == "surgical")
    assert 0.05 < training.most_useful(patients, overestimated) <= 0.06


def test_a_left_out_group_is_predicted_by_trees_of_the_others(patients: Cohort) -> None:
    learned_from = []

    def fitted(some: Cohort) -> None:
        learned_from.append(set(some.subgroups["unit"]))

    with (
        patch.object(training, "fit", fitted),
        patch.object(training, "margins", lambda _, rows: rows[:, 0]),
    ):
        found = training.left_out(patients, patients.subgroups["unit"], progress=silent)
    assert learned_from == [{"medical", "surgical"}, {"", "surgical"}, {"", "medical"}]
    assert np.array_equal(found, patients.rows[:, 0], equal_nan=True)


def test_training_repeats_itself_and_never_sees_who_is_set_aside(
    data: Path, tmp_path: Path
) -> None:
    first = training.train(data, progress=silent)
    again = training.train(data, progress=silent)
    artefact.write(first, tmp_path / "first")
    artefact.write(again, tmp_path / "again")
    for name in ("model.txt", "manifest.json"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    left = 90 - int(set_aside(np.arange(1, 91)).sum())
    assert first.training.patients == left
    assert len(first.rows) == 30 * left
    assert [each.name for each in first.thresholds] == ["alerts", "utility"]
