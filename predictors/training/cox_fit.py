"""Fits a Cox model with splines by the greatest partial likelihood (Newton's method, Breslow)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from predictors.cox_model import CoxModel, Curve, columns
from predictors.training.cohort import Floats, Survival
from predictors.training.cox import partial_likelihood

STEPS = 30
SMALL = 1e-9
HALVINGS = 20
DECIMALS = 9
"""Of a fitted coefficient: beyond, the order in which a processor adds would show."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one feature enters: cut to `least` and `most`, and bent at the `knots` (none: a line).

    `reference` is the reference person's value. `penalty` is the ridge on its coefficients, each
    column scaled to a standard deviation of 1.
    """

    feature: str
    reference: float
    least: float
    most: float
    knots: tuple[float, ...] = ()
    penalty: float = 0.0


def fit(
    rows: Floats, survival: Survival, shapes: Sequence[Shape], *, horizon: float, reference: str
) -> CoxModel:
    """The model of rows [n, features], one shape a feature, censored at the horizon (years).

    A feature with missing values gets a coefficient of being missing. Raises ValueError if the
    likelihood has no maximum that is found.
    """
    parts = [_design(column, shape) for column, shape in zip(rows.T, shapes, strict=True)]
    widths = [each.shape[1] for each in parts]
    design = np.column_stack(parts)
    ridge = np.repeat([each.penalty for each in shapes], widths)
    found = iter(_coefficients(design, survival, ridge, horizon).tolist())
    curves = [
        _curve(shape, bool(np.isnan(column).any()), [next(found) for _ in range(width)])
        for shape, column, width in zip(shapes, rows.T, widths, strict=True)
    ]
    return CoxModel(reference=reference, curves=tuple(curves))


def _design(values: Floats, shape: Shape) -> Floats:
    """The columns of one feature, 0 for the reference person; the last says that it is missing."""
    missing = np.isnan(values)
    cut = np.clip(np.where(missing, shape.reference, values), shape.least, shape.most)
    origin = columns(np.array([shape.reference]), shape.knots)
    made = columns(cut, shape.knots) - origin
    return np.column_stack([made, missing]) if missing.any() else made


def _curve(shape: Shape, missing: bool, coefficients: list[float]) -> Curve:
    rounded = [round(each, DECIMALS) for each in coefficients]
    lost = rounded.pop() if missing else None
    return Curve(
        feature=shape.feature,
        reference=shape.reference,
        least=shape.least,
        most=shape.most,
        coefficients=tuple(rounded),
        knots=shape.knots,
        missing=lost,
    )


def _coefficients(design: Floats, survival: Survival, ridge: Floats, horizon: float) -> Floats:
    likelihood = partial_likelihood(survival, horizon=horizon)
    scale = np.maximum(design.std(axis=0), SMALL)
    scaled = (design - design.mean(axis=0)) / scale
    coefficients = np.zeros(design.shape[1])

    def objective(at: Floats) -> float:
        events = float(likelihood.event.sum())
        return likelihood.loss(scaled @ at) * events + float(ridge @ at**2) / 2

    for _ in range(STEPS):
        margin = scaled @ coefficients
        gradient, _ = likelihood.gradients(margin)
        slope = scaled.T @ gradient + ridge * coefficients
        curvature = likelihood.information(scaled, margin) + np.diag(ridge + SMALL)
        step = _damped(np.linalg.solve(curvature, slope), coefficients, objective)
        coefficients = coefficients - step
        if np.abs(step).max() < SMALL:
            found: Floats = coefficients / scale
            return found
    raise ValueError("the partial likelihood has no maximum that is found")


def _damped(step: Floats, start: Floats, objective: Callable[[Floats], float]) -> Floats:
    """The step, halved until it leads no higher: Newton's own may leap over the minimum."""
    before = objective(start)
    for _ in range(HALVINGS):
        if objective(start - step) <= before + SMALL:
            break
        step = step / 2
    return step
