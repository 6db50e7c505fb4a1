"""Every measure of a predicted risk on one set of rows, for any weights of the rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from predictors.training import calibration, ranking, survival, utility
from predictors.training.cohort import Cohort, Flags, Floats, Integers, Survival
from predictors.training.decision import Flagged
from predictors.training.ranking import Counts, Ranking


@dataclass(frozen=True, slots=True)
class Predicted:
    """The calibrated margin of each row and its risk, both [n]."""

    margin: Floats
    risk: Floats

    def take(self, chosen: Flags | Integers) -> "Predicted":
        """The chosen rows."""
        return Predicted(self.margin[chosen], self.risk[chosen])


class Sample(Protocol):
    """A predicted risk beside what was observed, each row as often as its weight says."""

    def discrimination(self) -> dict[str, float]:
        """How well the risk orders."""

    def agreement(self) -> dict[str, float]:
        """How well the risk agrees in size."""

    def flagged(self, threshold: float) -> Flagged:
        """Whom the threshold flags."""

    def observed(self, groups: Integers) -> Floats:
        """The observed risk in each group of rows (0, 1, ...)."""


Sampling = Callable[[Floats], Sample]
"""The sample of given row weights [n]."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The risk of an outcome that is known of every row; `cells` are rows of about one margin."""

    outcome: Flags
    predicted: Predicted
    ranking: Ranking
    groups: Integers
    cells: Integers
    margins: Floats

    def __call__(self, weights: Floats) -> Sample:
        """The sample of these row weights."""
        return _SeenSample(self, weights, self.ranking.counts(weights))


def _seen(outcome: Flags, predicted: Predicted) -> Seen:
    ranked = ranking.ranking(outcome, predicted.risk)
    cells, groups = ranked.cells(), calibration.equal_groups(predicted.risk)
    rows = np.diff(ranked.counts(np.ones(len(outcome))).flagged[cells])
    margins = np.diff(ranked.sums(predicted.margin)[cells]) / rows
    return Seen(outcome, predicted, ranked, groups, cells, margins)


@dataclass(frozen=True, slots=True)
class _SeenSample:
    of: Seen
    weights: Floats
    counts: Counts

    def discrimination(self) -> dict[str, float]:
        return ordering(self.counts)

    def agreement(self) -> dict[str, float]:
        outcome, risk, margins = self.of.outcome, self.of.predicted.risk, self.of.margins
        cells = self.of.cells
        events, rows = np.diff(self.counts.events[cells]), np.diff(self.counts.flagged[cells])
        found = calibration.fitted(events, rows, margins)
        expected = calibration.observed_to_expected(outcome, risk, self.weights)
        ece = calibration.expected_calibration_error(
            outcome, risk, self.weights, groups=self.of.groups
        )
        return {
            "brier": calibration.brier(outcome, risk, self.weights),
            "slope": found.slope,
            "intercept": found.intercept,
            "in_the_large": calibration.in_the_large(events, rows, margins),
            "observed_to_expected": expected,
            "ece": ece,
        }

    def flagged(self, threshold: float) -> Flagged:
        place = self.of.ranking.place(threshold)
        events, chosen = self.counts.events, float(self.counts.flagged[place])
        everyone = float(self.counts.flagged[-1])
        ppv = float(events[place]) / chosen if chosen else float("nan")
        return Flagged(chosen / everyone, ppv, float(events[-1]) / everyone)

    def observed(self, groups: Integers) -> Floats:
        rows = np.bincount(groups, self.weights)
        events = np.bincount(groups, self.weights * self.of.outcome)
        with np.errstate(invalid="ignore"):  # a resample may hold nobody of a group
            rate: Floats = events / rows
        return rate


@dataclass(frozen=True, slots=True)
class Censored:
    """The risk of an event by the horizon (years), whose time may be censored."""

    survival: Survival
    predicted: Predicted
    horizon: float
    incidence: Callable[[Floats], float]
    groups: Integers

    def __call__(self, weights: Floats) -> Sample:
        """The sample of these row weights."""
        return _CensoredSample(self, weights, self.incidence(weights))


