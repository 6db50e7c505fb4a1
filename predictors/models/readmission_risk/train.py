"""Trains the model on Diabetes 130: one for stays with and without a planned discharge."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.manifest import Calibration, Metric
from predictors.models.readmission_risk import OUTCOME, readmission_risk
from predictors.models.readmission_risk.data import read, set_aside
from predictors.models.readmission_risk.features import unplanned
from predictors.predictor import Link
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
MOST_TREES = 100
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


CHOICES = (Settings(15, 0.08), Settings(15, 0.12))


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to the patients who are not held out, of the data at the path.

    Settings, calibration, threshold and observed risks are of nested cross-validation; the held-out
    patients are looked at once, at the end, with and without where they went.
    """
    stays = read(path, "diabetes130")
    aside = set_aside(stays)
    learned, held = stays.take(~aside, "internal"), stays.take(aside, "held out")
    bare, planned = nested(learned, progress=within(progress, 0.0, 0.6))
    booster = fit(learned, choose(learned, SEED, progress=within(progress, 0.6, 0.75)))
    calibration = _calibrated(learned, bare, planned)
    risk = logistic(calibration.intercept + calibration.slope * bare)
    look = _Look(calibration, {"high": record.threshold_at(risk, ALERTS_PER_100)})
    internal = look.at(learned, bare, progress=within(progress, 0.75, 0.85))
    return Trained(
        predictor=readmission_risk,
        boosters=(booster.model_to_string(),),
        calibration=calibration,
        rows=taught(learned).rows,
        training=record.training(
            learned,
            data="Diabetes 130-US hospitals 1999-2008 (UCI 296)",
            sha256=sha256(path.read_bytes()).hexdigest() if path else "",
            seed=SEED,
        ),
        metrics=(
            *record.metrics(internal, "internal"),
            *look.metrics(held, booster, progress=within(progress, 0.85, 1.0)),
        ),
        thresholds=record.thresholds(internal),
        observed=record.observed(learned, risk),
    )


def taught(stays: Cohort) -> Cohort:
    """Every stay twice: with its discharge planned, and not yet."""
    twice = np.tile(np.arange(len(stays)), 2)
    rows = np.vstack([stays.rows, unplanned(stays.rows)])
    return replace(stays.take(twice), rows=rows)


def nested(stays: Cohort, *, progress: Progress) -> tuple[Floats, Floats]:
    """The margins of each stay, without and with its discharge planned, by a model of other folds.

    The settings of that model were chosen among those folds as well.
    """
    folds = part(stays.patients, OUTER, seed=SEED)
    bare, planned = np.empty(len(stays)), np.empty(len(stays))
    for fold in range(OUTER):
        told = within(progress, fold / OUTER, (fold + 1) / OUTER)
        unseen = folds == fold
        others = stays.take(~unseen)
        booster = fit(others, choose(others, SEED + 1 + fold, progress=told))
        bare[unseen] = margins(booster, unplanned(stays.rows[unseen]))
        planned[unseen] = margins(booster, stays.rows[unseen])
    return bare, planned


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
    return lightgbm.train(_parameters(settings), _dataset(taught(stays)), settings.trees)


def _losses(stays: Cohort, unseen: Flags, settings: Settings) -> list[float]:
    """The log loss of unseen stays after each tree."""
    learned = _dataset(taught(stays.take(~unseen)))
    others = lightgbm.Dataset(*_columns(taught(stays.take(unseen))), reference=learned)
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


def _calibrated(stays: Cohort, bare: Floats, planned: Floats) -> Calibration:
    """What unseen margins need, those of a planned discharge and of none counting alike."""
    both = np.concatenate([bare, planned])
    events = np.tile(stays.events.astype(np.float64), 2)
    return fitted(events, np.ones(len(both)), both)


@dataclass(frozen=True, slots=True)
class _Look:
    """The calibrated model, and the thresholds at which it is looked at."""

    calibration: Calibration
    thresholds: dict[str, float]

    def at(self, stays: Cohort, margin: Floats, *, progress: Progress) -> Validation:
        """What margins [n] are worth."""
        model = Model(readmission_risk.name, "1", OUTCOME, Link.LOGISTIC, 0, self.thresholds)
        calibrated = self.calibration.intercept + self.calibration.slope * margin
        return validate(model, stays, calibrated, bootstrap=RESAMPLES, progress=progress)

    def metrics(self, stays: Cohort, booster: Booster, *, progress: Progress) -> Iterator[Metric]:
        """Those of the held-out patients, as they went and as if that were not known."""
        seen = self.at(stays, margins(booster, stays.rows), progress=within(progress, 0.0, 0.5))
        yield from record.metrics(seen, "held out")
        bare = margins(booster, unplanned(stays.rows))
        seen = self.at(stays, bare, progress=within(progress, 0.5, 1.0))
        yield from record.metrics(seen, "held out, discharge not planned")
