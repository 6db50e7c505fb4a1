"""What a review of a patient at an hour adds, by how long ago the last one was."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from cds_hooks.worklist.site import Reviewed, Site

Floats: TypeAlias = NDArray[np.float64]

LARGEST = 0.999
"""A risk of 1 has no finite hazard."""


def gains(candidates: Sequence[Candidate], site: Site) -> Floats:
    """The benefit of a review, [candidates, hours, gaps]: of each hour that is planned.

    The gap is how many hours before it the last review was, 0 to `widest`; the last stands for all
    that are longer, and for none. It counts if the event has not come by then, so that a high risk
    does not wait. What no service assessed adds nothing here: it is listed apart.
    """
    gaps = np.arange(widest(site) + 1)
    total = np.zeros((len(candidates), site.hours, len(gaps)))
    for name, stated in site.services.items():
        hazard = _hazards([each.of(name) for each in candidates], stated, hours=site.hours)
        total += _not_yet(hazard)[:, :, np.newaxis] * _found(hazard[:, :, np.newaxis], stated, gaps)
    return total


def reviewed_now(candidates: Sequence[Candidate], site: Site) -> Floats:
    """The benefit of a review in this hour, [candidates]."""
    ago = np.minimum(last_reviewed(candidates), widest(site)).astype(np.int64)
    now: Floats = gains(candidates, site)[np.arange(len(candidates)), 0, ago]
    return now


def last_reviewed(candidates: Sequence[Candidate]) -> Floats:
    """How many hours ago each was reviewed; infinite where no review is known."""
    return np.array([np.inf if each.reviewed is None else each.reviewed for each in candidates])


def widest(site: Site) -> int:
    """The gap in hours from which a review adds as much as a first one."""
    return max(each.hours for each in site.services.values())


def _hazards(risks: Sequence[AssessedRisk | None], stated: Reviewed, *, hours: int) -> Floats:
    """Events an hour, [candidates, hours]; 0 where nothing was assessed."""
    known = [
        [0.0 if each is None else each.at(hour) or 0.0 for hour in range(hours)] for each in risks
    ]
    probability = np.minimum(np.array(known, dtype=np.float64).reshape(-1, hours), LARGEST)
    return -np.log1p(-probability) / stated.horizon


def _not_yet(hazard: Floats) -> Floats:
    """The probability that the event has not come by each hour, [candidates, hours]."""
    before = np.cumsum(hazard, axis=1) - hazard
    survived: Floats = np.exp(-before)
    return survived


def _found(hazard: Floats, stated: Reviewed, gaps: NDArray[np.int64]) -> Floats:
    """The worth of the events in as many hours as the last review did not cover.

    It rises with the risk however high that is: who is probably septic already is worth a review.
    """
    fresh = np.minimum(gaps, stated.hours)
    made: Floats = stated.worth * stated.changes * -np.expm1(-hazard * fresh)
    return made
