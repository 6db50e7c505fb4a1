"""Whom a model refuses as unlike its training: hours by class, and septic stays, by subgroup."""

from collections.abc import Iterator

import numpy as np

from predictors.training.cohort import Cohort, Flags
from predictors.training.results import Refused
from predictors.training.stay_alerts import in_time, stays_of

EVERYONE = "all"


def refusals(cohort: Cohort, refused: Flags) -> tuple[Refused, ...]:
    """The refused hours [n] of everyone and of each subgroup; septic stays where there are some."""
    groups = [(by, str(name)) for by, each in cohort.subgroups.items() for name in np.unique(each)]
    chosen = [(by, name, cohort.subgroups[by] == name) for by, name in groups]
    everyone = np.ones(len(cohort), dtype=np.bool_)
    return tuple(_refusals(cohort, refused, [(EVERYONE, "", everyone), *chosen]))


def _refusals(
    cohort: Cohort, refused: Flags, groups: list[tuple[str, str, Flags]]
) -> Iterator[Refused]:
    septic, hit = _septic_stays(cohort, refused)
    for by, label, chosen in groups:
        stays = np.unique(septic[chosen & (septic >= 0)])
        yield Refused(
            by=by,
            label=label or ("" if by == EVERYONE else "not given"),
            rows=int(chosen.sum()),
            with_outcome=_share(refused[chosen & cohort.events]),
            without=_share(refused[chosen & ~cohort.events]),
            septic_stays=len(stays),
            septic_stays_refused=_share(hit[stays]),
        )


def _septic_stays(cohort: Cohort, refused: Flags) -> tuple["np.ndarray", Flags]:
    """The number of the septic stay of each row, -1 for the others; whether a stay is refused.

    It is if any hour is in which an alert would have been in time.
    """
    stays, timely = stays_of(cohort), in_time(cohort)
    some = np.zeros(len(stays.rows), dtype=np.bool_)
    some[stays.stay[timely]] = True
    hit = np.zeros(len(stays.rows), dtype=np.bool_)
    hit[stays.stay[timely & refused]] = True
    return np.where(some[stays.stay], stays.stay, -1), hit


def _share(refused: Flags) -> float:
    return float(refused.mean()) if len(refused) else float("nan")
