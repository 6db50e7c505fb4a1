"""Trains the models on Diabetes 130, one for each moment: before a discharge is planned, after."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.manifest import Calibration
from predictors.models.readmission_risk import OUTCOME, readmission_risk
from predictors.models.readmission_risk.data import read, set_aside
from predictors.models.readmission_risk.data import stays as stays_of
from predictors.models.readmission_risk.features import PLANNED_FEATURES, planned_features
from predictors.predictor import Link, Predictor
from predictors.training import record
from predictors.training.artefact import Trained
from predictors.training.calibration import fitted, logistic
from predictors.training.cohort import Cohort, Flags, Floats, part
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.results import Validation
from predictors.training.validation import Model, validate
from predictors.tree_model import margins

SEED = 130
OUTER, INNER = 4, 3
MOST_TREES = 400
ALERTS_PER_100 = 10.0
RESAMPLES = Bootstrap(100)
FIXED = {
    **REPEATABLE,
    "objective": "binary",
    "seed": SEED,
    "max_bin": 63,
    "min_data_in_leaf": 400,
    "lambda_l2": 20.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What cross-validation inside the training data decides."""

    leaves: int
    rate: float
    trees: int = MOST_TREES


CHOICES = (Settings(7, 0.05),)
"""Others that were tried inside the training data (15 leaves at 0.03, 31, monotone counts, blends
with a logistic regression, several seeds) were within 0.001 of it in AUROC."""
VERSION_1 = Settings(15, 0.08, 90)
"""As one model for both moments was fitted, which stands beside."""


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to the patients who are not held out, of the data at the path."""
    return trained(readmission_risk, read(path, "diabetes130"), path, progress=progress)


def developed(path: Path | None, *, progress: Progress) -> tuple[Cohort, Floats]:
    """The patients of training with nested margins, beside one model for both moments."""
    known = stays_of(path, "diabetes130", PLANNED_FEATURES, planned_features)
    return nested_beside_one_for_both(read(path, "diabetes130"), known, progress=progress)


def trained(
    predictor: Predictor, stays: Cohort, path: Path | None, *, progress: Progress
) -> Trained:
    """The model of one moment, fitted to the patients who are not held out.

    Settings, calibration, threshold and observed risks are of nested cross-validation; the held-out
    patients are looked at once, at the end.
    """
    aside = set_aside(stays)
    learned, held = stays.take(~aside, "internal"), stays.take(aside, "held out")
    unseen = nested(learned, progress=within(progress, 0.0, 0.6))
    booster = fit(learned, choose(learned, SEED, progress=within(progress, 0.6, 0.75)))
    calibration = fitted(learned.events.astype(np.float64), np.ones(len(learned)), unseen)
    risk = logistic(calibration.intercept + calibration.slope * unseen)
    high = {"high": record.threshold_at(risk, ALERTS_PER_100)}
    look = _Look(Model(predictor.name, "2", OUTCOME, Link.LOGISTIC, 0, high), calibration)
    internal = look.at(learned, unseen, progress=within(progress, 0.75, 0.85))
    found = look.at(held, margins(booster, held.rows), progress=within(progress, 0.85, 1.0))
    return Trained(
        predictor=predictor,
        boosters=(booster.model_to_string(),),
        calibration=calibration,
        rows=learned.rows,
        training=record.training(
            learned,
            data="Diabetes 130-US hospitals 1999-2008 (UCI 296)",
            sha256=sha256(path.read_bytes()).hexdigest() if path else "",
            seed=SEED,
        ),
        metrics=(*record.metrics(internal, "internal"), *record.metrics(found, "held out")),
        thresholds=record.thresholds(internal),
        observed=record.observed(learned, risk),
    )


def nested(stays: Cohort, *, progress: Progress) -> Floats:
    """The margin of each stay by a model of the other folds, which chose its settings too."""
    folds, found = part(stays.patients, OUTER, seed=SEED), np.empty(len(stays))
    for fold in range(OUTER):
        told = within(progress, fold / OUTER, (fold + 1) / OUTER)
        others, unseen = stays.take(folds != fold), folds == fold
        booster = fit(others, choose(others, SEED + 1 + fold, progress=told))
        found[unseen] = margins(booster, stays.rows[unseen])
    return found


def nested_beside_one_for_both(
    stays: Cohort, known: Cohort, *, progress: Progress
) -> tuple[Cohort, Floats]:
    """The patients of training with calibrated nested margins, for `validate --as-developed`.

    `known` are the same stays with their planned discharge. Beside stands version 1's way: one
    model for both moments, which learned from every stay with its discharge planned and not yet.
    """
    learned = ~set_aside(stays)
    mine, known = stays.take(learned, f"{stays.name}, nested"), known.take(learned)
    unseen = nested(mine, progress=progress)
    found = fitted(mine.events.astype(np.float64), np.ones(len(mine)), unseen)
    planned = mine.rows.shape[1] == known.rows.shape[1]
    beside = {"one model for both moments": _one_for_both(known, planned=planned)}
    mine = replace(mine, comparators={**beside, **mine.comparators})
    return mine, found.intercept + found.slope * unseen


def _one_for_both(stays: Cohort, *, planned: bool) -> Floats:
    folds, found = part(stays.patients, OUTER, seed=SEED), np.empty(len(stays))
    for fold in range(OUTER):
        others, unseen = _twice(stays.take(folds != fold)), folds == fold
        rows = stays.rows[unseen]
        booster = fit(others, VERSION_1)
        found[unseen] = margins(booster, rows if planned else _unplanned(rows))
    return found


def _twice(stays: Cohort) -> Cohort:
    """Every stay with its discharge planned, and not yet."""
    rows = np.vstack([stays.rows, _unplanned(stays.rows)])
    return replace(stays.take(np.tile(np.arange(len(stays)), 2)), rows=rows)


def _unplanned(rows: Floats) -> Floats:
    planned = np.array([each.input == "discharge_disposition" for each in PLANNED_FEATURES])
    changed: Floats = np.where(planned, np.nan, rows)
    return changed


def choose(stays: Cohort, seed: int, *, progress: Progress) -> Settings:
    """The settings, and the number of trees, of the least log loss in cross-validation."""
    folds = part(stays.patients, INNER, seed=seed)
    best = []
    for place, settings in enumerate(CHOICES):
        progress(place / len(CHOICES), f"Trying {settings.leaves} leaves at {settings.rate}")
        losses = np.mean([_losses(stays, folds == fold, settings) for fold in range(INNER)], axis=0)
        trees = int(np.argmin(losses)) + 1
        best.append((float(losses[trees - 1]), replace(settings, trees=trees)))
    return min(best, key=lambda each: each[0])[1]


def fit(stays: Cohort, settings: Settings) -> Booster:
    """Trees whose margin is the log-odds of readmission."""
    return lightgbm.train(_parameters(settings), _dataset(stays), settings.trees)


def _losses(stays: Cohort, unseen: Flags, settings: Settings) -> list[float]:
    """The log loss of unseen stays after each tree."""
    learned = _dataset(stays.take(~unseen))
    others = lightgbm.Dataset(*_columns(stays.take(unseen)), reference=learned)
    found: dict[str, dict[str, list[float]]] = {}
    lightgbm.train(
        {**_parameters(settings), "metric": "binary_logloss"},
        learned,
        settings.trees,
        valid_sets=[others],
        valid_names=["unseen"],
        callbacks=[lightgbm.record_evaluation(found)],
    )
    return found["unseen"]["binary_logloss"]


def _parameters(settings: Settings) -> dict[str, object]:
    return {**FIXED, "num_leaves": settings.leaves, "learning_rate": settings.rate}


def _dataset(stays: Cohort) -> lightgbm.Dataset:
    return lightgbm.Dataset(*_columns(stays), params={"verbosity": -1, "max_bin": 63})


def _columns(stays: Cohort) -> tuple[Floats, Floats]:
    return stays.rows, stays.events.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _Look:
    """The model and its calibration, by which stays are looked at."""

    model: Model
    calibration: Calibration

    def at(self, stays: Cohort, margin: Floats, *, progress: Progress) -> Validation:
        """What margins [n] are worth."""
        calibrated = self.calibration.intercept + self.calibration.slope * margin
        return validate(self.model, stays, calibrated, bootstrap=RESAMPLES, progress=progress)
