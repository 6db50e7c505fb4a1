"""Dated series on an hourly grid, and what is read off a batch of such grids, the same way each.

The hour of a measurement is the number of whole hours before the assessment, so bin 0 is the hour
that ends with it; a grid's last row is bin 0. Training and serving build features from these
functions alone, and each gives a stay the same bits by itself as in a batch: sums run in the order
of the hours (`add.accumulate`), never in one that the size of the batch could choose.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from predictors.predictor import Series

Floats: TypeAlias = NDArray[np.float64]
"""An array of numbers, NaN where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the grid: the input of that name, rounded to `decimals`."""

    name: str
    decimals: int


def grid(series: Mapping[str, Series], variables: Sequence[Variable], *, hours: int) -> Floats:
    """The median measurement of each hour, [hours, variables], the oldest hour first.

    A series that is absent or older than `hours` leaves its column NaN.
    """
    made = np.full((hours, len(variables)), np.nan)
    for column, variable in enumerate(variables):
        for hour, values in _by_hour(series.get(variable.name, ())).items():
            if hour < hours:
                # Most hours hold one value, for which the median would be a slow detour.
                made[hours - 1 - hour, column] = median(values) if values[1:] else values[0]
    return rounded(made, variables)


def hours_before(days: float) -> int:
    """The bin of a measurement: whole hours before the assessment, at the precision of a second."""
    # A seventh of an hour in days is no exact binary fraction: its hour is found in whole seconds.
    return round(days * 86400) // 3600


def rounded(values: Floats, variables: Sequence[Variable]) -> Floats:
    """Values [..., variables] at the precision of their variables."""
    scale = np.array([10.0**variable.decimals for variable in variables])
    nearest: Floats = np.rint(values * scale) / scale
    return nearest


def windows(history: Floats, *, hours: int) -> Floats:
    """The grid as of each hour of a stay: [T, variables] to a read-only [T, hours, variables].

    Row t holds nothing later than hour t; before the stay began it is NaN.
    """
    before = np.full((hours - 1, history.shape[1]), np.nan)
    padded = np.concatenate([before, history])
    return np.moveaxis(sliding_window_view(padded, hours, axis=0), 2, 1)


def latest(grids: Floats) -> Floats:
    """The newest value of each variable: [n, hours, variables] to [n, variables]."""
    newest = hours_since(grids)
    row = grids.shape[1] - 1 - np.nan_to_num(newest).astype(np.intp)
    return np.take_along_axis(grids, row[:, np.newaxis], axis=1)[:, 0]


def hours_since(grids: Floats) -> Floats:
    """How many hours ago each variable was last measured; 0 is the current hour."""
    measured = ~np.isnan(grids[:, ::-1])
    since = np.argmax(measured, axis=1).astype(np.float64)
    return np.where(measured.any(axis=1), since, np.nan)


def lowest(grids: Floats) -> Floats:
    """The least value of each variable."""
    least: Floats = np.fmin.reduce(grids, axis=1)
    return least


def highest(grids: Floats) -> Floats:
    """The greatest value of each variable."""
    greatest: Floats = np.fmax.reduce(grids, axis=1)
    return greatest


def mean(grids: Floats) -> Floats:
    """The mean of the hours in which each variable was measured."""
    return _over(_total(np.nan_to_num(grids)), _count(grids))


def deviation(grids: Floats) -> Floats:
    """The standard deviation of the measured hours; NaN for fewer than two."""
    away = np.nan_to_num(grids - mean(grids)[:, np.newaxis])
    return np.sqrt(_over(_total(away * away), _count(grids) - 1.0))


def slope(grids: Floats) -> Floats:
    """The least-squares change of each variable in an hour; NaN for fewer than two hours."""
    hour = np.arange(grids.shape[1], dtype=np.float64)[np.newaxis, :, np.newaxis]
    at = np.where(np.isnan(grids), np.nan, hour)
    centred = np.nan_to_num(at - mean(at)[:, np.newaxis])
    return _over(_total(centred * np.nan_to_num(grids)), _total(centred * centred))


def _by_hour(series: Series) -> Mapping[int, list[float]]:
    found: defaultdict[int, list[float]] = defaultdict(list)
    for days, value in series:
        found[hours_before(days)].append(value)
    return found


def _count(grids: Floats) -> Floats:
    measured: Floats = np.add.reduce(~np.isnan(grids), axis=1, dtype=np.float64)
    return measured


def _total(terms: Floats) -> Floats:
    total: Floats = np.add.accumulate(terms, axis=1)[:, -1]
    return total


def _over(total: Floats, count: Floats) -> Floats:
    ratio: Floats = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return ratio
