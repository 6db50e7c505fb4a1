"""The reviews that a policy makes in an invented hospital, hour by hour."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cds_hooks.worklist_replay.policies import Choose, Rule, Seen, alerts
from cds_hooks.worklist_replay.stays import Stays
from cds_hooks.worklist_replay.wards import Present
from predictors.training import utility
from predictors.training.cohort import Floats, Integers
from predictors.training.progress import Progress
from predictors.training.stay_alerts import EARLIEST, LATEST

HALVINGS = 25


@dataclass(frozen=True, slots=True)
class Reviews:
    """Which stay was reviewed in which of its hours, [n]."""

    stay: Integers
    hour: Integers


def replay(
    stays: Stays, hours: Sequence[Present], choose: Choose, *, progress: Progress | None = None
) -> Reviews:
    """What the policy chooses, hour by hour; it is told what `Seen` holds and nothing else."""
    last = np.full(len(stays), -np.inf)
    made: list[Present] = []
    for time, there in enumerate(hours):
        risk = stays.risk[stays.first[there.stay] + there.hour]
        chosen = choose(Seen(there.stay, risk, time - last[there.stay]))
        last[there.stay[chosen]] = time
        made.append(Present(there.stay[chosen], there.hour[chosen]))
        if progress and time % 100 == 0:
            progress(time / len(hours), "Replaying")
    return _joined(made)


def oracle(stays: Stays, hours: Sequence[Present], rule: Rule) -> Reviews:
    """Who knows every onset: each septic stay once, when an alarm is worth most or soon after."""
    seen = np.zeros(len(stays), dtype=np.bool_)
    made: list[Present] = []
    for there in hours:
        left = stays.onset[there.stay] - there.hour
        places = np.flatnonzero((left >= LATEST) & (left <= -utility.BEST) & ~seen[there.stay])
        chosen = places[np.argsort(left[places], kind="stable")[: rule.an_hour]]
        seen[there.stay[chosen]] = True
        made.append(Present(there.stay[chosen], there.hour[chosen]))
    return _joined(made)


def threshold(stays: Stays, hours: Sequence[Present], rule: Rule) -> float:
    """The risk from which alerts are as many as the capacity of all hours, on these stays."""
    low, high, budget = 0.0, 1.0, rule.an_hour * len(hours)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        many = len(replay(stays, hours, alerts(middle, rule)).stay) > budget
        low, high = (middle, high) if many else (low, middle)
    return high


def _joined(made: Sequence[Present]) -> Reviews:
    return Reviews(
        np.concatenate([each.stay for each in made]), np.concatenate([each.hour for each in made])
    )


def possible(stays: Stays, hours: Sequence[Present]) -> Floats:
    """1 for each stay [s] that was there in an hour in which a review would have seen its event."""
    there = _joined(hours)
    left = stays.onset[there.stay] - there.hour
    found = np.zeros(len(stays))
    found[there.stay[(left >= LATEST) & (left <= EARLIEST)]] = 1.0
    return found
