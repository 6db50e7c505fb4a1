"""docs/extend.md keeps its word: the model that it shows is a model, from its data to its risk."""

import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from cds_hooks.model_registry.gate import gate_of
from cds_hooks.settings.models import ModelSettings
from predictors import models
from predictors.predictor import Predictor
from predictors.training.artefact import write
from predictors.training.progress import silent
from predictors.tree_model import model_of

EXTEND = (Path(__file__).parent.parent / "docs" / "extend.md").read_text(encoding="utf-8")
NAME = "example_shock_risk"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The files that the page shows, where models are looked for."""
    shown = re.findall(rf"```python\n# predictors/models/{NAME}/(\w+\.py)\n(.*?)```", EXTEND, re.S)
    assert {name for name, _ in shown} == {"__init__.py", "features.py", "train.py"}
    (tmp_path / NAME).mkdir()
    for name, code in shown:
        (tmp_path / NAME / name).write_text(code, encoding="utf-8")
    monkeypatch.setattr(models, "__path__", [str(tmp_path)])
    yield tmp_path
    for name in [each for each in sys.modules if each.startswith(f"predictors.models.{NAME}")]:
        del sys.modules[name]


def patients(folder: Path) -> Path:
    """Made-up patients as the CSV that the page's training reads."""
    chance = np.random.default_rng(3)
    age, rate = chance.uniform(18, 95, 400), chance.normal(90, 20, 400)
    sbp, lactate = chance.normal(120, 20, 400), chance.gamma(2, 1, 400)
    shock = chance.random(400) < 1 / (1 + np.exp(-(lactate + rate / sbp - 3)))
    for column in (rate, sbp, lactate):
        column[chance.random(400) < 0.1] = np.nan
    table = np.column_stack([age, lactate, rate, sbp, shock])
    header = "age,lactate,heart_rate,sbp,outcome"
    np.savetxt(folder / "patients.csv", table, delimiter=",", header=header, comments="")
    return folder / "patients.csv"


def test_the_model_that_the_page_shows_is_trained_verified_and_explained(package: Path) -> None:
    module = import_module(f"predictors.models.{NAME}")
    (declared,) = [each for each in vars(module).values() if isinstance(each, Predictor)]
    assert model_of(declared)
    training = import_module(f"predictors.models.{NAME}.train")
    write(training.train(patients(package), progress=silent))
    gate = gate_of([declared], ModelSettings(verdicts=str(package / "verdicts.json")))
    assert gate.faults == {}
    risk = gate.models.active[declared.name].assess({"age": 70.0, "lactate": 5.0, "sbp": 85.0})
    assert 0 < risk["shock"].value < 1
    assert {each.input for each in risk.explained()["shock"].contributions} == set(training.INPUTS)
