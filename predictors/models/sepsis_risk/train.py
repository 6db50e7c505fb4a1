"""Trains the sepsis model on set A of the challenge of 2019; a fifth of its patients is set aside.

The settings were chosen on the other patients, by cross-validation and by leaving one kind of
intensive care unit out, which is as near to another hospital as one hospital comes.
"""

from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.models.sepsis_risk import OUTCOME, sepsis_risk
from predictors.models.sepsis_risk.data import digest, read, set_aside
from predictors.predictor import Link
from predictors.training import calibration, record, utility
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Flags, Floats, Integers, Labels, part
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.validation import Model, predicted, validate
from predictors.tree_model import margins

SEED = 2019
FOLDS = 4
TREES = 100
ALERTS_PER_100 = 2.0
REPLICATES = 100
SETTINGS = {
    **REPEATABLE,
    "objective": "cross_entropy",
    "num_leaves": 15,
    "learning_rate": 0.15,
    "extra_trees": True,
    "min_data_in_leaf": 300,
    "lambda_l2": 20.0,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "seed": SEED,
}
BEFORE, LONG_BEFORE = 0.5, 0.15
"""What an hour of a patient who becomes septic counts as: less than 6 hours before the label turns
true, and earlier. The patient is on the way there, and an alarm is worth something from then."""

LIMITS = np.arange(4, 40) / 400
"""The risks that are tried as the threshold of the challenge's utility."""

EARLY_HOURS = utility.BEST - utility.EARLIEST
ONE_IN = 3
"""Of the hours of patients who stay free of sepsis one in so many is learned from."""


def train(path: Path, *, progress: Progress) -> Trained:
    """Fits the model to the challenge's set A: its folder of PSV files, or a parquet of its rows.

    Calibration, thresholds, metrics and observed risks are of cross-validation by patient. The
    patients that are set aside are in none of it.
    """
    progress(0.0, "Reading")
    everyone = read(path)
    patients = everyone.take(~set_aside(everyone.patients))
    folds = part(patients.patients, FOLDS, seed=SEED)
    unseen = left_out(patients, folds, progress=within(progress, 0.2, 0.5))
    elsewhere = left_out(patients, patients.subgroups["unit"], progress=within(progress, 0.5, 0.7))
    progress(0.7, "Fitting")
    booster = fit(patients)
    happened, each = patients.events.astype(np.float64), np.ones(len(patients))
    fitted = calibration.fitted(happened, each, unseen)
    margin = fitted.intercept + fitted.slope * unseen
    risk = predicted(margin, Link.LOGISTIC).risk
    limits = {
        "alerts": record.threshold_at(risk, ALERTS_PER_100),
        "utility": most_useful(
            patients, calibration.logistic(fitted.intercept + fitted.slope * elsewhere)
        ),
    }
    model = Model(sepsis_risk.name, sepsis_risk.version, OUTCOME, Link.LOGISTIC, 0, limits)
    told = within(progress, 0.8, 1.0)
    internal = validate(model, patients, margin, bootstrap=Bootstrap(REPLICATES), progress=told)
    return Trained(
        predictor=sepsis_risk,
        boosters=(booster.model_to_string(),),
        calibration=fitted,
        rows=patients.rows,
        training=record.training(
            patients,
            data="PhysioNet/CinC Challenge 2019, set A, four fifths of the patients",
            sha256=digest(path),
            seed=SEED,
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=record.thresholds(internal),
        observed=record.observed(patients, risk),
    )


def fit(patients: Cohort) -> Booster:
    """The trees of these patients; their margins are not calibrated."""
    hour, first = timed(patients)
    chosen = np.flatnonzero(np.isfinite(first) | _one_in_some(patients.patients, hour))
    weights = np.where(np.isfinite(first[chosen]), 1.0, ONE_IN)
    data = lightgbm.Dataset(
        patients.rows[chosen], targets(patients)[chosen], weight=weights, params=SETTINGS
    )
    return lightgbm.train(SETTINGS, data, TREES)


def targets(patients: Cohort) -> Floats:
    """What each row is taught as: 1 for the label, less for the hours before it, 0 without it."""
    hour, first = timed(patients)
    before = np.where(hour >= first - EARLY_HOURS, BEFORE, LONG_BEFORE)
    return np.where(patients.events, 1.0, np.where(np.isfinite(first), before, 0.0))


def timed(patients: Cohort) -> tuple[Integers, Floats]:
    """The hour of each row in its stay, and the first with the label there; inf without any."""
    if patients.stays is None or patients.hours is None:
        raise ValueError("the challenge's rows have a stay and an hour")
    _, stay = np.unique(patients.stays, return_inverse=True)
    first = np.full(stay.max() + 1, np.inf)
    np.minimum.at(first, stay[patients.events], patients.hours[patients.events])
    return patients.hours, first[stay]


def _one_in_some(patients: Integers, hour: Integers) -> Flags:
    return np.asarray(part(patients * 1000 + hour, ONE_IN, seed=SEED) == 0)


def left_out(patients: Cohort, groups: Integers | Labels, *, progress: Progress) -> Floats:
    """The margin of each row by trees that never saw anyone of its group."""
    names, found = np.unique(groups), np.empty(len(patients))
    for done, name in enumerate(names):
        progress(done / len(names), f"Leaving out part {done + 1} of {len(names)}")
        held = np.asarray(groups == name)
        found[held] = margins(fit(patients.take(~held)), patients.rows[held])
    return found


def most_useful(patients: Cohort, elsewhere: Floats) -> float:
    """The threshold of the greatest mean utility in units whose patients the trees never saw.

    The best one at home is lower, and costs a unit with less sepsis more than alarms are worth.
    """
    worth, units = utility.gains(patients), patients.subgroups["unit"]
    means = []
    for limit in LIMITS:
        found = [
            utility.normalised(worth[unit], elsewhere[unit] >= limit, np.ones(len(unit)))
            for unit in (np.flatnonzero(units == name) for name in np.unique(units))
        ]
        means.append(float(np.nanmean(found)))  # NaN: a unit where nobody became septic
    return float(LIMITS[int(np.argmax(means))])
