import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cds_hooks.settings.models import ModelSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.training import runs
from cds_hooks.training.runs import (
    Choice,
    TrainingUnavailable,
    located,
    train,
    validation_of,
    version_of,
)
from predictors.training.artefact import Trained
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, silent
from predictors.tree_model import Reading, as_read, require_model
from tests.cds_hooks.model_registry.made_up_model import NAME, install
from tests.predictors import networks
from tests.predictors.synthetic import FEATURES, declared


def test_a_models_data_are_found_among_others(tmp_path: Path) -> None:
    (tmp_path / "physionet2012_ab.parquet").write_text("")
    (tmp_path / "diabetic_data.csv").write_text("")
    found = located("icu-mortality-risk", tmp_path)
    assert found == tmp_path / "physionet2012_ab.parquet"
    assert located("readmission-risk", tmp_path) == tmp_path / "diabetic_data.csv"


def test_a_path_that_holds_nothing_known_is_meant_itself(tmp_path: Path) -> None:
    assert located("sepsis-risk", tmp_path) == tmp_path


def test_only_the_model_whose_data_come_in_a_package_needs_no_path() -> None:
    assert located("breast-cancer-recurrence", None) is None
    with pytest.raises(TrainingUnavailable, match="say by --data"):
        located("sepsis-risk", None)


def test_a_version_comes_with_its_trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch)
    settings = Settings(models=ModelSettings(verdicts=str(tmp_path / "verdicts")))
    found = version_of(NAME, "", settings)
    assert found.fitted.slope == 0.9
    assert found.folder.manifest.version == "1"


def test_a_model_without_another_form_has_no_challenger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = install(tmp_path, monkeypatch)
    with pytest.raises(TrainingUnavailable, match="has no challenger"):
        train(NAME, data, out=tmp_path / "new", progress=silent, challenger=True)


def test_a_challenger_is_never_written_in_the_place_of_the_packages_model() -> None:
    with pytest.raises(TrainingUnavailable, match="--out does not say where"):
        train("breast-cancer-recurrence", None, out=None, progress=silent, challenger=True)


def challenged(data: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A site with another form of the model, which reads other columns."""
    predictor = declared(folder=site.parent / "models" / "test_risk")
    others = tuple(replace(each, name=f"{each.name}_too") for each in FEATURES)
    model = require_model(predictor)
    both = replace(predictor, function=replace(model, others=(Reading(others, model.row),)))

    def challenge(path: Path, *, progress: Progress) -> Trained:
        progress(1.0, path.name)
        return replace(networks.trained(as_read(both, others)), version="1-sequence")

    module = SimpleNamespace(challenge=challenge)
    monkeypatch.setitem(sys.modules, "predictors.models.test_risk.sequence", module)
    monkeypatch.setattr(runs, "CHALLENGES", {NAME: "sequence"})
    monkeypatch.setattr(runs, "tree_models", lambda: {NAME: both})
    train(NAME, data, out=site / NAME / "sequence", progress=silent, challenger=True)
    return Settings(models=ModelSettings(folder=str(site), verdicts=str(site / "verdicts")))


def test_a_challenger_comes_without_the_card_of_the_form_that_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="no onnxruntime")
    settings = challenged(install(tmp_path, monkeypatch), tmp_path / "site", monkeypatch)
    found = version_of(NAME, "sequence", settings)
    assert found.predictor.version == "1-sequence"
    assert found.folder.card == {}
    assert version_of(NAME, "", settings).folder.card == {"developer": "nobody"}


def test_rows_of_other_columns_are_not_taken_for_those_of_a_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="no onnxruntime")
    data = install(tmp_path, monkeypatch)
    settings = challenged(data, tmp_path / "site", monkeypatch)
    chosen = (("sequence", Choice(data, "gbsg")), ("", Choice(data, "gbsg", beside="sequence")))
    for version, choice in chosen:
        with pytest.raises(TrainingUnavailable, match="reads other columns"):
            validation_of(
                version_of(NAME, version, settings),
                choice,
                settings=settings,
                bootstrap=Bootstrap(2),
                progress=silent,
            )


def test_another_version_stands_beside_on_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = install(tmp_path, monkeypatch)
    site = tmp_path / "site"
    train(NAME, data, out=site / NAME / "again", progress=silent)
    models = ModelSettings(folder=str(site), verdicts=str(tmp_path / "verdicts"))
    found, _ = validation_of(
        version_of(NAME, "", Settings(models=models)),
        Choice(data, "gbsg", beside="again"),
        settings=Settings(models=models),
        bootstrap=Bootstrap(3),
        progress=silent,
    )
    (beside,) = (each for each in found.comparisons if each.name == "version again")
    assert beside.rows == found.rows
    assert beside.difference["auroc"].value == 0.0
