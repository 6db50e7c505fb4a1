"""Who is reviewed in an hour: the highest risks, alerts, or the optimiser's plan."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.planning import plan
from cds_hooks.worklist.site import Site, from_tables
from predictors.training.cohort import Floats, Integers

SERVICE = "sepsis-risk"


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a policy is told of an hour: of everyone there the risk and the last review.

    `ago` is how many hours ago the policy reviewed them, infinite if it never did. `stay` tells
    patients apart and nothing else.
    """

    stay: Integers
    risk: Floats
    ago: Floats


Choose: TypeAlias = Callable[[Seen], Integers]
"""The places in `Seen` of those who are reviewed in the hour."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Capacity in an hour, and hours after a review before the next of the same patient."""

    an_hour: int
    interval: int


def top_risks(rule: Rule) -> Choose:
    """The highest risks of those whose interval is over."""

    def choose(seen: Seen) -> Integers:
        free = np.flatnonzero(seen.ago >= rule.interval)
        return free[np.argsort(-seen.risk[free], kind="stable")[: rule.an_hour]]

    return choose


def alerts(threshold: float, rule: Rule) -> Choose:
    """Everyone at or over the threshold whose interval is over, however many there are."""
    return lambda seen: np.flatnonzero((seen.risk >= threshold) & (seen.ago >= rule.interval))


def optimised(rule: Rule, *, hours: int = 12) -> Choose:
    """Those whom the plan of the next hours, made anew in each, reviews in its first hour."""
    site = from_tables(
        {
            "teams": {"review": {"an_hour": rule.an_hour}},
            "minimum_interval": rule.interval,
            "hours": hours,
        }
    )

    def choose(seen: Seen) -> Integers:
        made = plan(_candidates(seen, site), site)
        return np.array([each.candidate for each in made.reviews if each.hour == 0], dtype=np.int64)

    return choose


def _candidates(seen: Seen, site: Site) -> list[Candidate]:
    rows = zip(seen.stay.tolist(), seen.risk.tolist(), seen.ago.tolist(), strict=True)
    return [
        Candidate(
            str(stay),
            (AssessedRisk(SERVICE, risk=risk),),
            reviewed=None if np.isinf(ago) else ago,
        )
        for stay, risk, ago in rows
    ]
