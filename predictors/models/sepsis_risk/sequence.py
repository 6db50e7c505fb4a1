"""Trains the sequence model that challenges the trees of sepsis, and judges both and their mean.

What is decided, how, and what was looked at is in `choices.md`. It learns from hospital A alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from predictors.hourly import Floats
from predictors.manifest import Calibration
from predictors.models.sepsis_risk import network
from predictors.models.sepsis_risk.data import adults, history
from predictors.models.sepsis_risk.features import OLDEST
from predictors.models.sepsis_risk.hours import hours
from predictors.models.sepsis_risk.network import Network, Stays
from predictors.models.sepsis_risk.train import smallest, targets
from predictors.training import calibration
from predictors.training.cohort import Cohort, Flags, Integers
from predictors.training.progress import Progress

HIDDEN, EPOCHS = (16, 48), (2, 4, 6, 8)


@dataclass(frozen=True, slots=True)
class Length:
    """How large a network is, and how long it learns."""

    hidden: int
    epochs: int

    @property
    def whole(self) -> int:
        """By which networks are called smaller."""
        return self.hidden * self.epochs


@dataclass(frozen=True, slots=True)
class Chosen:
    """The smallest network within one standard error of the best, calibrated on unseen rows."""

    length: Length
    calibration: Calibration
    margin: Floats


def choose(patients: Cohort, stays: Stays, folds: Integers, *, progress: Progress) -> Chosen:
    """As the trees are chosen: each row is judged by a network that never saw its patient."""
    tried = {Length(n, k): np.empty(len(patients)) for n in HIDDEN for k in EPOCHS}
    steps = [(hidden, fold) for hidden in HIDDEN for fold in np.unique(folds).tolist()]
    for done, (hidden, fold) in enumerate(steps):
        held = folds == fold
        unseen, nets = taken(stays, held), network.learning(taken(stays, ~held), hidden, max(EPOCHS))
        for epoch, each in enumerate(nets, start=1):
            progress((done + epoch / max(EPOCHS)) / len(steps), f"{hidden} units, fold {fold}")
            if epoch in EPOCHS:
                tried[Length(hidden, epoch)][held] = network.margins(each, unseen)
    length = smallest(patients, tried)
    by = calibration.fitted(patients.events.astype(np.float64), np.ones(len(patients)), tried[length])
    return Chosen(length, by, by.intercept + by.slope * tried[length])


def fit(stays: Stays, length: Length) -> Network:
    """The network of that length."""
    *_, last = network.learning(stays, length.hidden, length.epochs)
    return last


def stays_of(path: Path, patients: Cohort) -> Stays:
    """The hours of the stays of a cohort that was read from the path, row by row."""
    frame = adults(path)
    firsts = np.flatnonzero(patients.hours == 0)
    age = np.minimum(np.floor(frame["Age"].to_numpy(dtype=np.float64)), OLDEST)
    read = hours(history(frame), firsts.tolist()).astype(np.float32)
    return Stays(read, age, targets(patients), firsts)


def taken(stays: Stays, chosen: Flags) -> Stays:
    """The stays whose rows are chosen, all of a stay's or none."""
    first = np.zeros(len(chosen), dtype=np.bool_)
    first[stays.firsts] = True
    return Stays(
        stays.hours[chosen],
        stays.age[chosen],
        stays.taught[chosen],
        np.flatnonzero(first[chosen]),
    )
