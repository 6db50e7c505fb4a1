"""What a threshold means at the bedside: alerts a patient-day, and septic stays found in time.

The label is that of the PhysioNet/CinC Challenge 2019, doi:10.1097/CCM.0000000000004145: true from
six hours before the onset of sepsis. A stay whose label is true in its first hour has no known
onset and is counted apart. Nothing here reads when a record ends: those of septic patients end soon
after the onset. Hours at or after the onset are left out, as nobody needs an alert then.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from predictors.training.cohort import Cohort, Flags, Floats, Integers

LABEL_LEADS = 6
"""The hours by which the label comes before the onset."""

EARLIEST, LATEST = 12, 3
"""An alert from so many to so many hours before the onset is in time: earlier it is no help, later
the treatment has begun."""

SILENT_HOURS = 6
"""After an alert no other is raised for the same patient for so many hours."""

HOURS_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Stays:
    """The hours [n] of stays: which stay, which hour, and the hours left until the onset.

    `until` is infinite without sepsis, `watched` are the hours that count, `rows` the first row of
    each stay [stays], `septic` whether its onset is known and `unknown` whether it is septic from
    the first hour on.
    """

    stay: Integers
    hours: Integers
    until: Floats
    watched: Flags
    rows: Integers
    septic: Flags
    unknown: Flags


def stays_of(cohort: Cohort) -> Stays:
    """The stays of a cohort; ValueError for one without stays and hours."""
    if cohort.stays is None or cohort.hours is None:
        raise ValueError("alerts by stay need the stay and hour of each row")
    _, rows, stay = np.unique(cohort.stays, return_index=True, return_inverse=True)
    first = np.full(len(rows), np.inf)
    np.minimum.at(first, stay[cohort.events], cohort.hours[cohort.events])
    unknown = first <= cohort.hours[rows]
    until: Floats = first[stay] + LABEL_LEADS - cohort.hours
    watched = ~unknown[stay] & (until > 0)
    return Stays(
        stay.astype(np.int64),
        cohort.hours,
        until,
        watched,
        rows.astype(np.int64),
        np.isfinite(first) & ~unknown,
        unknown,
    )


def in_time(cohort: Cohort) -> Flags:
    """The hours [n] of septic stays in which an alert is in time."""
    return _in_time(stays_of(cohort))


def _in_time(stays: Stays) -> Flags:
    return stays.watched & (stays.until <= EARLIEST) & (stays.until >= LATEST)


def raised(stays: Stays, flagged: Flags) -> Flags:
    """The flagged hours [n] in which an alert is raised: those after SILENT_HOURS without one."""
    made, last = np.zeros(len(flagged), dtype=np.bool_), np.full(len(stays.rows), -np.inf)
    places = np.flatnonzero(flagged & stays.watched)
    where, when = stays.stay[places].tolist(), stays.hours[places].tolist()
    for place, stay, hour in zip(places.tolist(), where, when, strict=True):
        if hour >= last[stay] + SILENT_HOURS:
            made[place], last[stay] = True, hour
    return made


def threshold_for(cohort: Cohort, risk: Floats, budget: float) -> float:
    """The lowest risk from which no more alerts are raised than `budget` in 100 patient-days."""
    stays = stays_of(cohort)
    days = stays.watched.sum() / HOURS_A_DAY
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        many = raised(stays, risk >= middle).sum() > budget * days / 100
        low, high = (middle, high) if many else (low, middle)
    return high


Measured = Callable[[Floats], dict[str, float]]
"""Measures by name, for the weights of the rows [n]."""


def measuring(cohort: Cohort, risk: Floats, threshold: float) -> Measured:
    """What the threshold means for stays, for any weights of the rows (the same within a stay)."""
    stays = stays_of(cohort)
    alert = raised(stays, risk >= threshold)
    alerts, watched = _by_stay(stays, alert), _by_stay(stays, stays.watched)
    true = _by_stay(stays, alert & (stays.until <= EARLIEST))
    timely = alert & _in_time(stays)
    lead = np.zeros(len(stays.rows))
    np.maximum.at(lead, stays.stay[timely], stays.until[timely])
    alerted = alerts > 0

    def measures(weights: Floats) -> dict[str, float]:
        each = weights[stays.rows]
        found = each * (lead > 0)
        return {
            "stay_sensitivity": _share(each, stays.septic & (lead > 0), stays.septic),
            "stay_ppv": _share(each, alerted & stays.septic, alerted),
            "alert_ppv": _share(each, true, alerts),
            "alerts_per_100_patient_days": 100 * HOURS_A_DAY * _share(each, alerts, watched),
            "lead_low": _quantile(lead, found, 0.25),
            "lead": _quantile(lead, found, 0.5),
            "lead_high": _quantile(lead, found, 0.75),
        }

    return measures


def _by_stay(stays: Stays, chosen: Flags) -> Floats:
    counts = np.bincount(stays.stay, chosen, minlength=len(stays.rows))
    return counts.astype(np.float64)


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """The least value with that share of the weights at or below it; NaN without any weight."""
    if not weights.any():
        return float("nan")
    order = np.argsort(values, kind="stable")
    summed = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(summed, share * summed[-1])])


def _share(weights: Floats, part: Floats | Flags, whole: Floats | Flags) -> float:
    """The weighted sum of a part over that of the whole; NaN where the whole is nothing."""
    total = float(weights @ whole)
    return float(weights @ part) / total if total else float("nan")
