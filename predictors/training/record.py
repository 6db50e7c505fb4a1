"""What a manifest says of training and of its validation: data, metrics, thresholds, risks."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from msgspec.structs import replace

from predictors.manifest import Metric, Observed, Threshold, Training
from predictors.training.cohort import Cohort, Flags, Floats, Survival
from predictors.training.intervals import Estimate
from predictors.training.results import AtThreshold, Validation
from predictors.training.survival import incidence

STEPS = (0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.98, 0.99)
"""The shares of rows, by rising risk, between which observed risks are told apart."""

ABOVE_ALL = 1.01


def training(cohort: Cohort, *, data: str, sha256: str, seed: int) -> Training:
    """Whom a model was fitted to: the rows of the cohort, from the data of that name and hash."""
    return Training(
        data=data,
        sha256=sha256,
        rows=len(cohort),
        events=int(cohort.events.sum()),
        patients=len(np.unique(cohort.patients)),
        seed=seed,
    )


def metrics(validation: Validation, cohort: str) -> tuple[Metric, ...]:
    """Each measure on that cohort ("internal", or the name of another set), and by subgroup."""
    return tuple(_metrics(validation, cohort))


def _metrics(validation: Validation, cohort: str) -> Iterator[Metric]:
    for name, estimate in validation.measures.items():
        made = _metric(cohort, name, estimate, n=validation.rows, events=validation.events)
        yield from made
    for group in validation.subgroups:
        events = group.patients_with_event or 0
        for name, estimate in group.measures.items():
            made = _metric(cohort, name, estimate, n=group.patients, events=events)
            yield from (replace(each, subgroup=f"{group.by}={group.label}") for each in made)


def _metric(
    cohort: str, name: str, estimate: Estimate, *, n: int, events: int
) -> tuple[Metric, ...]:
    """None for a number that cannot be computed."""
    found = (estimate.value, estimate.low, estimate.high)
    if not np.isfinite(found).all():
        return ()
    value, low, high = (round(each, 4) for each in found)
    return (Metric(cohort=cohort, name=name, value=value, low=low, high=high, n=n, events=events),)


def threshold_at(risk: Floats, alerts_per_100: float) -> float:
    """The risk from which that many of 100 rows are flagged: an alert budget."""
    return float(np.quantile(risk, 1 - alerts_per_100 / 100))


def thresholds(validation: Validation) -> tuple[Threshold, ...]:
    """What each of the model's own thresholds meant in the validation."""
    return tuple(_threshold(each) for each in validation.thresholds if each.own)


def _threshold(found: AtThreshold) -> Threshold:
    named = ("sensitivity", "ppv", "nne", "alerts_per_100")
    sensitivity, ppv, nne, alerts = (round(found.measures[name].value, 4) for name in named)
    return Threshold(
        name=found.name,
        risk=found.risk,
        sensitivity=sensitivity,
        ppv=ppv,
        nne=nne,
        alerts_per_100=alerts,
    )


def observed(cohort: Cohort, risk: Floats, *, horizon: float = 0.0) -> tuple[Observed, ...]:
    """How many had the outcome by predicted risk, in steps that narrow towards the highest.

    `events` of a censored outcome are those expected by the horizon (years) had all been watched.
    """
    edges = np.unique(np.quantile(risk, STEPS))
    edges = edges[edges > risk.min()]
    step = np.searchsorted(edges, risk, side="right")
    limits = [0.0, *edges.tolist(), ABOVE_ALL]
    return tuple(
        Observed(
            low=low,
            high=high,
            n=int((step == place).sum()),
            events=_events(cohort, step == place, horizon),
        )
        for place, (low, high) in enumerate(pairwise(limits))
    )


def _events(cohort: Cohort, chosen: Flags, horizon: float) -> int:
    if not isinstance(cohort.outcome, Survival):
        return int(cohort.events[chosen].sum())
    share = incidence(cohort.outcome, horizon)(chosen.astype(np.float64))
    return round(share * int(chosen.sum()))
