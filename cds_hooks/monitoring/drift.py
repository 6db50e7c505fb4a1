"""Whether a model is given other values than before: planned looks, all tests together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from predictors.training.cohort import Flags, Floats, Integers

ALPHA = 0.05
"""The chance that anything alarms while nothing has changed: all inputs, tests and looks."""

LOOKS = (500, 1000, 2000)
"""At how many patients of the period it is looked; the last look has most of the chance."""

FEWEST = 30
"""Values on each side, with fewer of which a mean is not tested."""

GROUPS = 10
_NORMAL = NormalDist()

Values = Mapping[str, Floats]
"""What each input was, one number a patient in the order they came; NaN where it was missing."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One test of one input at one look; `shift` is in SD of the reference, or in shares."""

    input: str
    test: str
    look: int
    shift: float
    p: float
    limit: float
    psi: float

    @property
    def alarms(self) -> bool:
        """Whether it is beyond what chance would bring."""
        return self.p < self.limit


def drifts(reference: Values, period: Values) -> Iterator[Drift]:
    """Every test of every input that both have, at each look that the period has reached."""
    names = sorted(set(reference) & set(period))
    spent = _spending(len(LOOKS))
    reached = max((len(each) for each in period.values()), default=0)
    for place, look in enumerate(LOOKS):
        if look > reached or not names:
            return
        limit = spent[place] / (2 * len(names))
        for name in names:
            yield from _tested(name, reference[name], period[name][:look], look, limit)


def _tested(name: str, before: Floats, now: Floats, look: int, limit: float) -> Iterator[Drift]:
    index = psi(before, now)
    known, known_now = before[np.isfinite(before)], now[np.isfinite(now)]
    if min(len(known), len(known_now)) >= FEWEST:
        shift, p = _means(known, known_now)
        yield Drift(name, "mean", look, shift, p, limit, index)
    difference, p = _shares(~np.isfinite(before), ~np.isfinite(now))
    yield Drift(name, "missing", look, difference, p, limit, index)


def _means(before: Floats, now: Floats) -> tuple[float, float]:
    """The shift in SD of the reference, and the p of Welch's test, as normal for such numbers."""
    error = float(np.sqrt(before.var(ddof=1) / len(before) + now.var(ddof=1) / len(now)))
    difference = float(now.mean() - before.mean())
    spread = float(before.std(ddof=1))
    if not error:
        return 0.0, float(difference == 0)
    return (difference / spread if spread else 0.0), _two_sided(difference / error)


def _shares(before: Flags, now: Flags) -> tuple[float, float]:
    """The difference of two shares, and its p by the pooled test."""
    pooled = float(before.sum() + now.sum()) / (len(before) + len(now))
    error = (pooled * (1 - pooled) * (1 / len(before) + 1 / len(now))) ** 0.5
    difference = float(now.mean() - before.mean())
    return difference, (_two_sided(difference / error) if error else 1.0)


def _two_sided(z: float) -> float:
    return 2 * _NORMAL.cdf(-abs(z))


def _spending(looks: int) -> Sequence[float]:
    """What each look may spend of ALPHA: O'Brien and Fleming's shape (Lan and DeMets 1983)."""
    quantile = _NORMAL.inv_cdf(1 - ALPHA / 2)
    shares = [LOOKS[place] / LOOKS[-1] for place in range(looks)]
    spent = [2 - 2 * _NORMAL.cdf(quantile / share**0.5) for share in shares]
    return [each - before for each, before in zip(spent, [0.0, *spent], strict=False)]


def psi(before: Floats, now: Floats) -> float:
    """The population stability index over tenths of the reference; NaN where either is empty."""
    known, known_now = before[np.isfinite(before)], now[np.isfinite(now)]
    if not len(known) or not len(known_now):
        return float("nan")
    edges = np.unique(np.quantile(known, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    groups = len(edges) + 1
    first = _share(np.searchsorted(edges, known).astype(np.int64), groups)
    second = _share(np.searchsorted(edges, known_now).astype(np.int64), groups)
    return float(np.sum((second - first) * np.log(second / first)))


def _share(group: Integers, groups: int) -> Floats:
    counts = np.bincount(group, minlength=groups) + 0.5
    shares: Floats = counts / counts.sum()
    return shares
