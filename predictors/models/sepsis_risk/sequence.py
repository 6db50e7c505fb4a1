"""Trains the sequence model that challenges the trees of sepsis, and judges both and their mean.

What is decided, how, and what was looked at is in `choices.md`. It learns from hospital A alone,
so that hospital B judges it as it judges the trees of A.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from predictors.hourly import Floats
from predictors.manifest import Calibration, Metric, Threshold
from predictors.models.sepsis_risk import network, sepsis_risk
from predictors.models.sepsis_risk.data import HOME, adults, digest, history, hospital, read
from predictors.models.sepsis_risk.features import OLDEST, VARIABLES
from predictors.models.sepsis_risk.hours import SEQUENCE, STEPS, hours
from predictors.models.sepsis_risk.network import Network, Stays
from predictors.models.sepsis_risk.plain import PLAIN, plain_margins
from predictors.models.sepsis_risk.train import (
    budgeted,
    calibrated,
    choose,
    fit,
    folds_of,
    limits,
    margins_of,
    model_at,
    most_useful,
    smallest,
    targets,
)
from predictors.training import calibration, novelty_fit, record
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Flags, Integers
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.measures import challenge_utility, discrimination
from predictors.training.progress import Progress, within
from predictors.training.validation import validate
from predictors.tree_model import as_read

VERSION = "2-sequence"
HIDDEN, EPOCHS = (16,), (4, 8, 12)
REPLICATES, FEWEST = 200, 2
ONE_IN = 20
"""Of the hours one in so many is told of in the manifest: what it says of each column."""

TREES, SEQUENCES, BOTH = "trees", "sequence", "trees and sequence"
ELSEWHERE = "hospital B"


@dataclass(frozen=True, slots=True)
class Length:
    """How large a network is, and how often it goes through the stays."""

    hidden: int
    epochs: int

    @property
    def whole(self) -> int:
        """By which one is called smaller than another."""
        return self.hidden * self.epochs


@dataclass(frozen=True, slots=True)
class Chosen:
    """The smallest network within one standard error of the best, calibrated on unseen rows."""

    length: Length
    calibration: Calibration
    margin: Floats


@dataclass(frozen=True, slots=True)
class Scores:
    """Calibrated margins: of hospital A unseen, and of B by what was fitted to A."""

    home: Floats
    elsewhere: Floats


def challenge(path: Path, *, progress: Progress) -> Trained:
    """Chooses, fits and calibrates the network in hospital A, and scores B with it once.

    The metrics are of B: of the plain trees, the trees, the network, and the mean of the last two,
    with what each is ahead of the plain trees on the same resamples.
    """
    patients = read(path)
    stays, home = stays_of(path, patients), hospital(patients, HOME)
    learned, seen = patients.take(home), patients.take(~home)
    at_home = taken(stays, home)
    chosen = chosen_among(learned, at_home, progress=within(progress, 0.1, 0.5))
    made = learn(at_home, chosen.length)
    there = calibrated(chosen.calibration, network.margins(made, taken(stays, ~home)))
    by = {
        **_of_trees(learned, seen, progress=within(progress, 0.5, 0.8)),
        SEQUENCES: Scores(chosen.margin, there),
    }
    by[BOTH] = both(learned, by[TREES], by[SEQUENCES])
    newest = _newest(learned, at_home)
    risk = calibration.logistic(chosen.margin)
    return Trained(
        predictor=as_read(sepsis_risk, SEQUENCE),
        boosters=(),
        onnx=network.onnx(made),
        calibration=chosen.calibration,
        rows=rows(at_home, _one_in_some(len(learned))),
        training=record.training(
            learned,
            data="PhysioNet/CinC Challenge 2019, set A",
            sha256=digest(path),
            seed=network.SEED,
        ),
        metrics=tuple(compared(learned, seen, by, progress=within(progress, 0.8, 0.9))),
        thresholds=_thresholds(learned, chosen.margin, progress=within(progress, 0.9, 1.0)),
        observed=record.observed(learned, risk),
        novelty=novelty_fit.fitted(newest, newest.features),
        version=VERSION,
    )


def stays_of(path: Path, patients: Cohort) -> Stays:
    """The hours of a cohort that was read from the path, row by row."""
    frame = adults(path)
    firsts = np.flatnonzero(patients.hours == 0)
    age = np.minimum(np.floor(frame["Age"].to_numpy(dtype=np.float64)), OLDEST)
    read = hours(history(frame), firsts.tolist()).astype(np.float32)
    return Stays(read, age, targets(patients), firsts)


def taken(stays: Stays, chosen: Flags) -> Stays:
    """The stays whose rows are chosen, all rows of a stay or none."""
    first = np.zeros(len(chosen), dtype=np.bool_)
    first[stays.firsts] = True
    firsts = np.flatnonzero(first[chosen])
    return Stays(stays.hours[chosen], stays.age[chosen], stays.taught[chosen], firsts)


def chosen_among(patients: Cohort, stays: Stays, *, progress: Progress) -> Chosen:
    """As the trees are chosen: each row is judged by a network that never saw its patient."""
    return chosen_of(patients, unseen(patients, stays, progress=progress))


def unseen(patients: Cohort, stays: Stays, *, progress: Progress) -> dict[Length, Floats]:
    """The margins of each length, by cross-validation in the folds of the trees."""
    folds = folds_of(patients)
    tried = {Length(n, k): np.empty(len(patients)) for n in HIDDEN for k in EPOCHS}
    steps = [(hidden, fold) for hidden in HIDDEN for fold in np.unique(folds).tolist()]
    for done, (hidden, fold) in enumerate(steps):
        held = folds == fold
        others = network.learning(taken(stays, ~held), hidden, max(EPOCHS))
        for epoch, each in enumerate(others, start=1):
            progress((done + epoch / max(EPOCHS)) / len(steps), f"{hidden} units, epoch {epoch}")
            if epoch in EPOCHS:
                tried[Length(hidden, epoch)][held] = network.margins(each, taken(stays, held))
    return tried


def chosen_of(patients: Cohort, tried: Mapping[Length, Floats]) -> Chosen:
    """The smallest of those that were tried within one standard error of the best."""
    length = smallest(patients, tried)
    by = _calibration(patients, tried[length])
    return Chosen(length, by, calibrated(by, tried[length]))


def learn(stays: Stays, length: Length) -> Network:
    """The network of that length."""
    *_, last = network.learning(stays, length.hidden, length.epochs)
    return last


def rows(stays: Stays, chosen: Integers) -> Floats:
    """The rows of chosen hours as they are served, [n, SEQUENCE]."""
    first = np.zeros(len(stays.age), dtype=np.int64)
    first[stays.firsts] = stays.firsts
    first = np.maximum.accumulate(first)[chosen]
    hour = chosen[:, np.newaxis] - np.arange(STEPS)[::-1]
    there = (hour >= first[:, np.newaxis])[..., np.newaxis]
    read = np.where(there, stays.hours[np.maximum(hour, 0)], np.nan)
    return np.column_stack([read.reshape(len(chosen), -1), stays.age[chosen]]).astype(np.float64)


def both(patients: Cohort, trees: Scores, sequence: Scores) -> Scores:
    """The mean of both, calibrated on the unseen rows of A."""
    home = (trees.home + sequence.home) / 2
    by = _calibration(patients, home)
    there = (trees.elsewhere + sequence.elsewhere) / 2
    return Scores(calibrated(by, home), calibrated(by, there))


def compared(
    learned: Cohort, seen: Cohort, by: Mapping[str, Scores], *, progress: Progress
) -> Iterator[Metric]:
    """What each is worth in hospital B, and by how much it is ahead of the plain trees there."""
    measured = {name: _measures(learned, seen, each) for name, each in by.items()}

    def statistics(weights: Floats) -> dict[tuple[str, str], float]:
        found = {name: measures(weights) for name, measures in measured.items()}
        return {(n, m): value for n, each in found.items() for m, value in each.items()} | {
            (n, f"{m} ahead of {PLAIN}"): value - found[PLAIN][m]
            for n, each in found.items()
            if n != PLAIN
            for m, value in each.items()
        }

    drawn = estimates(statistics, seen.patients, Bootstrap(REPLICATES), progress=progress)
    for (name, measure), found in drawn.items():
        yield _metric(f"{ELSEWHERE}, {name}", measure, found, seen)


def _measures(
    learned: Cohort, seen: Cohort, scores: Scores
) -> Callable[[Floats], dict[str, float]]:
    risk = calibration.logistic(scores.elsewhere)
    cut = most_useful(learned, calibration.logistic(scores.home))
    order, useful = discrimination(seen, risk), challenge_utility(seen, risk)
    if useful is None:
        raise ValueError("the challenge's rows have an hour")
    return lambda weights: {**order(weights), "utility": useful(weights, cut)}


def _metric(cohort: str, name: str, found: Estimate, seen: Cohort) -> Metric:
    value, low, high = (round(each, 4) for each in (found.value, found.low, found.high))
    n, events = len(seen), int(seen.events.sum())
    return Metric(cohort=cohort, name=name, value=value, low=low, high=high, n=n, events=events)


def _of_trees(learned: Cohort, seen: Cohort, *, progress: Progress) -> dict[str, Scores]:
    """The plain trees and the trees of A, each chosen, fitted and calibrated there."""
    folds = folds_of(learned)
    chosen = choose(learned, folds, progress=progress)
    there = margins_of(fit(learned, chosen.size), seen.rows)
    return {
        PLAIN: Scores(*plain_margins(learned, seen, folds)),
        TREES: Scores(chosen.margin, calibrated(chosen.calibration, there)),
    }


def _thresholds(patients: Cohort, margin: Floats, *, progress: Progress) -> tuple[Threshold, ...]:
    model = model_at(limits(patients, calibration.logistic(margin)))
    alone = replace(patients, comparators={}, subgroups={})
    found = validate(model, alone, margin, bootstrap=Bootstrap(FEWEST), progress=progress)
    return tuple(budgeted(each) for each in record.thresholds(found))


def _newest(patients: Cohort, stays: Stays) -> Cohort:
    """The patients by the newest values alone, by which one is like those of training or not."""
    names = tuple(f"{each.name}_0h_ago" for each in VARIABLES)
    return replace(patients, features=names, rows=stays.hours[:, : len(names)].astype(np.float64))


def _calibration(patients: Cohort, margin: Floats) -> Calibration:
    happened = patients.events.astype(np.float64)
    return calibration.fitted(happened, np.ones(len(patients)), margin)


def _one_in_some(rows: int) -> Integers:
    return np.arange(0, rows, ONE_IN)
