"""Bootstrap intervals that resample patients, not rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from predictors.training.cohort import Floats, Integers
from predictors.training.progress import Progress

LEVEL = 0.95

Name = TypeVar("Name")
"""What a number is known by."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its 95 % interval; all NaN where it cannot be computed."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How often patients are resampled, and from which seed; percentile intervals."""

    replicates: int = 200
    seed: int = 2019


def resamples(patients: Integers, bootstrap: Bootstrap) -> Iterator[Floats]:
    """Weights [n] of each resample: how often each row's patient was drawn, with replacement."""
    numbers, row = np.unique(patients, return_inverse=True)
    generator = np.random.default_rng(bootstrap.seed)
    for _ in range(bootstrap.replicates):
        drawn = generator.integers(0, len(numbers), len(numbers))
        yield np.bincount(drawn, minlength=len(numbers)).astype(np.float64)[row]


def estimates(
    statistics: Callable[[Floats], Mapping[Name, float]],
    patients: Integers,
    bootstrap: Bootstrap,
    *,
    progress: Progress,
) -> dict[Name, Estimate]:
    """Every statistic on the rows as they are, with its interval over resamples of patients.

    `statistics` gives numbers by name from row weights [n]. Resamples in which a number cannot be
    computed (NaN) are left out of its interval.
    """
    found = statistics(np.ones(len(patients)))
    drawn: dict[Name, list[float]] = {name: [] for name in found}
    for done, weights in enumerate(resamples(patients, bootstrap), start=1):
        for name, value in statistics(weights).items():
            drawn[name].append(value)
        progress(done / bootstrap.replicates, "Resampling patients")
    return {name: _estimate(value, np.array(drawn[name])) for name, value in found.items()}


def _estimate(value: float, drawn: Floats) -> Estimate:
    usable = drawn[np.isfinite(drawn)]
    if not len(usable) or not np.isfinite(value):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(usable, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, float(low), float(high))
