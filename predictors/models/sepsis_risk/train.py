"""Trains the sepsis model on both hospitals of the challenge of 2019, and judges it elsewhere.

What is decided, how, and what was looked at is written down in `choices.md` beside this module.
What is said of the model is of trees that never saw the hospital: those of A alone judge B
(`developed`; nothing was chosen by B), and leaving out one hospital and then the other gives the
calibration, thresholds and observed risks of the model of both (`train`): that is development.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

import lightgbm
import numpy as np
from lightgbm import Booster
from msgspec.structs import replace as with_fields

from predictors.manifest import AlertBudget, Calibration, Threshold
from predictors.models.sepsis_risk import OUTCOME, sepsis_risk
from predictors.models.sepsis_risk.data import ELSEWHERE, HOME, digest, hospital, read
from predictors.models.sepsis_risk.features import LABS, VITALS
from predictors.models.sepsis_risk.plain import PLAIN, plain_margins
from predictors.predictor import Link
from predictors.training import calibration, novelty_fit, ranking, record, stay_alerts, utility
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Flags, Floats, Integers, Labels, part
from predictors.training.developed import Developed
from predictors.training.intervals import Bootstrap, resamples
from predictors.training.progress import Progress, within
from predictors.training.ranking import Measure
from predictors.training.repeatable import REPEATABLE
from predictors.training.validation import Model, validate
from predictors.tree_model import THREADS

SEED = 2019
FOLDS = 3
REPLICATES, PAIRED, JUDGED = 100, 30, 50
"""Resamples: for the error of the best size, of a difference from it, and of what is reported."""

ALERTS = "alerts"
ALERTS_PER_100_PATIENT_DAYS = 20.0
SETTINGS = {
    **REPEATABLE,
    "objective": "cross_entropy",
    "learning_rate": 0.1,
    "min_data_in_leaf": 2000,
    "lambda_l2": 20.0,
    "feature_fraction": 0.1,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "seed": SEED,
}


@dataclass(frozen=True, slots=True)
class Size:
    """How large a model is: trees of so many leaves each."""

    leaves: int
    trees: int

    @property
    def whole(self) -> int:
        """All leaves, by which models are called smaller."""
        return self.leaves * self.trees


LEAVES, TREES = (4, 8, 16), (50, 75, 100, 150, 200, 300)
SOON = 0.5
"""What an hour is taught as that lies less than 6 hours before the label turns true."""

EARLY_HOURS = utility.BEST - utility.EARLIEST
ONE_IN = 4
"""Of the hours of patients who stay free of sepsis one in so many is learned from."""

LIMITS = np.arange(4, 60) / 800
"""The risks that are tried as the threshold of the challenge's utility."""

NOVELTY = tuple(each.name for each in VITALS + LABS)
"""The newest value of each variable, by which a patient is like those of training or not."""


class Sized(Protocol):
    """How large a model is, of trees or another."""

    @property
    def whole(self) -> int:
        """By which models are called smaller."""


Chooses = TypeVar("Chooses", bound=Sized)

Margins = dict[Size, Floats]
"""The margins [n] of each size, of trees that never saw the row's group."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The smallest size within one standard error of the best, calibrated on unseen rows."""

    size: Size
    calibration: Calibration
    margin: Floats


