"""The challenger of the trees: chosen in hospital A, compared in B, and whole as it is served."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from predictors import model_folder
from predictors.models.sepsis_risk import plain, sepsis_risk
from predictors.models.sepsis_risk import train as training
from predictors.models.sepsis_risk.data import adults, cohort
from predictors.models.sepsis_risk.hours import SEQUENCE, sequence_row
from predictors.training.artefact import Trained, write
from predictors.training.progress import silent
from predictors.tree_model import loaded, read_model, require_model
from tests.predictors.models.sepsis_risk.made_up_stays import stays
from tests.predictors.models.sepsis_risk.test_features import facts, stay
from tests.predictors.models.sepsis_risk.test_train import written


@pytest.fixture(scope="module")
def sequence() -> Any:
    """The module, where torch is."""
    pytest.importorskip("torch", reason="no torch: pip install 'cds-hooks-server[train-deep]'")
    from predictors.models.sepsis_risk import sequence

    return sequence


@pytest.fixture(scope="module")
def small(sequence: Any) -> Iterator[None]:
    """Little is tried, and seldom resampled."""
    few = {**training.SETTINGS, "min_data_in_leaf": 20}
    with (
        patch.object(training, "SETTINGS", few),
        patch.object(training, "LEAVES", (4,)),
        patch.object(training, "TREES", (5, 8)),
        patch.object(training, "REPLICATES", 2),
        patch.object(plain, "TREES", 3),
        patch.object(sequence, "HIDDEN", (4,)),
        patch.object(sequence, "EPOCHS", (8, 16)),
        patch.object(sequence.network, "AVERAGED", 0.5),
        patch.object(sequence.network, "RATE", 0.02),
        patch.object(sequence, "REPLICATES", 2),
    ):
        yield


@pytest.fixture(scope="module")
def challenger(
    sequence: Any, small: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Trained]:
    folder = tmp_path_factory.mktemp("sets")
    both = pd.concat([stays(60), stays(50, seed=7, first=100_001)])
    data = written(folder, both)
    return data, sequence.challenge(data, progress=silent)


def test_what_is_trained_is_served_as_a_version_of_the_model(
    challenger: tuple[Path, Trained], tmp_path: Path
) -> None:
    _, made = challenger
    write(made, tmp_path)
    pin = model_folder.digest((tmp_path / model_folder.MANIFEST).read_bytes())
    held = model_folder.read(tmp_path, pin)
    model_folder.check(held, sepsis_risk)
    predictor = loaded(sepsis_risk, read_model(held.text), held.manifest)
    assert require_model(predictor).features == SEQUENCE
    assert len(held.text) < 500_000
    known = facts(stay(80), 40)
    fitted = require_model(predictor).fitted
    assert fitted is not None
    row = sequence_row(known)
    assert fitted.parts(row).sum() == pytest.approx(fitted.totals(row[None])[0], abs=1e-6)


def test_nothing_of_hospital_b_is_learned_or_set(
    sequence: Any, challenger: tuple[Path, Trained], tmp_path: Path
) -> None:
    _, made = challenger
    turned = stays(50, seed=7, first=100_001)
    turned["SepsisLabel"] = 1 - turned["SepsisLabel"]
    data = written(tmp_path, pd.concat([stays(60), turned]))
    other = sequence.challenge(data, progress=silent)
    assert other.onnx == made.onnx
    assert (other.calibration, other.thresholds) == (made.calibration, made.thresholds)
    assert other.metrics != made.metrics


def test_each_is_compared_with_the_plain_trees_in_hospital_b(
    challenger: tuple[Path, Trained],
) -> None:
    _, made = challenger
    told = {(each.cohort, each.name): each.value for each in made.metrics}
    plainly = told["hospital B, plain LightGBM", "auroc"]
    for name in ("trees", "sequence", "trees and sequence"):
        ahead = told[f"hospital B, {name}", "auroc ahead of plain LightGBM"]
        assert ahead == pytest.approx(told[f"hospital B, {name}", "auroc"] - plainly, abs=2e-4)
        assert (f"hospital B, {name}", "utility ahead of plain LightGBM") in told


def test_before_a_stay_there_is_nothing(sequence: Any, small: None, tmp_path: Path) -> None:
    data = written(tmp_path, stays(4))
    patients = cohort(adults(data), name="four")
    read = sequence.stays_of(data, patients)
    made = sequence.rows(read, np.arange(len(patients)))
    assert made.shape == (len(patients), len(SEQUENCE))
    last = read.firsts[1:] - 1
    assert np.array_equal(made[last, -1], read.age[last])
    first = made[read.firsts, :-1].reshape(4, 16, -1)
    assert np.isnan(first[:, :-1]).all()
    assert not np.isnan(first[:, -1]).all()
