"""What a model says of patients of whom nothing was learned or chosen: how it was developed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from predictors.training.cohort import Cohort, Flags, Floats


@dataclass(frozen=True, slots=True)
class Developed:
    """A cohort with the margins [n] of trees that never saw it.

    `thresholds` were set without it as well; without any those of the served model are taken.
    `refused` are the rows that the model would not answer.
    """

    cohort: Cohort
    margins: Floats
    thresholds: Mapping[str, float] = field(default_factory=dict)
    refused: Flags | None = None
