"""Leaving out candidates whose review can hardly be planned, and what that loses at the most."""

from dataclasses import dataclass

import numpy as np

from cds_hooks.worklist.benefit import Floats
from cds_hooks.worklist.demands import Demands
from cds_hooks.worklist.steps import BEFORE, Flags, Integers, Steps

MOST_STEPS = 60_000
"""How large the problem may be: 1,000 patients over 12 hours with one team are below it."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many candidates were left out, and what the plan can have lost by it at the most."""

    candidates: int
    loss: float


NOBODY = Pruned(0, 0.0)
"""That no one was left out."""


def kept(steps: Steps, demands: Demands, *, candidates: int) -> Flags:
    """Who stays in the problem, [candidates]: the greatest gains of a review, and whoever is due.

    With floors for groups everyone stays.
    """
    if demands.groups or len(steps) <= MOST_STEPS:
        return np.ones(candidates, dtype=np.bool_)
    best = np.zeros(candidates)
    np.maximum.at(best, steps.patient, steps.gain)
    order = np.argsort(-best, kind="stable")
    size = np.bincount(steps.patient, minlength=candidates)
    stay = demands.due < demands.hours
    stay[order[np.cumsum(size[order]) <= MOST_STEPS]] = True
    return stay


def surplus(steps: Steps, prices: Floats, *, hours: int, candidates: int) -> Floats:
    """What each candidate's best path gains beyond the price of its reviews, [candidates].

    By duality no plan of all candidates exceeds the relaxed plan of those that were kept by more
    than the sum of this over the others.
    """
    reached = np.full((candidates, hours + 1), -np.inf)
    reached[:, 0] = 0.0
    net = steps.gain - prices[steps.team, steps.hour]
    for hour in range(hours):
        now: Integers = np.flatnonzero(steps.hour == hour)
        value = reached[steps.patient[now], steps.since[now] - BEFORE] + net[now]
        np.maximum.at(reached[:, hour + 1], steps.patient[now], value)
    best: Floats = reached.max(axis=1)
    return best
