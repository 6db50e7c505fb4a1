"""How well predicted risks agree in size with what was observed."""

import numpy as np

from predictors.manifest import Calibration
from predictors.training.cohort import Flags, Floats, Integers

STEPS = 50
SMALL = 1e-10
DECIMALS = 12
"""Of a fitted slope and intercept: beyond, the order in which a processor adds would show."""


def logistic(margin: Floats) -> Floats:
    """The probability of each log-odds."""
    risk: Floats = 0.5 * (1.0 + np.tanh(0.5 * margin))
    return risk


def fitted(events: Floats, rows: Floats, margin: Floats) -> Calibration:
    """Fits events [k] among rows [k] of each margin [k] by logistic regression (Newton's method).

    NaN where a constant or a complete separation leaves no finite answer.
    """
    intercept, slope = 0.0, 1.0
    for _ in range(STEPS):
        risk = logistic(intercept + slope * margin)
        residual, spread = events - rows * risk, rows * risk * (1.0 - risk)
        across = spread * margin
        a, b, c = float(spread.sum()), float(across.sum()), float(across @ margin)
        determinant = a * c - b * b
        if determinant <= SMALL * max(a * c, SMALL):
            break
        first, second = float(residual.sum()), float(residual @ margin)
        steps = (c * first - b * second) / determinant, (a * second - b * first) / determinant
        intercept, slope = intercept + steps[0], slope + steps[1]
        if max(map(abs, steps)) < SMALL:
            return rounded(Calibration(intercept=intercept, slope=slope))
    return Calibration(intercept=float("nan"), slope=float("nan"))


def rounded(found: Calibration) -> Calibration:
    """The same on every machine."""
    return Calibration(
        intercept=round(found.intercept, DECIMALS), slope=round(found.slope, DECIMALS)
    )


def in_the_large(events: Floats, rows: Floats, margin: Floats) -> float:
    """The intercept alone, on the log-odds, with the slope held at 1: 0 is right on average."""
    happened, intercept = float(events.sum()), 0.0
    if not 0.0 < happened < float(rows.sum()):
        return float("nan")
    for _ in range(STEPS):
        risk = logistic(intercept + margin)
        step = (happened - float(rows @ risk)) / float(rows @ (risk * (1.0 - risk)))
        intercept += step
        if abs(step) < SMALL:
            return intercept
    return float("nan")


def observed_to_expected(outcome: Flags, risk: Floats, weights: Floats) -> float:
    """Events for each event that was predicted."""
    return float(weights @ outcome) / float(weights @ risk)


def brier(outcome: Flags, risk: Floats, weights: Floats) -> float:
    """The mean squared distance of risk and outcome."""
    return float(weights @ (risk - outcome) ** 2) / float(weights.sum())


def equal_groups(risk: Floats, groups: int = 10) -> Integers:
    """Which of about equally large groups of rising risk each row is in; equal risks together."""
    limits = np.quantile(risk, np.linspace(0, 1, groups + 1)[1:-1])
    return np.searchsorted(np.unique(limits), risk, side="left").astype(np.int64)


def expected_calibration_error(
    outcome: Flags, risk: Floats, weights: Floats, *, groups: Integers
) -> float:
    """The distance of mean risk and event rate within groups, averaged over rows."""
    expected = np.bincount(groups, weights * risk)
    observed = np.bincount(groups, weights * outcome)
    return float(np.abs(expected - observed).sum()) / float(weights.sum())
