"""A network is read, answers, and explains itself with parts that add up, or not at all."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from predictors import model_folder
from predictors.model_folder import MODEL
from predictors.predictor import Link, Predictor, Value
from predictors.sequence_model import LARGEST, NotAdditive, check, is_sequence, read, written
from predictors.training.artefact import write
from predictors.tree_model import (
    Feature,
    Floats,
    Reading,
    as_read,
    loaded,
    read_model,
    require_model,
)
from predictors.tree_text import Damaged
from tests.conftest import missing
from tests.predictors.networks import BASELINE, NETWORK, WEIGHTS, saying, trained
from tests.predictors.synthetic import FEATURES, declared, row, rows, text

BACKWARDS = tuple(Feature(f"{each.name}_backwards", each.input) for each in reversed(FEATURES))


@pytest.fixture(autouse=True)
def onnxruntime() -> None:
    """These tests load networks."""
    try:
        import onnxruntime  # noqa: F401 - whether it is there
    except ImportError:
        missing("no onnxruntime: pip install 'cds-hooks-server[sequence]'")


def both_ways() -> Predictor:
    """The test model, of which another form reads the features backwards."""
    predictor = declared()
    model = require_model(predictor)

    def backwards(facts: Mapping[str, Value]) -> Floats:
        return row(facts)[::-1]

    return replace(predictor, function=replace(model, others=(Reading(BACKWARDS, backwards),)))


def served(folder: Path, predictor: Predictor, network: bytes = NETWORK) -> Predictor:
    """The predictor as a server has it, of a folder that training wrote."""
    write(trained(predictor, network), folder)
    return opened(folder, predictor)


def opened(folder: Path, predictor: Predictor) -> Predictor:
    pin = model_folder.digest((folder / model_folder.MANIFEST).read_bytes())
    held = model_folder.read(folder, pin)
    model_folder.check(held, predictor)
    return loaded(predictor, read_model(held.text), held.manifest)


def test_the_text_of_a_network_is_told_from_that_of_another_model() -> None:
    assert is_sequence(written(NETWORK))
    assert not is_sequence(text())
    assert not is_sequence('{"form": "cox"}')
    assert written(NETWORK).isascii()
    assert check(written(NETWORK)) == NETWORK


@pytest.mark.parametrize("network", [b"", b"0" * (LARGEST + 1)])
def test_a_network_that_is_empty_or_too_large_is_damaged(network: bytes) -> None:
    with pytest.raises(Damaged, match="empty or too large"):
        check(written(network))


def test_what_is_not_base64_is_damaged() -> None:
    with pytest.raises(Damaged, match="not base64"):
        check(written(NETWORK) + "*")


def test_margins_and_parts_are_those_of_the_network() -> None:
    model = read(written(NETWORK))
    there = np.nan_to_num(rows()) * WEIGHTS
    assert model.margins(rows()) == pytest.approx(BASELINE + there.sum(axis=1), abs=1e-12)
    parts = model.contributions(rows())
    assert parts[:, :-1] == pytest.approx(there, abs=1e-12)
    assert set(parts[:, -1]) == {BASELINE}


def test_parts_that_do_not_add_up_to_the_margin_are_not_given() -> None:
    with pytest.raises(NotAdditive):
        read(written(saying(BASELINE + 1e-5))).contributions(rows())
    assert len(read(written(saying(BASELINE + 1e-8))).contributions(rows())) == len(rows())


def test_a_served_network_predicts_and_explains_by_input(tmp_path: Path) -> None:
    predictor = served(tmp_path / "1", declared(Link.LOGISTIC))
    (prediction,) = predictor.assess({"age": 70.0, "sbp": 95.0}).explained().predictions
    parts = {each.input: each.amount for each in prediction.contributions}
    assert parts["age"] == pytest.approx(0.9 * 0.02 * 70)
    assert parts["lactate"] == 0.0
    total = prediction.baseline + sum(parts.values())
    assert prediction.value == pytest.approx(Link.LOGISTIC.inverse(total), abs=1e-12)
    assert predictor.version == "1-sequence"


def test_another_form_of_a_model_reads_its_own_columns(tmp_path: Path) -> None:
    predictor = both_ways()
    backwards = replace(trained(as_read(predictor, BACKWARDS)), rows=rows()[:, ::-1])
    write(backwards, tmp_path)
    found = opened(tmp_path, predictor)
    assert require_model(found).features == BACKWARDS
    (prediction,) = found.assess({"age": 70.0, "sbp": 95.0}).explained().predictions
    parts = {each.input: each.amount for each in prediction.contributions}
    assert parts["age"] == pytest.approx(0.9 * 0.4 * 70)
    assert parts["sbp"] == pytest.approx(0.9 * 0.5 * 95)
    with pytest.raises(Damaged, match="features are not those declared"):
        opened(tmp_path, declared())


def test_the_same_network_is_written_to_the_byte(tmp_path: Path) -> None:
    for name in ("first", "again"):
        write(trained(declared()), tmp_path / name)
    first, again = ((tmp_path / name / MODEL).read_bytes() for name in ("first", "again"))
    assert first == again


def test_without_onnxruntime_reading_a_network_says_which_library_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ImportError, match="onnxruntime"):
        read(written(NETWORK))
