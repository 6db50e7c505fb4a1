"""A logistic regression with a ridge penalty, fitted by Newton's method: the part of a blend."""

from dataclasses import dataclass

import numpy as np

from predictors.blend import Blend
from predictors.training.calibration import logistic
from predictors.training.cohort import Flags, Floats

TAIL = 0.01
"""The share of rows beyond each end of a feature's range, where its term rises no further."""

STEPS, ENOUGH = 30, 1e-4
NARROWEST = 1e-9
DIGITS = 8
"""Significant digits of what is stored: beyond, the order in which a processor adds would show."""


@dataclass(frozen=True, slots=True)
class Ridge:
    """A fitted regression: `baseline + sum of weights * (feature held in its range - middle)`."""

    baseline: float
    weights: Floats
    middle: Floats
    low: Floats
    high: Floats

    def blend(self, share: float) -> Blend:
        """The blend of which it has that share, and trees the rest."""
        return Blend(
            trees=_rounded(1.0 - share),
            baseline=_rounded(share * self.baseline),
            weights=_all_rounded(share * self.weights),
            middle=_all_rounded(self.middle),
            low=_all_rounded(self.low),
            high=_all_rounded(self.high),
        )


def fitted(rows: Floats, happened: Flags, *, penalty: float) -> Ridge:
    """Fits to rows [n, features]; a missing feature counts as the middle (median) of the others.

    The penalty is on the weights of features in units of their standard deviation.
    """
    low, middle, high = np.nanquantile(rows, [TAIL, 0.5, 1 - TAIL], axis=0)
    away = np.minimum(np.maximum(rows, low), high) - middle
    away = np.where(np.isnan(away), 0.0, away)
    spread = np.maximum(away.std(axis=0), NARROWEST)
    design = np.column_stack([np.ones(len(rows)), away / spread])
    found = _newton(design, happened.astype(np.float64), penalty)
    return Ridge(float(found[0]), found[1:] / spread, middle, low, high)


def _newton(design: Floats, happened: Floats, penalty: float) -> Floats:
    penalties = np.full(design.shape[1], penalty)
    penalties[0] = 0.0
    found = np.zeros(design.shape[1])
    for _ in range(STEPS):
        risk = logistic(design @ found)
        weighted = design * np.sqrt(risk * (1.0 - risk))[:, np.newaxis]
        curvature = weighted.T @ weighted
        step = np.linalg.solve(
            curvature + np.diag(penalties), design.T @ (happened - risk) - penalties * found
        )
        found = found + step
        if np.abs(step).max() < ENOUGH:
            break
    return found


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _all_rounded(values: Floats) -> tuple[float, ...]:
    return tuple(_rounded(each) for each in values.tolist())
