"""The lines and bars of a validation's plots."""

import numpy as np

from predictors.training import ranking, survival
from predictors.training.cohort import Cohort, Flags, Floats, Survival
from predictors.training.results import Curve, Histogram

POINTS = 101
BARS = 40
THIRDS = ("lowest third of risk", "middle third of risk", "highest third of risk")


def lines(cohort: Cohort, risk: Floats) -> tuple[Curve, ...]:
    """ROC and precision-recall; of a censored outcome, who had the event over the years."""
    if isinstance(cohort.outcome, Survival):
        return _incidence(cohort.outcome, risk)
    counts = ranking.ranking(cohort.outcome, risk).counts(np.ones(len(risk)))
    others = counts.flagged - counts.events
    sensitivity, false_alarms = counts.events / counts.events[-1], others / others[-1]
    even = np.linspace(0, 1, POINTS)
    few = np.union1d(np.searchsorted(sensitivity, even), np.searchsorted(false_alarms, even))
    some = few[counts.flagged[few] > 0]
    return (
        _curve("roc", false_alarms[few], sensitivity[few]),
        _curve(
            "precision-recall",
            sensitivity[some],
            (counts.events / np.maximum(counts.flagged, 1))[some],
        ),
    )


def _incidence(outcome: Survival, risk: Floats) -> tuple[Curve, ...]:
    third = np.searchsorted(np.quantile(risk, [1 / 3, 2 / 3]), risk)
    years = np.linspace(0, np.quantile(outcome.years, 0.9), POINTS)
    by = [survival.incidence(outcome, year) for year in years.tolist()]
    return tuple(
        _curve(name, years, np.array([share((third == number) * 1.0) for share in by]))
        for number, name in enumerate(THIRDS)
    )


def _curve(name: str, x: Floats, y: Floats) -> Curve:
    return Curve(name, tuple(x.tolist()), tuple(y.tolist()))


def histogram(events: Flags, risk: Floats) -> Histogram:
    """Bars of equal width up to the highest risk."""
    edges = np.linspace(0, max(float(risk.max()), 1e-9), BARS + 1)
    with_event, without = (np.histogram(risk[of], edges)[0].tolist() for of in (events, ~events))
    return Histogram(tuple(edges.tolist()), tuple(with_event), tuple(without))
