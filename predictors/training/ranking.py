"""How well a risk orders events before others: counts at every threshold, and what follows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from predictors.training.cohort import Flags, Floats, Integers

CELLS = 4096

Measure: TypeAlias = Callable[[Floats], float]
"""A number for any weights of the rows [n]."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Weights of the events and of all rows at or above each distinct risk, from the highest down.

    Both start with a 0, above every risk, and end with the total.
    """

    events: Floats
    flagged: Floats


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows in order of falling risk; `ends` is past the last row of each distinct risk."""

    risks: Floats
    order: Integers
    ends: Integers
    outcome: Flags

    def counts(self, weights: Floats) -> Counts:
        """Counts rows, each as often as `weights` [n] says."""
        ordered = weights[self.order]
        return Counts(self._sums(np.where(self.outcome, ordered, 0.0)), self._sums(ordered))

    def sums(self, amounts: Floats) -> Floats:
        """Sums amounts [n] of all rows at or above each distinct risk, after a 0."""
        return self._sums(amounts[self.order])

    def _sums(self, ordered: Floats) -> Floats:
        summed: Floats = np.concatenate(([0.0], np.cumsum(ordered)))[self.ends]
        return summed

    def place(self, threshold: float) -> int:
        """The position in counts of all rows whose risk is at or above the threshold."""
        return int(np.searchsorted(-self.risks, -threshold, side="right"))

    def cells(self) -> Integers:
        """Positions in counts that part the rows into at most 4,096 cells of neighbouring risk.

        With fewer distinct risks each has its own cell.
        """
        if len(self.risks) <= CELLS:
            return np.arange(len(self.ends))
        even = np.linspace(0, self.ends[-1], CELLS + 1)
        return np.unique(np.searchsorted(self.ends, even))


def ranking(outcome: Flags, risk: Floats) -> Ranking:
    """Ranks rows by risk; equal risks share a threshold."""
    order = np.argsort(-risk, kind="stable")
    falling = risk[order]
    ends = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)) + 1
    return Ranking(falling[ends - 1], order, np.append(0, ends), outcome[order])


def auroc(counts: Counts) -> float:
    """The share of pairs in which the event has the higher risk, ties as half."""
    others = counts.flagged - counts.events
    area = float(np.trapezoid(counts.events, others))
    return _ratio(area, float(counts.events[-1] * others[-1]))


def auprc(counts: Counts) -> float:
    """Average precision: PPV at each threshold, weighted by the events that it adds."""
    ppv = counts.events[1:] / np.maximum(counts.flagged[1:], 1e-300)
    return _ratio(float(np.sum(ppv * np.diff(counts.events))), float(counts.events[-1]))


def least_of_sensitivity_and_ppv(counts: Counts) -> float:
    """The best that the lesser of sensitivity and PPV becomes at any threshold (CinC 2012)."""
    if not counts.events[-1]:
        return float("nan")
    ppv = counts.events[1:] / np.maximum(counts.flagged[1:], 1e-300)
    return float(np.max(np.minimum(counts.events[1:] / counts.events[-1], ppv)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
