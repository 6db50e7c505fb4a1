"""Dated series on an hourly grid, and what is read off a batch of such grids, the same way each.

The hour of a measurement is the number of whole hours before the assessment, so bin 0 is the hour
that ends with it; a grid's last row is bin 0. Training and serving build features from these
functions alone, and each gives a stay the same bits by itself as in a batch: sums run in the order
of the hours (`add.accumulate`), never in one that the size of the batch could choose.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from predictors.predictor import Series

SECONDS_A_DAY, SECONDS_AN_HOUR = 86400, 3600

Integers: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
"""An array of numbers, NaN where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A column of the grid: the input of that name, rounded to `decimals`."""

    name: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Placed:
    """Measurements in order of variable, hour and value: `cells` number hour and variable."""

    cells: Integers
    values: Floats
    hours: int
    variables: int

    def grid(self, values: Floats, cells: Integers) -> Floats:
        """A value for each of the cells, [hours, variables], NaN in the others."""
        made = np.full(self.hours * self.variables, np.nan)
        made[cells] = values
        return made.reshape(self.variables, self.hours).T

    def median(self) -> Floats:
        """The median of each hour, [hours, variables], the oldest hour first."""
        first, count = self._runs()
        middle = self.values[first + (count - 1) // 2] + self.values[first + count // 2]
        return self.grid(middle / 2.0, self.cells[first])

    def total(self) -> Floats:
        """The sum of each hour, in the order of the values, [hours, variables]."""
        first, count = self._runs()
        runs = zip(first.tolist(), (first + count).tolist(), strict=True)
        values = self.values.tolist()
        summed = [math.fsum(values[start:end]) for start, end in runs]
        return self.grid(np.array(summed, dtype=np.float64), self.cells[first])

    def _runs(self) -> tuple[Integers, Integers]:
        """Where each cell's values begin, and how many there are."""
        if not len(self.cells):
            return self.cells, self.cells
        first = np.flatnonzero(np.r_[True, self.cells[1:] != self.cells[:-1]])
        return first, np.diff(np.r_[first, len(self.cells)])


def placed(
    series: Mapping[str, Series],
    variables: Sequence[Variable],
    *,
    hours: int,
    since: int = 0,
    most: float = math.inf,
) -> Placed:
    """The measurements of the variables by hour, of those that are not older than `hours`.

    Hours are counted back from `since` seconds before the assessment: what is later is left out,
    and what is more than `most` seconds older.
    """
    given = [series.get(variable.name, ()) for variable in variables]
    lengths = [len(each) for each in given]
    flat = chain.from_iterable(chain.from_iterable(given))
    pairs = np.fromiter(flat, dtype=np.float64, count=2 * sum(lengths)).reshape(-1, 2)
    # A seventh of an hour in days is no exact binary fraction: its hour is found in whole seconds.
    seconds = np.rint(pairs[:, 0] * SECONDS_A_DAY).astype(np.int64) - since
    hour = seconds // SECONDS_AN_HOUR
    kept = (seconds >= 0) & (seconds <= most) & (hour < hours)
    cells = (np.repeat(np.arange(len(given)), lengths) * hours + (hours - 1 - hour))[kept]
    values = pairs[kept, 1]
    order = np.lexsort((values, cells))
    return Placed(cells[order], values[order], hours, len(given))


def grid(series: Mapping[str, Series], variables: Sequence[Variable], *, hours: int) -> Floats:
    """The median measurement of each hour, [hours, variables], the oldest hour first.

    A series that is absent or older than `hours` leaves its column NaN.
    """
    return rounded(placed(series, variables, hours=hours).median(), variables)


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
    return _over(_total(_filled(grids)), _count(grids))


def deviation(grids: Floats) -> Floats:
    """The standard deviation of the measured hours; NaN for fewer than two."""
    away = _filled(grids - mean(grids)[:, np.newaxis])
    return np.sqrt(_over(_total(away * away), _count(grids) - 1.0))


def slope(grids: Floats) -> Floats:
    """The least-squares change of each variable in an hour; NaN for fewer than two hours."""
    hour = np.arange(grids.shape[1], dtype=np.float64)[np.newaxis, :, np.newaxis]
    at = np.where(np.isnan(grids), np.nan, hour)
    centred = _filled(at - mean(at)[:, np.newaxis])
    return _over(_total(centred * _filled(grids)), _total(centred * centred))


def _filled(values: Floats) -> Floats:
    """The values with 0 for what is missing."""
    return np.where(np.isnan(values), 0.0, values)


def _count(grids: Floats) -> Floats:
    measured: Floats = np.add.reduce(~np.isnan(grids), axis=1, dtype=np.float64)
    return measured


def _total(terms: Floats) -> Floats:
    total: Floats = np.add.accumulate(terms, axis=1)[:, -1]
    return total


def _over(total: Floats, count: Floats) -> Floats:
    ratio: Floats = np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)
    return ratio
