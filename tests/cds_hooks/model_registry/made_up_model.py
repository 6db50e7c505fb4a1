"""A trained model and its data as the commands find them, in a folder of the test's own."""

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cds_hooks.training import runs
from predictors.training.artefact import Trained, write
from predictors.training.cohort import Cohort
from predictors.training.developed import Developed
from predictors.training.progress import Progress
from tests.predictors.synthetic import declared, rows, trained

NAME = "test-risk"
PATIENTS = np.arange(600)
HARMED = np.random.default_rng(9).random(600) < 1 / (1 + np.exp(3.5 - rows()[:, 0] / 20))


def read(path: Path, form: str) -> Cohort:
    """The made-up patients, whatever the file holds; ValueError for another format."""
    if form != "gbsg":
        raise ValueError(f"{path.name} is not {form}")
    features = ("age", "lactate_last", "lactate_rise", "sbp", "diabetes")
    age = np.where(rows()[:, 0] < 60, "younger", "older")
    return Cohort("made-up patients", features, PATIENTS, rows(), HARMED, {"age": age})


def held_out(cohort: Cohort) -> Cohort:
    """Every other patient."""
    return cohort.take(cohort.patients % 2 == 0, "every other patient")


def developed(path: Path, *, progress: Progress) -> Developed:
    """Every other patient, with a margin of their age."""
    progress(1.0, path.name)
    half = held_out(read(path, "gbsg"))
    return Developed(replace(half, name="as developed"), half.rows[:, 0] / 20 - 3.5)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ships the model in the folder, with a card, and gives the file of its data."""
    home = folder / "models" / "test_risk"
    home.mkdir(parents=True)
    (home / "card.toml").write_text('developer = "nobody"\n')
    predictor = declared(folder=home)
    write(trained(predictor))

    def train(path: Path, *, progress: Progress) -> Trained:
        progress(1.0, path.name)
        return trained(predictor)

    monkeypatch.setattr(runs, "tree_models", lambda: {NAME: predictor})
    parts = {"data": SimpleNamespace(read=read, held_out=held_out)}
    for part, module in {**parts, "train": SimpleNamespace(train=train)}.items():
        monkeypatch.setitem(sys.modules, f"predictors.models.test_risk.{part}", module)
    (folder / "data.csv").write_text("")
    return folder / "data.csv"
