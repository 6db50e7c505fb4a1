"""The steps of which plans are made: a review of one patient, by a team, after an earlier one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cds_hooks.worklist.benefit import Floats, gains, last_reviewed
from cds_hooks.worklist.candidates import Candidate
from cds_hooks.worklist.site import Site, Team

Integers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]

BEFORE = -1
"""The hour from which a first step comes: the last review before the plan, or none."""


@dataclass(frozen=True, slots=True)
class Steps:
    """All steps [n] that are allowed: patient and team by number, hours from 0, and what it gains.

    `since` is the hour of the review before it in the plan, BEFORE for the first. `benefit` is the
    gain without what continuity adds.
    """

    patient: Integers
    since: Integers
    hour: Integers
    team: Integers
    gain: Floats
    benefit: Floats

    def take(self, chosen: Flags | Integers) -> "Steps":
        """Those of them."""
        return Steps(
            self.patient[chosen],
            self.since[chosen],
            self.hour[chosen],
            self.team[chosen],
            self.gain[chosen],
            self.benefit[chosen],
        )

    def __len__(self) -> int:
        return len(self.gain)


def steps(candidates: Sequence[Candidate], site: Site) -> Steps:
    """Every step that intervals, skills and places allow and that gains something.

    A step that gains nothing is kept where the maximum interval may call for it.
    """
    worth = gains(candidates, site)
    may = may_review(candidates, site)
    free = first_hour(candidates, site)
    pairs = [(BEFORE, hour) for hour in range(site.hours)]
    pairs += [
        (since, hour)
        for since in range(site.hours)
        for hour in range(since + max(site.minimum_interval, 1), site.hours)
    ]
    made = [_steps(pair, worth, may, free, candidates, site) for pair in pairs]
    return Steps(
        np.concatenate([each.patient for each in made]),
        np.concatenate([each.since for each in made]),
        np.concatenate([each.hour for each in made]),
        np.concatenate([each.team for each in made]),
        np.concatenate([each.gain for each in made]),
        np.concatenate([each.benefit for each in made]),
    )


def _steps(
    pair: tuple[int, int],
    worth: Floats,
    may: Flags,
    free: Integers,
    candidates: Sequence[Candidate],
    site: Site,
) -> Steps:
    since, hour = pair
    patients = np.arange(len(candidates))
    first = since == BEFORE
    ago = last_reviewed(candidates) + hour if first else np.full(len(patients), hour - since)
    gap = np.minimum(ago, worth.shape[2] - 1).astype(np.int64)
    gain = worth[patients, hour, gap]
    allowed = (hour if first else since) >= free
    wanted = allowed & ((gain > 0) | (site.maximum_interval > 0))
    patient, team = np.nonzero(may & wanted[:, np.newaxis])
    again = _same_team(candidates, site)[patient, team]
    return Steps(
        patient,
        np.full(len(patient), since),
        np.full(len(patient), hour),
        team,
        gain[patient] * np.where(again, 1 + site.continuity, 1.0),
        gain[patient],
    )


def first_hour(candidates: Sequence[Candidate], site: Site) -> Integers:
    """The first hour in which each may be reviewed again; that after the plan if none in it is."""
    waiting = np.maximum(site.minimum_interval - last_reviewed(candidates), 0.0)
    return np.minimum(np.ceil(waiting), site.hours).astype(np.int64)


def may_review(candidates: Sequence[Candidate], site: Site) -> Flags:
    """Whether each team may review each patient, [candidates, teams]: its place, and its skills.

    Who has a life-threatening finding is seen now, by whoever can, and is not planned.
    """
    teams = site.teams.values()
    may = [[not each.critical and _may(each, team, site) for team in teams] for each in candidates]
    return np.array(may, dtype=np.bool_).reshape(len(candidates), len(teams))


def skills_for(candidate: Candidate, site: Site) -> frozenset[str]:
    """The skills that a review of the patient needs: their own, and those of what was assessed."""
    assessed = [each.service for each in candidate.risks if each.risk]
    named = (site.services[each].skills for each in assessed if each in site.services)
    return candidate.skills.union(*named)


def _may(candidate: Candidate, team: Team, site: Site) -> bool:
    here = not team.locations or candidate.location in team.locations
    return here and skills_for(candidate, site) <= set(team.skills)


def _same_team(candidates: Sequence[Candidate], site: Site) -> Flags:
    same = [[each.team == name for name in site.teams] for each in candidates]
    return np.array(same, dtype=np.bool_).reshape(len(candidates), len(site.teams))
