"""A tree model of made-up patients, trained in the test run: small, and like the real ones."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from predictors.manifest import Calibration, Manifest, Metric, Observed, Threshold, Training
from predictors.predictor import Link, Predictor, Value
from predictors.score import age, condition, series, value
from predictors.training.artefact import Trained, write
from predictors.training.ensembles import averaged
from predictors.tree_model import Feature, Floats, tree_model

FEATURES = (
    Feature("age", "age", monotone=1),
    Feature("lactate_last", "lactate", monotone=1),
    Feature("lactate_rise", "lactate"),
    Feature("sbp", "sbp"),
    Feature("diabetes", "diabetes"),
)
NAN = float("nan")
QUIET = {
    "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
    "num_leaves": 7, "min_data_in_leaf": 10, "learning_rate": 0.2,
}  # fmt: skip


def row(facts: Mapping[str, Value]) -> Floats:
    """Features of a chart, missing where a fact is."""
    lactate = [each for _, each in _pairs(facts.get("lactate", ()))]
    sbp, diabetes = facts.get("sbp", NAN), facts.get("diabetes", NAN)
    last = lactate[-1] if lactate else NAN
    rise = lactate[-1] - lactate[0] if lactate else NAN
    return np.array([facts["age"], last, rise, sbp, diabetes], dtype=np.float64)


def _pairs(value: Value) -> tuple[tuple[float, float], ...]:
    assert isinstance(value, tuple)
    return value


def declared(link: Link = Link.LOGISTIC, folder: Path = Path()) -> Predictor:
    """The declaration, of a model that lies in that folder."""
    return tree_model(
        "test-risk",
        title="Test risk",
        version="1",
        citation="Nobody",
        url="",
        population="Made-up adults.",
        inputs={
            "age": age(18, 110),
            "lactate": series("mmol/L", hours=24),
            "sbp": value("mm[Hg]", 30, 300),
            "diabetes": condition(),
        },
        required=("age",),
        excludes=("palliative",),
        features=FEATURES,
        row=row,
        outcome="harm",
        link=link,
        folder=folder,
        hours=6,
    )


@cache
def rows() -> Floats:
    """Made-up patients [600, features], of whom some lack each value but the age."""
    chance = np.random.default_rng(7)
    columns = [
        chance.uniform(18, 100, 600),
        chance.gamma(3, 0.7, 600),
        chance.normal(0, 1, 600),
        chance.normal(120, 20, 600),
        chance.integers(0, 2, 600).astype(np.float64),
    ]
    made = np.column_stack(columns)
    gaps = chance.random(made.shape) < 0.2
    gaps[:, 0] = False
    made[gaps] = np.nan
    return made


@cache
def boosters(trees: int = 8) -> tuple[str, ...]:
    """The texts of two boosters that differ in their seed alone."""
    # Importing it takes a second, and where libgomp is missing it cannot be imported.
    import lightgbm

    made = np.nan_to_num(rows())
    logit = made[:, 0] / 30 + made[:, 1] - made[:, 3] / 40 - 2
    harm = np.random.default_rng(8).random(600) < 1 / (1 + np.exp(-logit))
    texts = []
    for seed in (1, 2):
        data = lightgbm.Dataset(rows(), harm.astype(np.float64), params={"verbosity": -1})
        settings = {**QUIET, "objective": "binary", "seed": seed, "bagging_fraction": 0.7}
        settings["bagging_freq"] = 1
        texts.append(lightgbm.train(settings, data, trees).model_to_string())
    return tuple(texts)


def trained(predictor: Predictor) -> Trained:
    """What training that predictor would hand over."""
    return Trained(
        predictor,
        boosters(),
        Calibration(intercept=-0.1, slope=0.9),
        rows(),
        Training(data="Made up", sha256="0" * 64, rows=600, events=300, patients=600, seed=1),
        metrics=(Metric(cohort="internal", name="auroc", value=0.8, low=0.7, high=0.9),),
        thresholds=(
            Threshold(
                name="alert", risk=0.5, sensitivity=0.6, ppv=0.25, nne=4.0, alerts_per_100=10.0
            ),
        ),
        observed=(
            Observed(low=0.0, high=0.5, n=900, events=90),
            Observed(low=0.5, high=1.01, n=100, events=62),
        ),
    )


@cache
def manifest() -> Manifest:
    """What training says of it."""
    with TemporaryDirectory() as folder:
        return write(trained(declared()), Path(folder))


@cache
def text() -> str:
    """The text of the model that is served: the mean of both boosters."""
    return averaged(boosters(), tuple(feature.name for feature in FEATURES))