def train(path: Path, *, progress: Progress) -> Trained:
    """Fits the model to both of the challenge's hospitals, or to the one that is there.

    Calibration, thresholds, metrics and observed risks are of leaving out one hospital after the
    other; with one hospital, of cross-validation by patient.
    """
    progress(0.0, "Reading")
    patients = read(path)
    groups = _groups(patients)
    chosen = choose(patients, groups, paired=True, progress=within(progress, 0.2, 0.8))
    novelty = novelty_fit.fitted(patients, NOVELTY)
    risk = calibration.logistic(chosen.margin)
    model = model_at(limits(patients, risk))
    internal = validate(
        model,
        replace(patients, comparators={}),
        chosen.margin,
        refused=novelty_fit.refused(patients, novelty),
        bootstrap=Bootstrap(JUDGED),
        progress=within(progress, 0.85, 1.0),
    )
    return Trained(
        predictor=sepsis_risk,
        boosters=(fit(patients, chosen.size).model_to_string(),),
        calibration=chosen.calibration,
        rows=patients.rows,
        training=record.training(
            patients,
            data="PhysioNet/CinC Challenge 2019, sets A and B as far as they are given",
            sha256=digest(path),
            seed=SEED,
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=tuple(budgeted(each) for each in record.thresholds(internal)),
        observed=record.observed(patients, risk),
        novelty=novelty,
    )


def budgeted(found: Threshold) -> Threshold:
    """The threshold of alerts with its budget, which was not set at the site that uses it."""
    if found.name != ALERTS:
        return found
    budget = AlertBudget(alerts_per_100_patient_days=ALERTS_PER_100_PATIENT_DAYS)
    return with_fields(found, budget=budget)


def developed(path: Path, *, progress: Progress) -> Developed:
    """Hospital B as judged by trees of A alone, with everything chosen, set and calibrated in A.

    The plain trees beside it are of A as well. Raises ValueError without both hospitals.
    """
    patients = read(path)
    home = hospital(patients, HOME)
    if home.all() or not home.any():
        raise ValueError("the data hold no hospital A beside a hospital B")
    learned = patients.take(home)
    seen = patients.take(~home, f"{patients.name}, hospital {ELSEWHERE}, by trees of {HOME} alone")
    chosen = choose(learned, folds_of(learned), progress=within(progress, 0.1, 0.6))
    at = limits(learned, calibration.logistic(chosen.margin))
    margin = calibrated(chosen.calibration, margins_of(fit(learned, chosen.size), seen.rows))
    progress(0.6, "Fitting the plain trees")
    at_home, there = plain_margins(learned, seen, folds_of(learned))
    cut = most_useful(learned, calibration.logistic(at_home))
    refused = novelty_fit.refused(seen, novelty_fit.fitted(learned, NOVELTY))
    beside = seen.compared({PLAIN: calibration.logistic(there)}, cuts={PLAIN: cut})
    return Developed(beside, margin, at, refused)


def limits(patients: Cohort, risk: Floats) -> dict[str, float]:
    """The thresholds of the alert budget and of the greatest utility, on unseen rows."""
    return {
        ALERTS: stay_alerts.threshold_for(patients, risk, ALERTS_PER_100_PATIENT_DAYS),
        "utility": most_useful(patients, risk),
    }


def choose(
    patients: Cohort, groups: Integers | Labels, *, paired: bool = False, progress: Progress
) -> Chosen:
    """The smallest size whose AUROC is within one standard error of the best one.

    Each row is judged by trees that never saw its group.
    """
    tried = left_out(patients, groups, progress=progress)
    size = smallest(patients, tried, paired=paired)
    happened, each = patients.events.astype(np.float64), np.ones(len(patients))
    fitted = calibration.fitted(happened, each, tried[size])
    return Chosen(size, fitted, calibrated(fitted, tried[size]))


def smallest(patients: Cohort, tried: Mapping[Chooses, Floats], *, paired: bool = False) -> Chooses:
    """The smallest size, of trees the fewest leaves, within one standard error of the best.

    Over resamples of patients: the error of the best one's AUROC, or, `paired`, of what a size is
    behind it, which is the smaller error.
    """
    auroc = {size: _auroc(patients, margin) for size, margin in tried.items()}
    whole = np.ones(len(patients))
    reached = {size: measure(whole) for size, measure in auroc.items()}
    best = max(reached, key=lambda size: reached[size])
    drawn = [auroc[best](each) for each in resamples(patients.patients, Bootstrap(REPLICATES))]
    enough = reached[best] - float(np.std(drawn, ddof=1))
    near = sorted((s for s in tried if reached[s] >= enough), key=lambda size: size.whole)
    if not paired:
        return near[0]
    return next(s for s in near if s == best or _near(patients, auroc[s], auroc[best]))


def _near(patients: Cohort, size: Measure, best: Measure) -> bool:
    """Whether it is behind by no more than one standard error of the paired difference."""
    drawn = [best(each) - size(each) for each in resamples(patients.patients, Bootstrap(PAIRED))]
    whole = np.ones(len(patients))
    return bool(best(whole) - size(whole) <= np.std(drawn, ddof=1))


def _auroc(patients: Cohort, margin: Floats) -> Measure:
    """The mean over hospitals of the AUROC within each, for row weights."""
    groups = patients.subgroups["hospital"]
    parts = [(np.flatnonzero(groups == name)) for name in np.unique(groups)]
    ranked = [ranking.ranking(patients.events[rows], margin[rows]) for rows in parts]

    def measure(weights: Floats) -> float:
        each = zip(ranked, parts, strict=True)
        return float(np.mean([ranking.auroc(r.counts(weights[rows])) for r, rows in each]))

    return measure


def left_out(patients: Cohort, groups: Integers | Labels, *, progress: Progress) -> Margins:
    """The margins of each size, of trees that never saw anyone of the row's group."""
    names = np.unique(groups)
    found = {Size(n, trees): np.empty(len(patients)) for n in LEAVES for trees in TREES}
    steps = [(leaves, name) for leaves in LEAVES for name in names]
    for done, (leaves, name) in enumerate(steps):
        progress(done / len(steps), f"Leaving out {name}, {leaves} leaves")
        held = np.asarray(groups == name)
        booster = fit(patients, Size(leaves, max(TREES)), ~held)
        rows = patients.rows[held]
        for trees in TREES:
            found[Size(leaves, trees)][held] = margins_of(booster, rows, trees)
    return found


def fit(patients: Cohort, size: Size, learned: Flags | None = None) -> Booster:
    """The trees of the patients that are learned from (all); their margins are not calibrated."""
    hour, first = timed(patients)
    used = np.isfinite(first) | _one_in_some(patients.patients, hour)
    chosen = np.flatnonzero(used if learned is None else used & learned)
    weights = np.where(np.isfinite(first[chosen]), 1.0, ONE_IN)
    taught = targets(patients)[chosen]
    settings = {**SETTINGS, "num_leaves": size.leaves}
    data = lightgbm.Dataset(patients.rows[chosen], taught, weight=weights, params=settings)
    return lightgbm.train(settings, data, size.trees)


def targets(patients: Cohort) -> Floats:
    """What each row is taught as: 1 with the label, SOON just before it, else 0."""
    hour, first = timed(patients)
    soon = np.isfinite(first) & (hour >= first - EARLY_HOURS)
    return np.where(patients.events, 1.0, np.where(soon, SOON, 0.0))


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


def _groups(patients: Cohort) -> Integers | Labels:
    """The hospitals; folds of patients where there is but one."""
    hospitals = patients.subgroups["hospital"]
    return hospitals if len(np.unique(hospitals)) > 1 else folds_of(patients)


def folds_of(patients: Cohort) -> Integers:
    """The fold of each row in cross-validation by patient."""
    return part(patients.patients, FOLDS, seed=SEED)


def margins_of(booster: Booster, rows: Floats, trees: int | None = None) -> Floats:
    """The margins [n] of the first so many trees, or of all."""
    found = booster.predict(rows, raw_score=True, num_iteration=trees, num_threads=THREADS)
    return np.asarray(found)


def calibrated(by: Calibration, margin: Floats) -> Floats:
    """The margins by that slope and intercept."""
    return np.asarray(by.intercept + by.slope * margin)


def most_useful(patients: Cohort, risk: Floats) -> float:
    """The threshold of the greatest mean utility over the kinds of intensive care unit."""
    worth, units = utility.gains(patients), patients.subgroups["unit"]
    rows = [np.flatnonzero(units == name) for name in np.unique(units)]
    means = []
    for limit in LIMITS:
        found = [
            utility.normalised(worth[unit], risk[unit] >= limit, np.ones(len(unit)))
            for unit in rows
        ]
        means.append(float(np.nanmean(found)))  # NaN: a unit where nobody became septic
    return float(LIMITS[int(np.argmax(means))])


def model_at(at: dict[str, float]) -> Model:
    """What is validated, with those thresholds."""
    name, version = sepsis_risk.name, sepsis_risk.version
    return Model(name, version, OUTCOME, Link.LOGISTIC, 0, at)
