"""What a plan must keep to beside the steps: capacity, who is overdue, each group's share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cds_hooks.worklist.benefit import Floats, last_reviewed
from cds_hooks.worklist.candidates import Candidate
from cds_hooks.worklist.site import Site
from cds_hooks.worklist.steps import Flags, Integers, first_hour, may_review


@dataclass(frozen=True, slots=True)
class Group:
    """The members of a group by number, and the share of all reviews that it is to have."""

    name: str
    members: Integers
    share: float


@dataclass(frozen=True, slots=True)
class Demands:
    """Capacity by team [teams], the hour by which each is due [candidates], and the groups.

    `due` is the number of planned hours where nothing is due. `a_shift` is infinite without limit.
    """

    hours: int
    an_hour: Integers
    a_shift: Floats
    due: Integers
    groups: tuple[Group, ...]

    @property
    def reviews(self) -> float:
        """The most reviews that all teams can make in the planned hours."""
        return float(np.minimum(self.an_hour * self.hours, self.a_shift).sum())


def demands(candidates: Sequence[Candidate], site: Site) -> Demands:
    """The demands of a site on a plan for these patients."""
    teams = site.teams.values()
    limits = [np.inf if each.a_shift is None else each.a_shift for each in teams]
    return Demands(
        hours=site.hours,
        an_hour=np.array([each.an_hour for each in teams]),
        a_shift=np.array(limits, dtype=np.float64),
        due=_due(candidates, site),
        groups=tuple(_groups(candidates, site)) if site.fairness.floor else (),
    )


def _due(candidates: Sequence[Candidate], site: Site) -> Integers:
    """Who has no known review is due at the end of a whole interval from now."""
    if not site.maximum_interval:
        return np.full(len(candidates), site.hours)
    ago = np.where(np.isinf(last_reviewed(candidates)), 0.0, last_reviewed(candidates))
    due = np.clip(site.maximum_interval - ago, 0, site.hours).astype(np.int64)
    reachable = may_review(candidates, site).any(axis=1)
    at_all: Flags = reachable & (first_hour(candidates, site) < site.hours)
    return np.where(at_all, np.maximum(due, first_hour(candidates, site)), site.hours)


def _groups(candidates: Sequence[Candidate], site: Site) -> list[Group]:
    named = np.array([each.group for each in candidates])
    found = []
    for name in sorted(set(named.tolist()) - {""}):
        members = np.flatnonzero(named == name)
        found.append(Group(name, members, site.fairness.floor * len(members) / len(candidates)))
    return found
