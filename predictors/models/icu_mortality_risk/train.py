"""Trains the model on sets a and b of the challenge of 2012; each judgement is of set b.

Settings are chosen in set a, as the features were. What is said of set b, its calibration and
thresholds included, is of trees that never saw the patient.
"""

from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from lightgbm import Booster

from predictors.manifest import Metric
from predictors.models.icu_mortality_risk import OUTCOME, icu_mortality_risk
from predictors.models.icu_mortality_risk.data import digest, judged, read
from predictors.predictor import Link
from predictors.training import calibration, record
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Flags, Floats, part
from predictors.training.developed import Developed
from predictors.training.intervals import Bootstrap
from predictors.training.progress import Progress, silent, within
from predictors.training.repeatable import REPEATABLE
from predictors.training.validation import Model, predicted, validate
from predictors.tree_model import margins

SEED = 2012
FOLDS = 5
ALERTS_PER_100 = 10.0
FIXED = {
    **REPEATABLE,
    "objective": "binary",
    "min_data_in_leaf": 20,
    "lambda_l2": 10.0,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "max_bin": 63,
    "seed": SEED,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What cross-validation in set a decides."""

    leaves: int
    trees: int
    rate: float


CHOICES = (Settings(4, 450, 0.04), Settings(7, 300, 0.04), Settings(15, 100, 0.1))
"""One of them takes no longer to explain than another: the time grows faster than the leaves."""


def train(path: Path, *, progress: Progress) -> Trained:
    """Fits the model to the challenge's sets: its folder of texts, or a parquet of its rows.

    Without a set b all patients are both chosen on and judged.
    """
    progress(0.0, "Reading")
    patients = read(path)
    judging = judged(patients)
    settings = choose(patients.take(_chosen_on(judging)), progress=within(progress, 0.2, 0.45))
    seen = patients.take(judging)
    unseen = out_of_fold(patients, judging, settings, progress=within(progress, 0.45, 0.75))
    happened, each = seen.events.astype(np.float64), np.ones(len(seen))
    fitted = calibration.fitted(happened, each, unseen)
    margin = fitted.intercept + fitted.slope * unseen
    risk = predicted(margin, Link.LOGISTIC).risk
    model = _model({"high": record.threshold_at(risk, ALERTS_PER_100)})
    progress(0.75, "Validating")
    internal = validate(model, seen, margin, bootstrap=Bootstrap(), progress=silent)
    return Trained(
        predictor=icu_mortality_risk,
        boosters=(fit(patients, settings).model_to_string(),),
        calibration=fitted,
        rows=patients.rows,
        training=record.training(
            patients,
            data="PhysioNet/CinC Challenge 2012, sets a and b",
            sha256=digest(path),
            seed=SEED,
        ),
        metrics=(*record.metrics(internal, "internal"), *of_set_a(patients, judging, settings)),
        thresholds=record.thresholds(internal),
        observed=record.observed(seen, risk),
    )


def _chosen_on(judging: Flags) -> Flags:
    """Set a; everyone, where there is nobody else."""
    return np.ones_like(judging) if judging.all() else ~judging


def choose(patients: Cohort, *, progress: Progress) -> Settings:
    """The settings of the least logarithmic loss in cross-validation."""
    everyone, losses = np.ones(len(patients), dtype=np.bool_), []
    for place, settings in enumerate(CHOICES):
        told = within(progress, place / len(CHOICES), (place + 1) / len(CHOICES))
        unseen = out_of_fold(patients, everyone, settings, progress=told)
        losses.append(float(np.logaddexp(0.0, np.where(patients.events, -unseen, unseen)).sum()))
    return CHOICES[int(np.argmin(losses))]


def out_of_fold(
    patients: Cohort, judging: Flags, settings: Settings, *, progress: Progress
) -> Floats:
    """The margins of the rows that are judged, each by the trees of everyone out of its fold."""
    folds, found = part(patients.patients, FOLDS, seed=SEED), np.empty(len(patients))
    for fold in range(FOLDS):
        progress(fold / FOLDS, f"Cross-validating {settings.leaves} leaves, part {fold + 1}")
        held = judging & (folds == fold)
        found[held] = margins(fit(patients.take(~held), settings), patients.rows[held])
    return found[judging]


def fit(patients: Cohort, settings: Settings) -> Booster:
    """The trees of these patients; their margins are not calibrated."""
    chosen = {"num_leaves": settings.leaves, "learning_rate": settings.rate}
    outcome = patients.events.astype(np.float64)
    data = lightgbm.Dataset(patients.rows, outcome, params={"verbosity": -1})
    return lightgbm.train({**FIXED, **chosen}, data, settings.trees)


def of_set_a(patients: Cohort, judging: Flags, settings: Settings) -> tuple[Metric, ...]:
    """What trees of set a alone say of set b, not calibrated: how the model was developed."""
    if judging.all():
        return ()
    seen, margin = _by_set_a(patients, judging, settings)
    found = validate(_model({}), seen, margin, bootstrap=Bootstrap(), progress=silent)
    return tuple(
        each for each in record.metrics(found, "set b, by trees of set a") if not each.subgroup
    )


def developed(path: Path, *, progress: Progress) -> Developed:
    """Set b, and the margins that trees of set a alone give it, not calibrated.

    Raises ValueError where there is no set a beside it.
    """
    patients = read(path)
    judging = judged(patients)
    if judging.all():
        raise ValueError("the data hold no set a beside a set b")
    settings = choose(patients.take(~judging), progress=progress)
    return Developed(*_by_set_a(patients, judging, settings))


def _by_set_a(patients: Cohort, judging: Flags, settings: Settings) -> tuple[Cohort, Floats]:
    seen = patients.take(judging, f"{patients.name}, set b, by trees of set a alone")
    return seen, margins(fit(patients.take(~judging), settings), seen.rows)


def _model(thresholds: dict[str, float]) -> Model:
    name, version = icu_mortality_risk.name, icu_mortality_risk.version
    return Model(name, version, OUTCOME, Link.LOGISTIC, 0, thresholds)
