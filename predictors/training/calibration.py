"""How well predicted risks agree in size with what was observed."""

from dataclasses import dataclass

import numpy as np

from predictors.training.cohort import Flags, Floats, Integers

STEPS = 50
SMALL = 1e-10


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes the margins agree with the outcomes: `intercept + slope * margin`."""

    intercept: float
    slope: float


def logistic(margin: Floats) -> Floats:
    """The probability of each log-odds."""
    risk: Floats = 0.5 * (1.0 + np.tanh(0.5 * margin))
    return risk


def fitted(outcome: Flags, margin: Floats, weights: Floats) -> Calibration:
    """Fits the outcomes on the margins by weighted logistic regression (Newton's method).

    NaN where a constant or a complete separation leaves no finite answer.
    """
    intercept, slope = 0.0, 1.0
    for _ in range(STEPS):
        risk = logistic(intercept + slope * margin)
        residual, spread = weights * (outcome - risk), weights * risk * (1.0 - risk)
        across = spread * margin
        a, b, c = float(spread.sum()), float(across.sum()), float(across @ margin)
        determinant = a * c - b * b
        if determinant <= SMALL * max(a * c, SMALL):
            return Calibration(float("nan"), float("nan"))
        first, second = float(residual.sum()), float(residual @ margin)
        steps = (c * first - b * second) / determinant, (a * second - b * first) / determinant
        intercept, slope = intercept + steps[0], slope + steps[1]
        if max(map(abs, steps)) < SMALL:
            return Calibration(intercept, slope)
    return Calibration(float("nan"), float("nan"))


def in_the_large(outcome: Flags, margin: Floats, weights: Floats) -> float:
    """The intercept alone, on the log-odds, with the slope held at 1: 0 is right on average."""
    events, total, intercept = float(weights @ outcome), float(weights.sum()), 0.0
    if not 0.0 < events < total:
        return float("nan")
    for _ in range(STEPS):
        risk = logistic(intercept + margin)
        step = (events - float(weights @ risk)) / float(weights @ (risk * (1.0 - risk)))
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
