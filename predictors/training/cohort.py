"""The patients that a model learns from or is validated on, as arrays of equal length."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
Integers: TypeAlias = NDArray[np.int64]
Labels: TypeAlias = NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class Survival:
    """Years until the event where `event` is true, or until the end of observation; both [n]."""

    years: Floats
    event: Flags


Outcome: TypeAlias = Flags | Survival
"""Whether it happened, or when."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Assessments, one a row; a patient may have several.

    `patients` [n] numbers the patient of each row: what is split and resampled together. `rows` is
    [n, len(features)], NaN where missing. `subgroups` are labels [n] by what they divide by ("age",
    "sex", "race"), "" where not given. `comparators` are other scores [n] of the same rows, higher
    is riskier, NaN where not computable. `stays` and `hours` [n] place hourly rows: every hour of a
    stay has a row, in order. `cuts` are the scores from which comparators are acted on, by name.
    Raises ValueError if the lengths differ.
    """

    name: str
    features: tuple[str, ...]
    patients: Integers
    rows: Floats
    outcome: Outcome
    subgroups: Mapping[str, Labels] = field(default_factory=dict)
    comparators: Mapping[str, Floats] = field(default_factory=dict)
    stays: Integers | None = None
    hours: Integers | None = None
    cuts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        columns = (self.patients, self.events, *self.subgroups.values(), *self.comparators.values())
        placed = (each for each in (self.stays, self.hours) if each is not None)
        if any(len(each) != len(self) for each in (*columns, *placed)):
            raise ValueError("a cohort's arrays differ in length")
        if self.rows.shape != (len(self), len(self.features)):
            raise ValueError("a cohort's rows need a column for each feature")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def events(self) -> Flags:
        """Whether the outcome was seen, by row; of a survival cohort, at any time."""
        return self.outcome.event if isinstance(self.outcome, Survival) else self.outcome

    def compared(self, scores: Mapping[str, Floats], *, cuts: Mapping[str, float]) -> "Cohort":
        """The cohort with further comparators, and the scores from which they are acted on."""
        return replace(self, comparators={**self.comparators, **scores}, cuts={**self.cuts, **cuts})

    def take(self, chosen: Flags | Integers, name: str = "") -> "Cohort":
        """The chosen rows, by mask or by number, as a cohort called `name` (as this one if "")."""
        return replace(
            self,
            name=name or self.name,
            patients=self.patients[chosen],
            rows=self.rows[chosen],
            outcome=_taken(self.outcome, chosen),
            subgroups={by: labels[chosen] for by, labels in self.subgroups.items()},
            comparators={by: scores[chosen] for by, scores in self.comparators.items()},
            stays=None if self.stays is None else self.stays[chosen],
            hours=None if self.hours is None else self.hours[chosen],
        )


def survival_of(cohort: Cohort) -> Survival:
    """The cohort's outcome, which has a time; TypeError if it has none."""
    if not isinstance(cohort.outcome, Survival):
        raise TypeError("the outcome has no time")
    return cohort.outcome


def _taken(outcome: Outcome, chosen: Flags | Integers) -> Outcome:
    if isinstance(outcome, Survival):
        return Survival(outcome.years[chosen], outcome.event[chosen])
    return outcome[chosen]


def part(patients: Integers, parts: int, *, seed: int = 0) -> Integers:
    """Which of `parts` (0, 1, ...) each row falls into: all rows of a patient into one.

    A hash of the patient's number decides (SplitMix64), so that a patient stays in their part
    whoever else is in the data. For folds of cross-validation give each its own `seed`.
    """
    mixed = patients.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed % np.uint64(parts)).astype(np.int64)


AGE_BANDS = ((0, "0-19"), (20, "20-39"), (40, "40-59"), (60, "60-79"), (80, "80 and over"))
"""The age in years from which each band counts; data that give ages by decade fit them."""


def age_bands(years: Floats) -> Labels:
    """The band of each age in years; "" where the age is NaN."""
    starts = [start for start, _ in AGE_BANDS]
    labels = np.array([*(label for _, label in AGE_BANDS), ""])
    band = np.searchsorted(starts, years, side="right") - 1
    chosen: Labels = labels[np.where(np.isnan(years), len(AGE_BANDS), np.maximum(band, 0))]
    return chosen
