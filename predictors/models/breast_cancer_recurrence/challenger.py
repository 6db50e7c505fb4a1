"""The trees that challenge the Cox model: stumps under Cox's likelihood, for the same features."""

from dataclasses import dataclass

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.models.breast_cancer_recurrence import YEARS
from predictors.models.breast_cancer_recurrence.features import FEATURES
from predictors.training.cohort import Cohort, Flags, part, survival_of
from predictors.training.cox import partial_likelihood
from predictors.training.progress import Progress
from predictors.training.repeatable import REPEATABLE
from predictors.tree_model import margins

SEED = 1993
FOLDS = 5
TREES = 100
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


def learn(patients: Cohort, seed: int, *, progress: Progress) -> Booster:
    """The trees of these patients, with the settings that cross-validation among them chooses."""
    return fit(patients, choose(patients, seed, progress=progress))


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
    likelihood = partial_likelihood(survival_of(patients), horizon=YEARS)
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
    likelihood = partial_likelihood(survival_of(unseen), horizon=YEARS)
    return likelihood.loss(margins(booster, unseen.rows))
