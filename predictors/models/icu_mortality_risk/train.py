"""Trains the model on sets a and b of the challenge of 2012: trees, with a linear part beside them.

What was chosen, and how, is written down in `choices.md` beside this module. What is said of it is
nested: each fifth of the stays is judged by a model whose size and blend were chosen, and which was
fitted, without them. Beside it a model of set a alone judges set b (`developed`).
"""

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.blend import Blend, linear_part
from predictors.models.icu_mortality_risk import OUTCOME, icu_mortality_risk
from predictors.models.icu_mortality_risk.data import digest, judged, read
from predictors.predictor import Link
from predictors.training import calibration, record, ridge
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Flags, Floats, Integers, part
from predictors.training.developed import Developed
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, silent, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.validation import Model, predicted, validate
from predictors.tree_model import THREADS, margins

SEED = 2012
FOLDS, WITHIN = 5, 3
"""The parts of the stays that are judged in turn, and those in which is chosen without them."""

ALERTS_PER_100 = 10.0
PENALTY = 400.0
FIXED = {
    **REPEATABLE,
    "objective": "binary",
    "extra_trees": True,
    "min_data_in_leaf": 20,
    "lambda_l2": 10.0,
    "feature_fraction": 0.1,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "learning_rate": 0.06,
    "seed": SEED,
}
LEAVES, TREES = (4, 8), (200, 300, 400)
SHARES = (0.0, 0.15, 0.3)
PLAIN = "plain LightGBM"
PLAIN_SETTINGS = {
    **REPEATABLE,
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "feature_fraction": 0.8,
    "seed": 1,
}
PLAIN_TREES = 100


@dataclass(frozen=True, slots=True, order=True)
class Settings:
    """What cross-validation decides: how large the trees are, and the linear part's share."""

    leaves: int
    trees: int
    share: float

    @property
    def whole(self) -> tuple[int, float]:
        """All leaves, then the share, by which settings are called smaller."""
        return self.leaves * self.trees, self.share


@dataclass(frozen=True, slots=True)
class Fitted:
    """Trees and what stands beside them."""

    booster: Booster
    blend: Blend | None

    def margins(self, rows: Floats) -> Floats:
        """The margins [n] before calibration."""
        found = margins(self.booster, rows)
        if self.blend is None:
            return found
        part = linear_part(self.blend)
        return np.asarray(part.trees * found + part.margins(rows))


def train(path: Path, *, progress: Progress) -> Trained:
    """Fits the model to the challenge's sets: its folder of texts, or a parquet of its rows."""
    progress(0.0, "Reading")
    patients = read(path)
    unseen = nested(patients, progress=within(progress, 0.1, 0.8))
    happened, each = patients.events.astype(np.float64), np.ones(len(patients))
    fitted = calibration.fitted(happened, each, unseen)
    margin = fitted.intercept + fitted.slope * unseen
    risk = predicted(margin, Link.LOGISTIC).risk
    model = _model({"high": record.threshold_at(risk, ALERTS_PER_100)})
    made = fit(patients, choose(patients, progress=within(progress, 0.8, 0.95)))
    progress(0.95, "Validating")
    internal = validate(model, patients, margin, bootstrap=Bootstrap(), progress=silent)
    return Trained(
        predictor=icu_mortality_risk,
        boosters=(made.booster.model_to_string(),),
        calibration=fitted,
        rows=patients.rows,
        training=record.training(
            patients,
            data="PhysioNet/CinC Challenge 2012, sets a and b",
            sha256=digest(path),
            seed=SEED,
        ),
        metrics=record.metrics(internal, "internal"),
        thresholds=record.thresholds(internal),
        observed=record.observed(patients, risk),
        blend=made.blend,
    )


def developed(path: Path, *, progress: Progress) -> Developed:
    """Set b, and the margins that a model of set a alone gives it, not calibrated.

    The plain trees beside it are of set a too. Raises ValueError where there is no set a beside it.
    """
    patients = read(path)
    judging = judged(patients)
    if judging.all():
        raise ValueError("the data hold no set a beside a set b")
    learned = patients.take(~judging)
    seen = patients.take(judging, f"{patients.name}, set b, by set a alone")
    made = fit(learned, choose(learned, progress=progress))
    plain = margins(_plain(learned.rows, learned.events), seen.rows)
    return Developed(seen.compared({PLAIN: plain}, cuts={}), made.margins(seen.rows))


