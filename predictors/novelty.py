"""Whether a patient is unlike those that a model was trained on, so that its risk is not shown.

The theory is that of conformal prediction (Vovk, Gammerman, Shafer: Algorithmic Learning in a
Random World, 2005): a nonconformity score, and the limit that only a small share of the patients of
a class exceed. The score is a density's: how far the values lie from the middle of training, in
units of their spread to that side, squared and added up over those that are known, standardised by
their number. The limit is that of the class with the higher one, so that the patients whom the
model is for are not the ones it refuses. A chart of which too little is known is refused as well.
"""

from dataclasses import dataclass
from typing import TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

FURTHEST = 8.0
"""Beyond so many spreads a value is as strange as it can be."""


class Novelty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is stored of it: by feature the middle, and the spread `below` and `above` it.

    A row of which fewer than `fewest` of the features are known, or whose score is over `limit`, is
    refused.
    """

    features: tuple[str, ...]
    middle: tuple[float, ...]
    below: tuple[float, ...]
    above: tuple[float, ...]
    fewest: int
    limit: float


@dataclass(frozen=True, slots=True)
class Detector:
    """A novelty measure ready for rows; `places` are the columns of its features."""

    places: NDArray[np.intp]
    middle: Floats
    below: Floats
    above: Floats
    fewest: int
    limit: float

    def scores(self, rows: Floats) -> Floats:
        """How unlike training each row [n, features] is; infinite where too little is known."""
        away = rows[:, self.places] - self.middle
        away = np.minimum(np.abs(away / np.where(away < 0, self.below, self.above)), FURTHEST)
        known = np.add.reduce(away == away, axis=1)
        total: Floats = np.add.accumulate(np.nan_to_num(away * away), axis=1)[:, -1]
        scaled: Floats = (total - known) / np.sqrt(2.0 * np.maximum(known, 1))
        return np.where(known < self.fewest, np.inf, scaled)

    def unlike(self, rows: Floats) -> NDArray[np.bool_]:
        """Which rows [n, features] are refused."""
        return np.asarray(self.scores(rows) > self.limit)


def detector(novelty: Novelty, features: tuple[str, ...]) -> Detector:
    """The detector for rows of those features; ValueError if one of its own is none of them."""
    if lacking := set(novelty.features) - set(features):
        raise ValueError(f"no feature is called {', '.join(sorted(lacking))}")
    places = np.array([features.index(each) for each in novelty.features], dtype=np.intp)
    middle, below, above = (
        np.array(each, dtype=np.float64) for each in (novelty.middle, novelty.below, novelty.above)
    )
    return Detector(places, middle, below, above, novelty.fewest, novelty.limit)
