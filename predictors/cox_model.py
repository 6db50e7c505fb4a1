"""A Cox model with splines: its text, held against what was trained, and its margins.

Cox DR. J R Stat Soc B 1972;34:187-220, doi:10.1111/j.2517-6161.1972.tb00899.x. Restricted cubic
splines as in Harrell FE. Regression Modeling Strategies, 2nd ed. 2015, section 2.4.5.
"""

from collections.abc import Iterator
from itertools import pairwise
from math import isfinite
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from predictors.tree_text import Damaged, expect

Floats = NDArray[np.float64]

FEWEST_KNOTS = 3
STEPS = 256
"""At how many values a curve that may only rise, or only fall, is looked at."""


class Curve(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one feature adds to the log hazard, relative to the reference person.

    A value is first cut to `least` and `most`. The first coefficient is that of the value itself,
    the others (two fewer than `knots`) are those of its restricted cubic spline. `missing` is what
    a missing value adds; None if the feature was never missing in training.
    """

    feature: str
    reference: float
    least: float
    most: float
    coefficients: tuple[float, ...]
    knots: tuple[float, ...] = ()
    missing: float | None = None

    def parts(self, values: Floats) -> Floats:
        """What each of the values [n] adds; NaN for a missing one that training never met."""
        cut = np.clip(values, self.least, self.most)
        coefficients = np.array(self.coefficients)
        there = columns(cut, self.knots) @ coefficients
        reference = columns(np.array([self.reference]), self.knots) @ coefficients
        lost = np.nan if self.missing is None else self.missing
        parts: Floats = np.where(np.isnan(values), lost, there - reference)
        return parts


class CoxModel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A curve a feature, in the features' order; `reference` says who the reference person is.

    The margin of the reference person is 0: the calibration's intercept is then the logarithm of
    that person's cumulative hazard by the horizon.
    """

    form: Literal["cox"] = "cox"
    reference: str
    curves: tuple[Curve, ...]

    def margins(self, rows: Floats) -> Floats:
        """The log hazard of rows [n, features], relative to the reference person: n numbers."""
        margins: Floats = self.contributions(rows).sum(axis=1)
        return margins

    def contributions(self, rows: Floats) -> Floats:
        """The part of each feature in it [n, features + 1]; the last, the baseline, is 0."""
        parts = [curve.parts(column) for curve, column in zip(self.curves, rows.T, strict=True)]
        return np.column_stack([*parts, np.zeros(len(rows))])


def columns(values: Floats, knots: tuple[float, ...]) -> Floats:
    """The values and their restricted cubic spline [n, 1 + knots - 2]; without knots [n, 1]."""
    return np.column_stack([values, *_spline(values, knots)])


def _spline(values: Floats, knots: tuple[float, ...]) -> Iterator[Floats]:
    if not knots:
        return
    *inner, penultimate, last = knots
    first, range_of = knots[0], last - penultimate
    upper, lower = _cubed(values - last), _cubed(values - penultimate)
    for knot in inner:
        bent = lower * ((last - knot) / range_of) - upper * ((penultimate - knot) / range_of)
        yield (_cubed(values - knot) - bent) / (last - first) ** 2


def _cubed(values: Floats) -> Floats:
    cubed: Floats = np.maximum(values, 0.0) ** 3
    return cubed


def is_cox(text: str) -> bool:
    """Whether the text of a model is that of a Cox model; else it is of trees."""
    return text.startswith("{")


def written(model: CoxModel) -> str:
    """The model as its text: JSON for a person to read."""
    return msgspec.json.format(msgspec.json.encode(model), indent=1).decode() + "\n"


def read(text: str) -> CoxModel:
    """The model of a text; raises Damaged if it is none."""
    try:
        return msgspec.json.decode(text, type=CoxModel)
    except msgspec.MsgspecError as error:
        raise Damaged(f"it is no Cox model: {error}") from None


def check(text: str, features: tuple[tuple[str, int], ...]) -> None:
    """Raises Damaged unless the text is a whole model of those features: (name, monotone)."""
    curves = read(text).curves
    named = tuple(name for name, _ in features)
    expect(tuple(each.feature for each in curves) == named, "the features differ")
    for curve, (name, monotone) in zip(curves, features, strict=True):
        expect(_is_finite(curve), f"{name}: a number is not finite")
        expect(curve.least <= curve.reference <= curve.most, f"{name}: no such reference")
        rising = all(low < high for low, high in pairwise(curve.knots))
        expect(rising and len(curve.knots) not in range(1, FEWEST_KNOTS), f"{name}: wrong knots")
        needed = max(1, len(curve.knots) - 1)
        expect(len(curve.coefficients) == needed, f"{name}: not a coefficient a column")
        expect(_is_monotone(curve, monotone), f"{name}: the risk moves the wrong way")


def _is_finite(curve: Curve) -> bool:
    limits = (curve.reference, curve.least, curve.most, curve.missing or 0.0)
    return all(map(isfinite, (*limits, *curve.coefficients, *curve.knots)))


def _is_monotone(curve: Curve, monotone: int) -> bool:
    parts = curve.parts(np.linspace(curve.least, curve.most, STEPS))
    return bool(np.all(monotone * np.diff(parts) >= -1e-12)) if monotone else True
