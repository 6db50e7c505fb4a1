"""The utility of the PhysioNet/CinC Challenge 2019, doi:10.1097/CCM.0000000000004145.

An alarm for a patient who becomes septic earns most six hours before onset, less earlier and later,
and nothing earlier than twelve hours before; each false alarm costs 0.05, each hour missed up to 2.
"""

import numpy as np

from predictors.training.cohort import Cohort, Flags, Floats, Integers

EARLIEST, BEST, LATEST = -12, -6, 3
"""Hours from onset between which an alarm is worth something, and when it is worth most."""
FALSE_ALARM, MISSED, FOUND = -0.05, -2.0, 1.0


def gains(cohort: Cohort) -> Floats:
    """What an alarm in each row adds to staying silent, [n].

    Labels are as the challenge gives them: true from six hours before onset on.
    Raises ValueError without stays and hours.
    """
    if cohort.stays is None or cohort.hours is None:
        raise ValueError("the challenge's utility needs the stay and hour of each row")
    return _gains(cohort.events, cohort.stays, cohort.hours)


def _gains(labels: Flags, stays: Integers, hours: Integers) -> Floats:
    _, stay = np.unique(stays, return_inverse=True)
    first = np.full(stay.max(initial=-1) + 1, np.inf)
    np.minimum.at(first, stay[labels], hours[labels])
    septic = np.isfinite(first)[stay]
    after_onset = np.where(septic, hours - first[stay] + BEST, 0.0)
    worth = np.where(septic, alarm(after_onset) - _silence(after_onset), FALSE_ALARM)
    return np.where(septic & (after_onset > LATEST), 0.0, worth)


def alarm(after_onset: Floats) -> Floats:
    """What an alarm so many hours after the onset earns, by itself; before it they are negative."""
    rising = FOUND * (after_onset - EARLIEST) / (BEST - EARLIEST)
    falling = FOUND * (LATEST - after_onset) / (LATEST - BEST)
    return np.where(after_onset <= BEST, np.maximum(rising, FALSE_ALARM), falling)


def _silence(after_onset: Floats) -> Floats:
    falling = MISSED * (after_onset - BEST) / (LATEST - BEST)
    return np.where(after_onset <= BEST, 0.0, falling)


def normalised(gained: Floats, alarms: Flags, weights: Floats) -> float:
    """The share of the best possible gain over silence that the alarms earn: 1 is perfect."""
    best = float(weights @ np.maximum(gained, 0.0))
    return float(weights @ (gained * alarms)) / best if best else float("nan")