def nested(patients: Cohort, *, progress: Progress) -> Floats:
    """The margins [n], each of a model that was chosen and fitted without the row's fifth."""
    folds, found = part(patients.patients, FOLDS, seed=SEED), np.empty(len(patients))
    for fold in range(FOLDS):
        told = within(progress, fold / FOLDS, (fold + 1) / FOLDS)
        held = folds == fold
        learned = patients.take(~held)
        found[held] = fit(learned, choose(learned, progress=told)).margins(patients.rows[held])
    return found


def choose(patients: Cohort, *, progress: Progress) -> Settings:
    """The smallest settings whose logarithmic loss is within one standard error of the least.

    By cross-validation; the error is that of the paired difference from the best.
    """
    folds = part(patients.patients, WITHIN, seed=SEED + 1)
    sign = np.where(patients.events, -1.0, 1.0)
    tried = _tried(patients, folds, progress)
    losses = {each: np.logaddexp(0.0, sign * margin) for each, margin in tried.items()}
    best = min(losses, key=lambda each: float(losses[each].mean()))

    def near(each: Settings) -> bool:
        behind = losses[each] - losses[best]
        return bool(behind.mean() <= behind.std(ddof=1) / np.sqrt(len(behind)))

    return min((each for each in tried if near(each)), key=lambda each: each.whole)


def _tried(patients: Cohort, folds: Integers, progress: Progress) -> dict[Settings, Floats]:
    """The margins [n] of each of the settings, of a fit that never saw the row's fold."""
    choices = [Settings(*each) for each in _choices()]
    found = {each: np.empty(len(patients)) for each in choices}
    for fold in range(WITHIN):
        held = folds == fold
        rows = patients.rows[held]
        linear = linear_part(_ridge(patients, ~held).blend(1.0)).margins(rows)
        for place, leaves in enumerate(LEAVES):
            done = (fold + place / len(LEAVES)) / WITHIN
            progress(done, f"Leaving out part {fold + 1}, {leaves} leaves")
            booster = _trees(patients, ~held, leaves, max(TREES))
            for each in choices:
                if each.leaves == leaves:
                    trees = _staged(booster, rows, each.trees)
                    found[each][held] = (1.0 - each.share) * trees + each.share * linear
    return found


def _choices() -> list[tuple[int, int, float]]:
    return [(leaves, trees, share) for leaves in LEAVES for trees in TREES for share in SHARES]


def fit(patients: Cohort, settings: Settings) -> Fitted:
    """The model of these patients; its margins are not calibrated."""
    everyone = np.ones(len(patients), dtype=np.bool_)
    booster = _trees(patients, everyone, settings.leaves, settings.trees)
    share = settings.share
    return Fitted(booster, _ridge(patients, everyone).blend(share) if share else None)


def _trees(patients: Cohort, learned: Flags, leaves: int, trees: int) -> Booster:
    outcome = patients.events[learned].astype(np.float64)
    data = lightgbm.Dataset(patients.rows[learned], outcome, params={"verbosity": -1})
    return lightgbm.train({**FIXED, "num_leaves": leaves}, data, trees)


def _ridge(patients: Cohort, learned: Flags) -> ridge.Ridge:
    return ridge.fitted(patients.rows[learned], patients.events[learned], penalty=PENALTY)


def _plain(rows: Floats, happened: Flags) -> Booster:
    data = lightgbm.Dataset(rows, happened.astype(np.float64), params={"verbosity": -1})
    return lightgbm.train(PLAIN_SETTINGS, data, PLAIN_TREES)


def _staged(booster: Booster, rows: Floats, trees: int) -> Floats:
    found = booster.predict(rows, raw_score=True, num_iteration=trees, num_threads=THREADS)
    return np.asarray(found)


def _model(thresholds: dict[str, float]) -> Model:
    name, version = icu_mortality_risk.name, icu_mortality_risk.version
    return Model(name, version, OUTCOME, Link.LOGISTIC, 0, thresholds)
