"""Fits when a patient is unlike those that a model learned from, and counts whom that refuses."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import replace

from predictors.novelty import Novelty, detector
from predictors.training.cohort import Cohort, Flags, Floats
from predictors.training.stay_alerts import in_time, stays_of

HOURS_REFUSED, STAYS_REFUSED = 0.01, 0.04
"""The shares of hours, of either class, and of septic stays that may be refused in training."""

LEAST_KNOWN = 0.01
"""The share of rows of training that know less than the fewest values that are asked for."""

SIDE = 0.025
NORMAL = 1.959964
"""A spread is a side's 95 % range over that of the standard normal distribution."""

NARROWEST = 1e-3
"""The least spread, of a value that is always the same."""

DECIMALS = 6


def fitted(cohort: Cohort, names: Sequence[str]) -> Novelty:
    """The novelty of rows by those of their features of which anyone has a value.

    The limit is the highest of three: not more than HOURS_REFUSED of the hours with the outcome are
    over it, nor of those without, nor more than STAYS_REFUSED of the septic stays in any hour in
    which an alert is in time.
    """
    places = (cohort.features.index(each) for each in names)
    known_in_some = [each for each in places if not np.isnan(cohort.rows[:, each]).all()]
    rows = cohort.rows[:, known_in_some]
    low, middle, high = np.nanquantile(rows, [SIDE, 0.5, 1 - SIDE], axis=0)
    spread = np.maximum((high - low) / (2 * NORMAL), NARROWEST)
    known = np.sum(~np.isnan(rows), axis=1)
    made = Novelty(
        features=tuple(cohort.features[each] for each in known_in_some),
        middle=_rounded(middle),
        below=_rounded(np.maximum((middle - low) / NORMAL, spread / 4)),
        above=_rounded(np.maximum((high - middle) / NORMAL, spread / 4)),
        fewest=int(np.quantile(known, LEAST_KNOWN)),
        limit=0.0,
    )
    scores = detector(made, cohort.features).scores(cohort.rows)
    return replace(made, limit=round(_limit(cohort, scores), DECIMALS))


def refused(cohort: Cohort, novelty: Novelty) -> Flags:
    """Which rows [n] of the cohort are unlike training."""
    return np.asarray(detector(novelty, cohort.features).unlike(cohort.rows))


def _limit(cohort: Cohort, scores: Floats) -> float:
    finite = np.where(np.isfinite(scores), scores, -np.inf)
    classes = (finite[cohort.events], finite[~cohort.events])
    by_hours = [np.quantile(each, 1 - HOURS_REFUSED, method="higher") for each in classes]
    stays = stays_of(cohort)
    worst = np.full(len(stays.rows), -np.inf)
    alert = in_time(cohort)
    np.maximum.at(worst, stays.stay[alert], finite[alert])
    by_stays = np.quantile(worst[stays.septic], 1 - STAYS_REFUSED, method="higher")
    return float(max(*by_hours, by_stays))


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, DECIMALS).tolist())
