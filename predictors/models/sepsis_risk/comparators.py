"""What the sepsis model is shown beside: bedside scores of the same hours, for all rows at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np

from predictors.hourly import Floats, latest, windows
from predictors.models.sepsis_risk.features import VARIABLES
from predictors.scores import news2

ACUTE_HOURS, WBC_HOURS, PACO2_HOURS = 12, 24, 6
NAMES = ("NEWS2 without AVPU", "SIRS", "qSOFA without GCS")
USED = ("heart_rate", "spo2", "temperature", "sbp", "resp_rate", "fio2", "paco2", "wbc")
"""The variables that the scores are of; consciousness is not in the data."""

OXYGEN = 2.0
AIR = 21.0
STAYS_AT_ONCE = 500


def comparators(history: Floats, bounds: Sequence[int]) -> Mapping[str, Floats]:
    """The scores [rows] of stays between bounds, by name; NaN where none of a score is known.

    Each is of the newest values within their acute look-back, what is not known adding nothing.
    """
    scores = np.concatenate(list(_scores(history, bounds)))
    return dict(zip(NAMES, scores.T, strict=True))


def scored(values: Mapping[str, Floats]) -> Floats:
    """The three scores [n, 3] of the newest values [n] of each variable used."""
    vital = [~np.isnan(values[name]) for name in ("resp_rate", "spo2", "sbp", "heart_rate")]
    sirs_known = [~np.isnan(values[name]) for name in ("temperature", "heart_rate", "resp_rate")]
    sirs_known.append(~np.isnan(values["wbc"]))
    cold = _half_up(values["temperature"], 1) <= news2.COLD
    known = (np.any([*vital, cold], axis=0), np.any(sirs_known, axis=0), vital[0] | vital[2])
    points = (_news2(values), _sirs(values), _qsofa(values))
    return np.stack([np.where(k, p, np.nan) for k, p in zip(known, points, strict=True)], axis=1)


def _scores(history: Floats, bounds: Sequence[int]) -> Iterator[Floats]:
    for start in range(0, len(bounds) - 1, STAYS_AT_ONCE):
        some = bounds[start : start + STAYS_AT_ONCE + 1]
        grids = [windows(history[a:b], hours=WBC_HOURS) for a, b in pairwise(some)]
        yield scored(_newest(np.concatenate(grids)))


def _newest(grids: Floats) -> Mapping[str, Floats]:
    column = {each.name: place for place, each in enumerate(VARIABLES)}
    hours = dict.fromkeys(USED, ACUTE_HOURS) | {"wbc": WBC_HOURS, "paco2": PACO2_HOURS}
    return {name: latest(grids[:, -hours[name] :, [column[name]]])[:, 0] for name in USED}


def _news2(values: Mapping[str, Floats]) -> Floats:
    return (
        _banded(_half_up(values["resp_rate"]), news2.RESP_RATE)
        + _banded(_half_up(values["spo2"]), news2.SPO2_SCALE_1)
        + OXYGEN * (values["fio2"] > AIR)
        + _banded(_half_up(values["sbp"]), news2.SBP)
        + _banded(_half_up(values["heart_rate"]), news2.HEART_RATE)
        + _banded(_half_up(values["temperature"], 1), news2.TEMPERATURE)
    )


def _sirs(values: Mapping[str, Floats]) -> Floats:
    breathing = (values["resp_rate"] > 20) | (values["paco2"] < 32)
    temperature, wbc = values["temperature"], values["wbc"]
    met = (
        (temperature < 36) | (temperature > 38),
        values["heart_rate"] > 90,
        breathing,
        (wbc < 4) | (wbc > 12),
    )
    return np.asarray(np.sum(met, axis=0, dtype=np.float64))


def _qsofa(values: Mapping[str, Floats]) -> Floats:
    met = (values["resp_rate"] >= 22, values["sbp"] <= 100)
    return np.asarray(np.sum(met, axis=0, dtype=np.float64))


def _banded(values: Floats, bands: Sequence[tuple[float, int]]) -> Floats:
    """The points of each value's band; 0 for NaN."""
    limits, points = zip(*bands, strict=True)
    found = np.array(points, dtype=np.float64)[np.searchsorted(limits, np.nan_to_num(values))]
    return np.where(np.isnan(values), 0.0, found)


def _half_up(values: Floats, digits: int = 0) -> Floats:
    scale = 10.0**digits
    return np.asarray(np.floor(values * scale + 0.5) / scale)
