from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from predictors import model_folder
from predictors.model_folder import CARD
from predictors.training.artefact import golden_rows, histogram, pin, seal, write
from predictors.tree_text import Damaged
from tests.predictors.synthetic import declared, rows, trained


def pinned(models: Path) -> str:
    return model_folder.pins(models / "pins.toml")["test-risk"]


def test_what_is_written_is_read_back_verified(tmp_path: Path) -> None:
    predictor = declared(folder=tmp_path / "test_risk")
    made = write(trained(predictor))
    read = model_folder.read(tmp_path / "test_risk", pinned(tmp_path))
    model_folder.check(read, predictor)
    assert read.manifest == made


def test_the_same_fit_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(trained(declared(folder=tmp_path)), tmp_path / name)
    for file in ("model.txt", "manifest.json"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_an_edited_card_is_sealed_again(tmp_path: Path) -> None:
    folder = tmp_path / "test_risk"
    write(trained(declared(folder=folder)))
    (folder / CARD).write_text('title = "Test"\n')
    made = seal(folder)
    pin(folder)
    assert set(made.files) == {"model.txt", CARD}
    assert model_folder.read(folder, pinned(tmp_path)).card == {"title": "Test"}
    (folder / CARD).write_text('title = "Best"\n')
    with pytest.raises(Damaged, match=r"card\.toml is not the one that was trained"):
        model_folder.read(folder, pinned(tmp_path))


def test_changed_trees_are_not_sealed_again(tmp_path: Path) -> None:
    write(trained(declared(folder=tmp_path)), tmp_path / "one")
    (tmp_path / "one" / "model.txt").write_text("tree")
    with pytest.raises(Damaged, match=r"model\.txt was changed"):
        seal(tmp_path / "one")


def test_an_input_that_was_never_missing_in_training_must_be_required(tmp_path: Path) -> None:
    full = rows().copy()
    full[:, 3] = 120.0
    fit = replace(trained(declared(folder=tmp_path)), rows=full)
    with pytest.raises(ValueError, match="never missing in training, so required: sbp"):
        write(fit)


def test_a_golden_row_is_no_patients_and_takes_each_branch_of_missing() -> None:
    made = golden_rows(rows())
    patients = {tuple(each) for each in rows().tolist()}
    assert not patients & {tuple(each) for each in made.tolist()}
    assert not np.isnan(made[:, 0]).any()
    assert np.isnan(made[:, 1:]).any(axis=0).all()
    assert (~np.isnan(made)).any(axis=0).all()


def test_a_version_for_a_site_is_not_pinned_as_the_one_to_serve(tmp_path: Path) -> None:
    write(trained(declared(folder=tmp_path / "test_risk")), tmp_path / "versions" / "1")
    assert not list(tmp_path.rglob("pins.toml"))


def test_a_histogram_counts_every_row() -> None:
    found = histogram(rows()[:, 1])
    assert sum(found.counts) + found.missing == len(rows())
    assert len(found.edges) == len(found.counts) + 1


@pytest.mark.parametrize("values", [[1.0, 1.0], [0.0, 1.0, 1.0, 1.0]])
def test_a_histogram_of_few_values_counts_them_all(values: list[float]) -> None:
    found = histogram(np.array(values))
    assert sum(found.counts) == len(values)
    assert len(found.edges) == len(found.counts) + 1
