"""The stays of Diabetes 130 with where each patient went."""

from pathlib import Path

from predictors.models.readmission_risk.data import held_out, stays
from predictors.models.readmission_risk.features import PLANNED_FEATURES, planned_features
from predictors.training.cohort import Cohort

__all__ = ["held_out", "read"]


def read(path: Path | None, form: str) -> Cohort:
    """The stays as `readmission_risk.data.read` gives them, with the planned discharge."""
    return stays(path, form, PLANNED_FEATURES, planned_features)
