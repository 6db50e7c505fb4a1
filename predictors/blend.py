"""A linear part beside a model's trees: the margin is a weighted sum of both, term by term.

Each feature's term is its weight times its distance from the middle of training, held within the
range of training; a missing feature is taken to be in the middle, and so adds nothing. The sum over
the terms, the trees' own contributions and the baseline is the margin, exactly.
"""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]


class Blend(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stored of it: the trees' weight, and by feature weight, middle and range."""

    trees: float
    baseline: float
    weights: tuple[float, ...]
    middle: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LinearPart:
    """A blend ready for rows of as many features as it has weights."""

    trees: float
    baseline: float
    weights: Floats
    middle: Floats
    low: Floats
    high: Floats

    def terms(self, rows: Floats) -> Floats:
        """What each feature adds [n, features]; 0 where it is missing."""
        held = np.minimum(np.maximum(rows, self.low), self.high)
        return np.where(np.isnan(rows), 0.0, self.weights * (held - self.middle))

    def margins(self, rows: Floats) -> Floats:
        """The linear part of the margin [n]; each row has the same bits alone as among others."""
        total: Floats = np.add.accumulate(self.terms(rows), axis=1)[:, -1]
        return self.baseline + total


def linear_part(blend: Blend) -> LinearPart:
    """The linear part as arrays; ValueError if its numbers are not one a feature."""
    each = (blend.weights, blend.middle, blend.low, blend.high)
    if len({len(numbers) for numbers in each}) != 1:
        raise ValueError("a blend needs the same number of weights, middles and limits")
    weights, middle, low, high = (np.array(numbers, dtype=np.float64) for numbers in each)
    return LinearPart(blend.trees, blend.baseline, weights, middle, low, high)
