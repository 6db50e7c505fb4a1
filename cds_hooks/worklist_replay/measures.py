"""What the reviews of a policy found, with intervals that resample stays, paired by stay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cds_hooks.worklist_replay.replaying import Reviews, possible
from cds_hooks.worklist_replay.stays import Stays
from cds_hooks.worklist_replay.wards import Present
from predictors.training import utility
from predictors.training.cohort import Floats
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.progress import silent
from predictors.training.stay_alerts import EARLIEST, LATEST


@dataclass(frozen=True, slots=True)
class Counted:
    """By stay [s]: reviews, whether its event was seen, with which lead in hours, and utility.

    The lead is that of the first review in time, 0 without one. The best review of a stay earns
    what an alarm in its hour earns in the challenge; each that is too early, or of a stay without
    sepsis, costs what a false alarm does.
    """

    reviews: Floats
    seen: Floats
    lead: Floats
    utility: Floats


def counted(stays: Stays, made: Reviews) -> Counted:
    """What the reviews come to by stay."""
    left = stays.onset[made.stay] - made.hour
    timely = (left >= LATEST) & (left <= EARLIEST)
    lead, best, cost = (np.zeros(len(stays)) for _ in range(3))
    np.maximum.at(lead, made.stay[timely], left[timely])
    worth = _worth(left)
    np.maximum.at(best, made.stay, worth)
    np.add.at(cost, made.stay, np.minimum(worth, 0.0))
    reviews = np.bincount(made.stay, minlength=len(stays)).astype(np.float64)
    return Counted(reviews, (lead > 0).astype(np.float64), lead, best + cost)


def _worth(left: Floats) -> Floats:
    """What a review earns so many hours before the onset; nothing when an alarm is too late."""
    return np.where(-left > utility.LATEST, 0.0, utility.alarm(-left))


def best_utility(stays: Stays, hours: Sequence[Present]) -> Floats:
    """The most that one review of each stay [s] could earn in the hours that are replayed."""
    best = np.zeros(len(stays))
    for there in hours:
        np.maximum.at(best, there.stay, _worth(stays.onset[there.stay] - there.hour))
    return best


@dataclass(frozen=True, slots=True)
class Compared:
    """Several policies in the same hours of the same stays, by name; the first is the base."""

    stays: Stays
    counted: Mapping[str, Counted]
    possible: Floats
    best: Floats

    @property
    def base(self) -> str:
        """With which the others are compared."""
        return next(iter(self.counted))

    def measures(self, bootstrap: Bootstrap) -> dict[str, Estimate]:
        """Each measure of each policy, "policy measure", and what it has beyond the base's."""
        return estimates(self._measured, np.arange(len(self.stays)), bootstrap, progress=silent)

    def _measured(self, weights: Floats) -> dict[str, float]:
        found: dict[str, float] = {}
        best = float(weights @ self.best)
        for name, each in self.counted.items():
            reviews, seen = float(weights @ each.reviews), float(weights @ each.seen)
            found[f"{name} per 100 reviews"] = _ratio(100 * seen, reviews)
            found[f"{name} share"] = _ratio(seen, float(weights @ self.possible))
            found[f"{name} utility"] = _ratio(float(weights @ each.utility), best)
            base = f"{self.base} per 100 reviews"
            found[f"{name} more"] = _ratio(found[f"{name} per 100 reviews"], found[base]) - 1
        return found

    def lead(self, name: str) -> tuple[float, float, float]:
        """The quartiles of the lead in hours of the events that were seen; NaN without one."""
        each = self.counted[name]
        seen = each.lead[each.seen > 0] if each.seen.any() else np.array([np.nan])
        low, middle, high = np.quantile(seen, [0.25, 0.5, 0.75])
        return float(low), float(middle), float(high)

    def by_group(self, name: str) -> dict[tuple[str, str], tuple[float, int, float]]:
        """By group the share of its events that were seen, how many there are, reviews a stay."""
        each = self.counted[name]
        found = {}
        for by, labels in self.stays.groups.items():
            for label in sorted(set(labels.tolist()) - {""}):
                inside = (labels == label).astype(np.float64)
                events = float(inside @ self.possible)
                seen, reviews = float(inside @ each.seen), float(inside @ each.reviews)
                found[by, label] = (
                    _ratio(seen, events),
                    round(events),
                    _ratio(reviews, inside.sum()),
                )
        return found


def compared(stays: Stays, hours: Sequence[Present], made: Mapping[str, Reviews]) -> Compared:
    """The policies' reviews side by side."""
    by_name = {name: counted(stays, each) for name, each in made.items()}
    return Compared(stays, by_name, possible(stays, hours), best_utility(stays, hours))


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
