"""Plain boosted trees, fitted once with usual settings: what the sepsis model must be ahead of.

They read what is there without thought: the newest value of each variable of three days and how
long ago it was, the mean and the spread of the vital signs, and the age.
"""

import lightgbm
import numpy as np

from predictors.models.sepsis_risk.features import LABS, VITALS
from predictors.training import calibration
from predictors.training.cohort import Cohort, Floats, Integers
from predictors.training.repeatable import REPEATABLE
from predictors.tree_model import margins

PLAIN = "plain LightGBM"
SETTINGS = {
    **REPEATABLE,
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "min_data_in_leaf": 100,
    "feature_fraction": 0.8,
    "seed": 1,
}
TREES = 100
READ = (
    *(f"{each.name}{suffix}" for suffix in ("", "_mean_6h", "_spread_24h") for each in VITALS),
    *(f"{each.name}{suffix}" for suffix in ("", "_hours_since", "_rise") for each in LABS),
    "age",
)
"""Those of the model's features that they read."""


def plain_margins(learned: Cohort, seen: Cohort, folds: Integers) -> tuple[Floats, Floats]:
    """Their calibrated margins: of the learned by cross-validation in folds, and of the seen."""
    columns = [learned.features.index(each) for each in READ]
    rows, happened = learned.rows[:, columns], learned.events.astype(np.float64)
    unseen = np.empty(len(learned))
    for fold in np.unique(folds):
        held = folds == fold
        unseen[held] = margins(_fitted(rows[~held], happened[~held]), rows[held])
    by = calibration.fitted(happened, np.ones(len(learned)), unseen)
    there = margins(_fitted(rows, happened), seen.rows[:, columns])
    return by.intercept + by.slope * unseen, by.intercept + by.slope * there


def _fitted(rows: Floats, happened: Floats) -> lightgbm.Booster:
    return lightgbm.train(SETTINGS, lightgbm.Dataset(rows, happened, params=SETTINGS), TREES)