@dataclass(frozen=True, slots=True)
class _CensoredSample:
    of: Censored
    weights: Floats
    incidence: float

    def discrimination(self) -> dict[str, float]:
        risk = self.of.predicted.risk
        return {"c_index": survival.harrell_c(self.of.survival, risk, self.weights)}

    def agreement(self) -> dict[str, float]:
        margin, horizon = self.of.predicted.margin, self.of.horizon
        seen, weights = self.of.survival, self.weights
        found = survival.fitted(seen, margin, weights, horizon=horizon)
        expected = float(weights @ self.of.predicted.risk / weights.sum())
        return {
            "slope": found.slope,
            "intercept": found.intercept,
            "in_the_large": survival.in_the_large(seen, margin, weights, horizon=horizon),
            "observed_to_expected": self.incidence / expected,
            "ece": self._distance(),
        }

    def flagged(self, threshold: float) -> Flagged:
        chosen = self.weights * (self.of.predicted.risk >= threshold)
        share = float(chosen.sum() / self.weights.sum())
        ppv = self.of.incidence(chosen) if share else float("nan")
        missed = self._missed(chosen) if share < 1 else 0.0
        return Flagged(share, ppv, (share * ppv if share else 0.0) + missed)

    def _missed(self, chosen: Floats) -> float:
        others = self.weights - chosen
        return float(others.sum() / self.weights.sum()) * self.of.incidence(others)

    def observed(self, groups: Integers) -> Floats:
        each = (self.weights * (groups == group) for group in range(int(groups.max()) + 1))
        return np.array([self.of.incidence(chosen) for chosen in each])

    def _distance(self) -> float:
        rows = np.bincount(self.of.groups, self.weights)
        total = np.bincount(self.of.groups, self.weights * self.of.predicted.risk)
        held = rows > 0
        apart = np.abs(self.observed(self.of.groups)[held] - total[held] / rows[held])
        return float(rows[held] @ apart / rows.sum())


def sampling(cohort: Cohort, predicted: Predicted, *, horizon: float) -> Sampling:
    """The predicted risk of the cohort's rows, by `horizon` years if the outcome has a time.

    Calibration error is over tenths of the rows by risk, or fifths where observation is censored.
    """
    if not isinstance(cohort.outcome, Survival):
        return _seen(cohort.outcome, predicted)
    groups = calibration.equal_groups(predicted.risk, 5)
    incidence = survival.incidence(cohort.outcome, horizon)
    return Censored(cohort.outcome, predicted, horizon, incidence, groups)


def ordering(counts: Counts) -> dict[str, float]:
    """AUROC, AUPRC and min(sensitivity, PPV)."""
    return {
        "auroc": ranking.auroc(counts),
        "auprc": ranking.auprc(counts),
        "min_se_ppv": ranking.least_of_sensitivity_and_ppv(counts),
    }


def discrimination(cohort: Cohort, score: Floats) -> Callable[[Floats], dict[str, float]]:
    """How well any score [n], higher is riskier, orders the cohort's rows, for row weights."""
    outcome = cohort.outcome
    if isinstance(outcome, Survival):
        return lambda weights: {"c_index": survival.harrell_c(outcome, score, weights)}
    ranked = ranking.ranking(outcome, score)
    return lambda weights: ordering(ranked.counts(weights))


def challenge_utility(cohort: Cohort, risk: Floats) -> Callable[[Floats, float], float] | None:
    """The CinC 2019 utility by row weights and threshold; None for a cohort without hours."""
    if cohort.hours is None:
        return None
    gained = utility.gains(cohort)
    return lambda weights, threshold: utility.normalised(gained, risk >= threshold, weights)


def patients_flagged(patients: Integers, risk: Floats) -> Callable[[Floats, float], float] | None:
    """How many of 100 patients a threshold flags at least once, by row weights and threshold.

    None where each patient has one row.
    """
    if len(np.unique(patients)) == len(patients):
        return None
    rising = np.argsort(risk, kind="stable")
    _, last = np.unique(patients[rising][::-1], return_index=True)
    riskiest = rising[::-1][last]
    return lambda weights, threshold: float(
        100.0 * weights[riskiest] @ (risk[riskiest] >= threshold) / weights[riskiest].sum()
    )
