"""Trains the model of a planned discharge, as that of none is trained."""

from pathlib import Path

from predictors.models.readmission_risk.train import nested_beside_one_for_both, trained
from predictors.models.readmission_risk_planned import readmission_risk_planned
from predictors.models.readmission_risk_planned.data import read
from predictors.training.artefact import Trained
from predictors.training.cohort import Cohort, Floats
from predictors.training.progress import Progress


def train(path: Path | None, *, progress: Progress) -> Trained:
    """Fits the model to the patients who are not held out, of the data at the path."""
    stays = read(path, "diabetes130")
    return trained(readmission_risk_planned, stays, path, progress=progress)


def developed(path: Path | None, *, progress: Progress) -> tuple[Cohort, Floats]:
    """The patients of training with nested margins, beside one model for both moments."""
    stays = read(path, "diabetes130")
    return nested_beside_one_for_both(stays, stays, progress=progress)
