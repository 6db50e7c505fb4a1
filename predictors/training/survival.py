"""Discrimination and calibration of risks of an event whose time may be censored."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from predictors.manifest import Calibration
from predictors.training.cohort import Flags, Floats, Integers, Survival

BLOCK = 512
STEPS = 50
SMALL = 1e-10


def harrell_c(survival: Survival, risk: Floats, weights: Floats) -> float:
    """The share of comparable pairs in which the earlier event had the higher risk, ties as half.

    A pair is comparable if the earlier of both times is an event; an event and a censoring at the
    same time are, two events at the same time are not.
    """
    agreed = compared = 0.0
    events = np.flatnonzero(survival.event & (weights > 0))
    for start in range(0, len(events), BLOCK):
        first = events[start : start + BLOCK]
        comparable = _comparable(survival, first)
        lead = risk[first, None] - risk
        agreed += float(weights[first] @ ((0.5 + 0.5 * np.sign(lead)) * comparable @ weights))
        compared += float(weights[first] @ (comparable @ weights))
    return agreed / compared if compared else float("nan")


def _comparable(survival: Survival, first: Integers) -> Flags:
    times, event = survival.years, survival.event
    pairs: Flags = (times > times[first, None]) | ((times == times[first, None]) & ~event)
    return pairs


def incidence(survival: Survival, horizon: float) -> Callable[[Floats], float]:
    """The share with the event by the horizon (years), by Kaplan and Meier, for any weights.

    NaN where nobody was watched until then and not everybody had the event.
    """
    times, places = np.unique(survival.years, return_inverse=True)
    until = int(np.searchsorted(times, horizon, side="right"))
    watched = survival.years >= horizon

    def share(weights: Floats) -> float:
        left = np.bincount(places, weights, len(times))
        died = np.bincount(places, weights * survival.event, len(times))[:until]
        at_risk = np.cumsum(left[::-1])[::-1][:until]
        counted = died > 0
        survived = float(np.prod(1.0 - died[counted] / at_risk[counted]))
        return 1.0 - survived if survived == 0.0 or weights[watched].any() else float("nan")

    return share


@dataclass(frozen=True, slots=True)
class _AtRisk:
    """Patients from the longest time down, their weights and events, and how to sum over the rest.

    `last` is, by patient, the last of those with the same time: all up to there are at risk then.
    """

    order: Integers
    last: Integers
    weights: Floats
    events: Floats

    def sums(self, amounts: Floats) -> Floats:
        """The sum of the amounts over all who are at risk at each one's time."""
        summed: Floats = np.cumsum(self.weights * amounts)[self.last]
        return summed


def _at_risk(survival: Survival, weights: Floats) -> _AtRisk:
    order = np.argsort(-survival.years, kind="stable")
    falling = survival.years[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    last = ends[np.searchsorted(ends, np.arange(len(order)))]
    ordered = weights[order]
    return _AtRisk(order, last, ordered, ordered * survival.event[order])


def fitted(survival: Survival, margin: Floats, weights: Floats, *, horizon: float) -> Calibration:
    """What makes the margins (log cumulative hazard by the horizon) agree with what was seen.

    The slope is that of a Cox model with the margin alone (Breslow's ties), the intercept the log
    of its baseline's cumulative hazard by the horizon. NaN where there is no finite answer.
    """
    at_risk, slope = _at_risk(survival, weights), 1.0
    for _ in range(STEPS):
        step = _step(at_risk, margin[at_risk.order], slope)
        slope += step
        if not abs(step) >= SMALL:
            break
    intercept = in_the_large(survival, slope * margin, weights, horizon=horizon)
    return Calibration(intercept=intercept, slope=slope)


def _step(at_risk: _AtRisk, margin: Floats, slope: float) -> float:
    hazard = np.exp(slope * margin)
    everyone, first, second = (at_risk.sums(hazard * margin**power) for power in (0, 1, 2))
    counted = at_risk.events > 0
    events, mean = at_risk.events[counted], first[counted] / everyone[counted]
    gradient = float(events @ (margin[counted] - mean))
    curvature = float(events @ (second[counted] / everyone[counted] - mean**2))
    return gradient / curvature if curvature > SMALL else float("nan")


def in_the_large(survival: Survival, margin: Floats, weights: Floats, *, horizon: float) -> float:
    """The intercept alone, on the log cumulative hazard, with the slope held at 1."""
    at_risk = _at_risk(survival, weights)
    everyone = at_risk.sums(np.exp(margin[at_risk.order]))
    counted = (at_risk.events > 0) & (survival.years[at_risk.order] <= horizon)
    hazard = float(np.sum(at_risk.events[counted] / everyone[counted]))
    return float(np.log(hazard)) if hazard > 0 else float("nan")
