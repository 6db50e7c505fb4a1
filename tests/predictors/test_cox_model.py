import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from predictors import model_folder
from predictors.cox_model import CoxModel, Curve, check, columns, is_cox, read, written
from predictors.manifest import Calibration, Training
from predictors.predictor import Link, Predictor
from predictors.training.artefact import Trained, write
from predictors.tree_model import loaded, read_model
from predictors.tree_text import Damaged
from tests.predictors.synthetic import FEATURES, declared, rows

AGE = Curve(
    feature="age",
    reference=55.0,
    least=24.0,
    most=90.0,
    coefficients=(0.02, -0.01, 0.03),
    knots=(35.0, 45.0, 60.0, 75.0),
)
NODES = Curve(feature="nodes", reference=0.0, least=0.0, most=19.0, coefficients=(0.1,))
MODEL = CoxModel(reference="a woman of 55 years without positive nodes", curves=(AGE, NODES))
NAMED = (("age", 0), ("nodes", 1))
SHIPPED = CoxModel(
    reference="nobody",
    curves=tuple(
        Curve(
            feature=each.name,
            reference=1.0,
            least=0.0,
            most=200.0,
            coefficients=(0.01,),
            missing=None if each.name == "age" else 0.2,
        )
        for each in FEATURES
    ),
)


def fitted(folder: Path) -> Trained:
    return Trained(
        declared(Link.CLOGLOG, folder),
        (),
        Calibration(intercept=-3.0, slope=0.9),
        rows(),
        Training(data="Made up", sha256="0" * 64, rows=600, events=300, patients=600, seed=1),
        cox=SHIPPED,
    )


@pytest.fixture
def predictor(tmp_path: Path) -> Predictor:
    """The test model in the form of a Cox model, read as a server reads it."""
    folder = tmp_path / "test_risk"
    write(fitted(folder))
    pin = model_folder.pins(tmp_path / "pins.toml")["test-risk"]
    held = model_folder.read(folder, pin)
    model_folder.check(held, declared(Link.CLOGLOG))
    return loaded(declared(Link.CLOGLOG), read_model(held.text), held.manifest)


def test_the_text_is_read_back() -> None:
    assert is_cox(written(MODEL))
    assert not is_cox("tree\nversion=v4")
    assert read(written(MODEL)) == MODEL
    check(written(MODEL), NAMED)


def test_the_reference_person_has_no_contributions() -> None:
    assert MODEL.contributions(np.array([[55.0, 0.0]])).tolist() == [[0.0, 0.0, 0.0]]


def test_a_value_beyond_the_limits_counts_as_the_limit() -> None:
    found = MODEL.margins(np.array([[55.0, 19.0], [55.0, 40.0], [90.0, 0.0], [101.0, 0.0]]))
    assert found[0] == found[1] == pytest.approx(1.9)
    assert found[2] == found[3]


def test_a_spline_is_a_line_beyond_its_outer_knots() -> None:
    values = np.array([10.0, 20.0, 30.0, 80.0, 90.0, 100.0])
    bent = columns(values, AGE.knots)
    assert bent[:3, 1:].tolist() == np.zeros((3, 2)).tolist()
    assert np.diff(bent[3:], 2, axis=0) == pytest.approx(0.0, abs=1e-9)


def test_splines_are_those_of_harrells_formula() -> None:
    low, mid, high = 0.0, 1.0, 9.0
    (found,) = columns(np.array([4.0]), (low, mid, high))[:, 1].tolist()
    cubes = 4.0**3 - 3.0**3 * (high - low) / (high - mid)
    assert found == pytest.approx(cubes / (high - low) ** 2)


@given(st.floats(0, 130), st.floats(0, 60))
def test_contributions_sum_to_the_margin(age: float, nodes: float) -> None:
    row = np.array([[age, nodes]])
    assert math.fsum(MODEL.contributions(row)[0]) == pytest.approx(MODEL.margins(row)[0], abs=1e-9)


def test_a_missing_value_adds_what_training_found_or_nothing_is_predicted() -> None:
    told = CoxModel(reference="", curves=(AGE, changed(NODES, missing=0.25)))
    assert told.margins(np.array([[55.0, np.nan]])).tolist() == [0.25]
    assert np.isnan(MODEL.margins(np.array([[55.0, np.nan]]))).all()


@pytest.mark.parametrize(
    ("curve", "fault"),
    [
        (changed(NODES, feature="size"), "the features differ"),
        (changed(NODES, coefficients=(math.nan,)), "it is no Cox model"),
        (changed(NODES, reference=20.0), "nodes: no such reference"),
        (changed(NODES, knots=(1.0, 2.0)), "nodes: wrong knots"),
        (changed(NODES, knots=(1.0, 3.0, 2.0)), "nodes: wrong knots"),
        (changed(NODES, coefficients=(0.1, 0.2)), "nodes: not a coefficient a column"),
        (changed(NODES, coefficients=(-0.1,)), "nodes: the risk moves the wrong way"),
    ],
)
def test_a_text_that_is_no_sound_model_is_refused(curve: Curve, fault: str) -> None:
    with pytest.raises(Damaged, match=fault):
        check(written(changed(MODEL, curves=(AGE, curve))), NAMED)


@pytest.mark.parametrize("text", ["{", "{}", '{"form": "trees"}', '{"form": "cox", "curves": 1}'])
def test_a_text_that_is_none_is_damage(text: str) -> None:
    with pytest.raises(Damaged, match="it is no Cox model"):
        check(text, NAMED)


def test_it_is_served_and_explained_as_trees_are(predictor: Predictor) -> None:
    facts = {"age": 70.0, "sbp": 120.0, "diabetes": True}
    (told,) = predictor.assess(facts).explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    assert told.value == pytest.approx(-math.expm1(-math.exp(total)), abs=1e-9)
    assert told.baseline == -3.0
    # Both features of lactate are missing, and each of them says so.
    parts = {each.input: each.amount for each in told.contributions}
    assert parts["lactate"] == pytest.approx(0.9 * 0.4)


def test_its_manifest_names_no_lightgbm(tmp_path: Path) -> None:
    assert write(fitted(tmp_path), tmp_path / "one").lightgbm == ""


def test_a_changed_coefficient_is_damage(tmp_path: Path) -> None:
    folder = tmp_path / "test_risk"
    write(fitted(folder))
    pin = model_folder.pins(tmp_path / "pins.toml")["test-risk"]
    text = (folder / "model.txt").read_text().replace("0.01", "0.02", 1)
    (folder / "model.txt").write_text(text)
    with pytest.raises(Damaged, match=r"model\.txt is not the one that was trained"):
        model_folder.read(folder, pin)


def test_the_same_fit_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write(replace(fitted(tmp_path)), tmp_path / name)
    assert (tmp_path / "one/model.txt").read_bytes() == (tmp_path / "two/model.txt").read_bytes()
