"""What the sequence model of sepsis reads: the last hours of the chart, one by one.

Each hour has the newest value of each variable, carried forward, and how long ago each laboratory
result is; together they reach no further back than the features of the trees. Pure numpy, trained
as it is served.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from predictors.hourly import Floats
from predictors.models.sepsis_risk.features import (
    LAB_HOURS,
    LABS,
    OLDEST,
    VARIABLES,
    VITAL_HOURS,
    VITALS,
    grid_of,
    with_map,
)
from predictors.predictor import Value
from predictors.tree_model import Feature

STEPS = 16
"""How many hours the sequence has."""

CARRIED = np.array(
    [VITAL_HOURS - STEPS] * len(VITALS) + [LAB_HOURS - STEPS] * len(LABS), dtype=np.int64
)
"""For how many hours a value stands for the later ones: nothing read is older than for trees."""

COLUMNS = len(VARIABLES) + len(LABS)
"""Of each hour: the values, and the hours since each laboratory result."""


def _hour(ago: int) -> tuple[Feature, ...]:
    values = (Feature(f"{each.name}_{ago}h_ago", each.name) for each in VARIABLES)
    since = (Feature(f"{each.name}_hours_since_{ago}h_ago", each.name) for each in LABS)
    return (*values, *since)


SEQUENCE = (
    *(feature for ago in reversed(range(STEPS)) for feature in _hour(ago)),
    Feature("age", "age"),
)
"""The columns of a row: hour by hour, the oldest first, and last the age."""


def hours(history: Floats, firsts: Sequence[int] = (0,)) -> Floats:
    """Each hour as the model reads it [T, COLUMNS], of what was measured in it [T, VARIABLES].

    `firsts` are the rows at which a stay begins: nothing is carried over them.
    """
    filled, row = with_map(history), np.arange(len(history))[:, np.newaxis]
    begins = np.zeros(len(history), dtype=np.int64)
    begins[list(firsts)] = firsts
    measured = np.where(np.isnan(filled), -1, row)
    newest = np.maximum.accumulate(measured, axis=0)
    held = (newest >= np.maximum.accumulate(begins)[:, np.newaxis]) & (row - newest <= CARRIED)
    values = np.where(held, np.take_along_axis(filled, np.maximum(newest, 0), axis=0), np.nan)
    since = np.where(held, row - newest, np.nan)[:, len(VITALS) :]
    return np.concatenate([values, since], axis=1)


def sequence_row(facts: Mapping[str, Value]) -> Floats:
    """The sequence of one chart; only the age is required."""
    age = np.minimum(np.array([facts["age"]], dtype=np.float64), OLDEST)
    return np.append(hours(grid_of(facts))[-STEPS:].ravel(), age)
