"""From candidates and a site's statements to a plan, and how it was found."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

import numpy as np

from cds_hooks.worklist import greedy, optimiser, pruning
from cds_hooks.worklist.candidates import Candidate
from cds_hooks.worklist.demands import Demands, demands
from cds_hooks.worklist.optimiser import NoPlan
from cds_hooks.worklist.pruning import NOBODY, Pruned
from cds_hooks.worklist.site import Site
from cds_hooks.worklist.steps import BEFORE, Integers, Steps, steps

SECONDS = 5.0
"""How long HiGHS may take."""


@dataclass(frozen=True, slots=True)
class Review:
    """One planned review: of a candidate by number, hours from now, by a team, and its benefit.

    `gap` is how many hours before it the one before is; None without any that is known.
    """

    candidate: int
    hour: int
    team: str
    benefit: float
    gap: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """The reviews in the order of hour and benefit, and how far they are from the best plan.

    `bound` is a benefit that no plan exceeds, None where none was proven. `fallback` says why the
    hour-by-hour rule made the plan, "" where HiGHS did. `overdue` are candidates by number who are
    not reviewed by when they are due, `short` the groups below their floor with what they lack.
    """

    reviews: tuple[Review, ...]
    bound: float | None
    proven: bool
    fallback: str
    seconds: float
    pruned: Pruned = NOBODY
    overdue: tuple[int, ...] = ()
    short: tuple[tuple[str, float], ...] = ()

    @property
    def benefit(self) -> float:
        """The expected benefit of all reviews."""
        return float(sum(each.benefit for each in self.reviews))


@dataclass(frozen=True, slots=True)
class _Found:
    """The chosen steps by number, and what is known of the best plan."""

    chosen: Integers
    bound: float | None = None
    proven: bool = False
    pruned: Pruned = NOBODY
    fallback: str = ""


def plan(candidates: Sequence[Candidate], site: Site, *, seconds: float = SECONDS) -> Plan:
    """The best plan that is found in that time."""
    began = monotonic()
    every, wanted = steps(candidates, site), demands(candidates, site)
    start = greedy.by_the_hour(every, wanted)
    try:
        found = _optimised(every, wanted, start, seconds=seconds, candidates=len(candidates))
    except NoPlan as error:
        found = _Found(start, fallback=str(error))
    chosen = every.take(found.chosen)
    overdue, short = _overdue(chosen, wanted), tuple(_short(chosen, wanted, len(start)))
    # What a demand that is not met costs is part of the solver's bound: it says nothing then.
    unmet = bool(overdue or short)
    return Plan(
        reviews=tuple(_reviews(chosen, candidates, list(site.teams))),
        bound=None if unmet else found.bound,
        proven=found.proven,
        fallback=found.fallback,
        seconds=monotonic() - began,
        pruned=found.pruned,
        overdue=overdue,
        short=short,
    )


def _optimised(
    every: Steps, wanted: Demands, start: Integers, *, seconds: float, candidates: int
) -> _Found:
    if not len(every):
        return _Found(start, bound=0.0, proven=True)
    stay = pruning.kept(every, wanted, candidates=candidates)
    stay[every.patient[start]] = True  # the plan that is known stays within the problem
    inside = np.flatnonzero(stay[every.patient])
    known = np.flatnonzero(np.isin(inside, start))
    solved = optimiser.solve(every.take(inside), wanted, known, seconds=seconds)
    gained = pruning.surplus(every, solved.prices, hours=wanted.hours, candidates=candidates)
    pruned = Pruned(int((~stay).sum()), float(gained[~stay].sum()))
    return _Found(inside[solved.chosen], solved.bound + pruned.loss, solved.proven, pruned)


def _reviews(
    chosen: Steps, candidates: Sequence[Candidate], teams: Sequence[str]
) -> Iterator[Review]:
    for number in np.lexsort((-chosen.benefit, chosen.hour)).tolist():
        patient, hour = int(chosen.patient[number]), int(chosen.hour[number])
        since, ago = int(chosen.since[number]), candidates[patient].reviewed
        before = None if ago is None else ago + hour
        gap = before if since == BEFORE else float(hour - since)
        yield Review(patient, hour, teams[chosen.team[number]], float(chosen.benefit[number]), gap)


def _overdue(chosen: Steps, wanted: Demands) -> tuple[int, ...]:
    """Who is due within the planned hours and has no review by then."""
    first = chosen.take(chosen.since == BEFORE)
    timely = first.patient[first.hour <= wanted.due[first.patient]]
    due = np.flatnonzero(wanted.due < wanted.hours)
    return tuple(np.setdiff1d(due, timely).tolist())


def _short(chosen: Steps, wanted: Demands, reviews: int) -> Iterator[tuple[str, float]]:
    """The groups below their share of so many reviews, and how many they lack."""
    for group in wanted.groups:
        lacking = group.share * reviews - np.isin(chosen.patient, group.members).sum()
        if lacking > 1e-6:
            yield group.name, float(lacking)
