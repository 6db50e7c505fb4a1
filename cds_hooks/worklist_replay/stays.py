"""Hourly risks of real stays, by trees that never saw their hospital."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from predictors.models.sepsis_risk import data
from predictors.models.sepsis_risk.train import Size, fit
from predictors.training import calibration
from predictors.training.cohort import Cohort, Flags, Floats, Integers, Labels, part
from predictors.training.progress import Progress, within
from predictors.training.stay_alerts import LABEL_LEADS

SIZE = Size(leaves=16, trees=75)
"""That of the model that is served."""

FOLDS, SEED = 3, 2019
GROUPS = ("age", "sex", "unit")


@dataclass(frozen=True, slots=True)
class Stays:
    """The stays [s] of one hospital, and their hours [n] in the order of stay and hour.

    `first` and `length` place a stay's hours; `onset` is its hour of onset, infinite without one.
    `risk` [n] is the risk of sepsis at each hour. `groups` are labels [s] by what they divide by.
    """

    hospital: str
    first: Integers
    length: Integers
    onset: Floats
    risk: Floats
    groups: dict[str, Labels]

    def __len__(self) -> int:
        return len(self.first)


def two_hospitals(folder: Path, *, progress: Progress) -> dict[str, tuple[Stays, Stays]]:
    """By hospital that is judged: the other's stays, on which to tune, and its own.

    Its own risks are of trees of the other hospital, calibrated there. The other's are of
    cross-validation by patient within it. Raises ValueError without both hospitals.
    """
    progress(0.0, "Reading")
    patients = data.read(folder)
    home = data.hospital(patients, data.HOME)
    if home.all() or not home.any():
        raise ValueError("the data hold no hospital A beside a hospital B")
    sides = {data.HOME: patients.take(home), data.ELSEWHERE: patients.take(~home)}
    pairs = ((data.ELSEWHERE, data.HOME), (data.HOME, data.ELSEWHERE))
    return {
        judged: _pair(
            sides[tuned],
            sides[judged],
            (tuned, judged),
            progress=within(progress, 0.3 + 0.35 * number, 0.65 + 0.35 * number),
        )
        for number, (judged, tuned) in enumerate(pairs)
    }


def _pair(
    learned: Cohort, seen: Cohort, names: tuple[str, str], *, progress: Progress
) -> tuple[Stays, Stays]:
    inside = np.empty(len(learned))
    folds = part(learned.patients, FOLDS, seed=SEED)
    for fold in range(FOLDS):
        progress(fold / (FOLDS + 1), f"Fitting trees of hospital {names[0]}")
        held = folds == fold
        inside[held] = _margins(fit(learned, SIZE, ~held), learned.rows[held])
    progress(FOLDS / (FOLDS + 1), f"Fitting trees of hospital {names[0]}")
    across = _margins(fit(learned, SIZE), seen.rows)
    by = calibration.fitted(learned.events.astype(np.float64), np.ones(len(learned)), inside)
    risks = [calibration.logistic(by.intercept + by.slope * each) for each in (inside, across)]
    return stays_of(learned, risks[0], names[0]), stays_of(seen, risks[1], names[1])


def _margins(booster: object, rows: Floats) -> Floats:
    return np.asarray(booster.predict(rows, raw_score=True, num_threads=1))  # type: ignore[attr-defined]


def stays_of(cohort: Cohort, risk: Floats, hospital: str) -> Stays:
    """The stays of a cohort whose onset, if any, is known; raises ValueError without stays."""
    if cohort.stays is None or cohort.hours is None:
        raise ValueError("a replay needs the stay and hour of each row")
    _, first, stay = np.unique(cohort.stays, return_index=True, return_inverse=True)
    labelled = np.full(len(first), np.inf)
    np.minimum.at(labelled, stay[cohort.events], cohort.hours[cohort.events])
    known: Flags = labelled > cohort.hours[first]
    return Stays(
        hospital,
        first.astype(np.int64)[known],
        np.bincount(stay)[known],
        labelled[known] + LABEL_LEADS,
        risk,
        {by: cohort.subgroups[by][first][known] for by in GROUPS},
    )
