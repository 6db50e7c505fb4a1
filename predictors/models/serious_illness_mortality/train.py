"""Trains the model on SUPPORT: boosted trees, with a Cox model with splines as their challenger."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.models.serious_illness_mortality import OUTCOME, serious_illness_mortality
from predictors.models.serious_illness_mortality.data import read, set_aside, until_death
from predictors.models.serious_illness_mortality.features import FEATURES
from predictors.predictor import Link
from predictors.training import record
from predictors.training.artefact import Trained
from predictors.training.calibration import fitted, logistic
from predictors.training.cohort import Cohort, Flags, Floats, part, survival_of
from predictors.training.cox_fit import Shape
from predictors.training.cox_fit import fit as cox_fit
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.validation import Model, validate
from predictors.tree_model import margins

SEED = 880
OUTER, INNER = 5, 4
MOST_TREES = 400
ALERTS_PER_100 = 20.0
FIXED = {
    **REPEATABLE,
    "objective": "binary",
    "seed": SEED,
    "num_leaves": 7,
    "learning_rate": 0.05,
    "max_bin": 63,
    "min_data_in_leaf": 40,
    "lambda_l2": 10.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "monotone_constraints": [each.monotone for each in FEATURES],
}
KNOTS = (0.05, 0.35, 0.65, 0.95)
"""Harrell's percentiles for the curves of the challenger."""


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to the patients who are not held out, of the data at the path.

    The number of trees, calibration, threshold and observed risks are of nested cross-validation;
    the held-out patients are looked at by `cds-hooks validate`, not here.
    """
    patients = read(path, "support2")
    learned = patients.take(~set_aside(patients), "internal")
    unseen = nested(learned, progress=within(progress, 0.0, 0.7))
    booster = fit(learned, _trees(learned, SEED))
    calibration = fitted(learned.events.astype(np.float64), np.ones(len(learned)), unseen)
    margin = calibration.intercept + calibration.slope * unseen
    risk = logistic(margin)
    high = {"high": record.threshold_at(risk, ALERTS_PER_100)}
    model = Model(serious_illness_mortality.name, "1", OUTCOME, Link.LOGISTIC, 0, high)
    told = within(progress, 0.7, 1.0)
    internal = validate(model, learned, margin, bootstrap=Bootstrap(), progress=told)
    return Trained(
        predictor=serious_illness_mortality,
        boosters=(booster.model_to_string(),),
        calibration=calibration,
        rows=learned.rows,
        training=record.training(
            learned,
            data="SUPPORT (support2)",
            sha256=sha256(path.read_bytes()).hexdigest() if path else "",
            seed=SEED,
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=record.thresholds(internal),
        observed=record.observed(learned, risk),
    )


def developed(path: Path | None, *, progress: Progress) -> tuple[Cohort, Floats]:
    """The patients of training with nested margins, and the Cox model's beside them."""
    if path is None:
        raise ValueError("support2.csv is needed")
    patients = read(path, "support2")
    learned = patients.take(~set_aside(patients), f"{patients.name}, nested")
    unseen = nested(learned, progress=progress)
    found = fitted(learned.events.astype(np.float64), np.ones(len(learned)), unseen)
    timed = replace(patients, outcome=until_death(path)).take(~set_aside(patients))
    beside = {"Cox with splines, nested": nested_cox(timed), **learned.comparators}
    return replace(learned, comparators=beside), found.intercept + found.slope * unseen


def nested(patients: Cohort, *, progress: Progress) -> Floats:
    """The margin of each patient by trees of the other folds, which chose their number too."""
    folds, found = part(patients.patients, OUTER, seed=SEED), np.empty(len(patients))
    for fold in range(OUTER):
        progress(fold / OUTER, "Fitting")
        others, unseen = patients.take(folds != fold), folds == fold
        booster = fit(others, _trees(others, SEED + 1 + fold))
        found[unseen] = margins(booster, patients.rows[unseen])
    progress(1.0, "Fitted")
    return found


def nested_cox(patients: Cohort) -> Floats:
    """The same by a Cox model with splines, for every feature."""
    folds, found = part(patients.patients, OUTER, seed=SEED), np.empty(len(patients))
    for fold in range(OUTER):
        others, unseen = patients.take(folds != fold), folds == fold
        shapes = [_shape(*each) for each in zip(others.features, others.rows.T, strict=True)]
        model = cox_fit(
            others.rows, survival_of(others), shapes, horizon=1.0, reference="the median"
        )
        found[unseen] = model.margins(patients.rows[unseen])
    return found


def fit(patients: Cohort, trees: int) -> Booster:
    """Trees whose margin is the log-odds of death."""
    return lightgbm.train(FIXED, _dataset(patients), trees)


def _trees(patients: Cohort, seed: int) -> int:
    """The number of trees of the least log loss in cross-validation."""
    folds = part(patients.patients, INNER, seed=seed)
    losses = [_losses(patients, folds == fold) for fold in range(INNER)]
    return int(np.argmin(np.mean(losses, axis=0))) + 1


def _losses(patients: Cohort, unseen: Flags) -> list[float]:
    """The log loss of unseen patients after each tree."""
    learned = _dataset(patients.take(~unseen))
    others = patients.take(unseen)
    judged = lightgbm.Dataset(others.rows, others.events.astype(np.float64), reference=learned)
    found: dict[str, dict[str, list[float]]] = {}
    lightgbm.train(
        {**FIXED, "metric": "binary_logloss"},
        learned,
        MOST_TREES,
        valid_sets=[judged],
        valid_names=["unseen"],
        callbacks=[lightgbm.record_evaluation(found)],
    )
    return found["unseen"]["binary_logloss"]


def _dataset(patients: Cohort) -> lightgbm.Dataset:
    events = patients.events.astype(np.float64)
    return lightgbm.Dataset(patients.rows, events, params={"verbosity": -1, "max_bin": 63})


def _shape(name: str, column: Floats) -> Shape:
    there = column[~np.isnan(column)]
    if len(np.unique(there)) <= len(KNOTS):
        return Shape(name, 0.0, 0.0, 1.0)
    knots = tuple(np.unique(np.quantile(there, KNOTS)).tolist())
    low, high = np.quantile(there, (0.01, 0.99)).tolist()
    bent = knots if len(knots) == len(KNOTS) else ()
    return Shape(name, float(np.median(there)), low, high, bent, 1.0)
