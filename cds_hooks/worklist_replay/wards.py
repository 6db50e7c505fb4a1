"""An invented hospital: real stays that follow one another in so many beds."""

from dataclasses import dataclass
from heapq import heapify, heapreplace

import numpy as np

from cds_hooks.worklist_replay.stays import Stays
from predictors.training.cohort import Integers

WARM_UP = 40
"""Hours until which every bed has its first patient, and which are not replayed."""


@dataclass(frozen=True, slots=True)
class Present:
    """Who is there in one hour: stays by number, and how many hours each has been there."""

    stay: Integers
    hour: Integers


def hours_of(stays: Stays, *, beds: int, seed: int) -> list[Present]:
    """Every hour in which all beds are taken, in order, of stays in a random order.

    The stays' order knows nothing of their outcomes. A bed is free when a record ends, which shows
    only in who is there.
    """
    begins = _admitted(stays, beds, np.random.default_rng(seed))
    stay = np.repeat(np.arange(len(stays)), stays.length)
    hour = np.concatenate([np.arange(each) for each in stays.length.tolist()])
    time = begins[stay] + hour
    order = np.lexsort((stay, time))
    times, ends = np.unique(time[order], return_index=True)
    bounds = [*ends.tolist(), len(order)]
    made = [
        Present(stay[order[a:b]], hour[order[a:b]])
        for a, b, at in zip(bounds, bounds[1:], times.tolist(), strict=False)
        if at >= WARM_UP
    ]
    return [each for each in made if len(each.stay) == beds]


def _admitted(stays: Stays, beds: int, generator: np.random.Generator) -> Integers:
    free = generator.integers(0, WARM_UP, beds).tolist()
    heapify(free)
    begins = np.zeros(len(stays), dtype=np.int64)
    for stay in generator.permutation(len(stays)).tolist():
        begins[stay] = free[0]
        heapreplace(free, free[0] + int(stays.length[stay]))
    return begins
