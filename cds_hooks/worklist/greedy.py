"""The plan of an hour-by-hour rule: who gains most now, whoever is due before all others."""

from collections import Counter

import numpy as np

from cds_hooks.worklist.demands import Demands
from cds_hooks.worklist.steps import BEFORE, Integers, Steps


def by_the_hour(steps: Steps, demands: Demands) -> Integers:
    """The chosen steps by number: within capacity and intervals; floors of groups are not kept to.

    It never waits for a patient whose review would be worth more later, as the optimiser does.
    """
    since: dict[int, int] = {}
    made = Counter[int]()
    chosen: list[int] = []
    for hour in range(demands.hours):
        left = dict(enumerate(demands.an_hour.tolist()))
        for step in _best_first(steps, demands, hour):
            patient, team = int(steps.patient[step]), int(steps.team[step])
            if since.get(patient, BEFORE) != steps.since[step]:
                continue
            if left[team] > 0 and made[team] < demands.a_shift[team]:
                chosen.append(step)
                since[patient] = hour
                left[team] -= 1
                made[team] += 1
    return np.array(chosen, dtype=np.int64)


def _best_first(steps: Steps, demands: Demands, hour: int) -> list[int]:
    """The steps of that hour: first reviews of who is due by then, then by what they gain."""
    now = np.flatnonzero(steps.hour == hour)
    due = (steps.since[now] == BEFORE) & (demands.due[steps.patient[now]] <= hour)
    found: list[int] = now[np.lexsort((now, -steps.gain[now], ~due))].tolist()
    return found
