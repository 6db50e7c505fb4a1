"""What the model reads off the first 48 hours in intensive care: pure numpy, trained as served."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from predictors.hourly import (
    Floats,
    Variable,
    deviation,
    grid,
    highest,
    hours_before,
    hours_since,
    latest,
    lowest,
    mean,
    rounded,
    slope,
)
from predictors.predictor import Series, Value
from predictors.tree_model import Feature

HOURS = 48
"""The model is of these hours, and may be asked until LATEST hours after admission to the ICU."""

LATEST = 72
BINS = HOURS + 1
"""The oldest bin is the very moment of admission."""

SECONDS_A_DAY = 86400
OLDEST = 90.0
"""The age to which the training data set every age above 89."""

VARIABLES = (
    Variable("heart_rate", 2),
    Variable("sbp", 2),
    Variable("dbp", 2),
    Variable("map", 2),
    Variable("resp_rate", 2),
    Variable("temperature", 3),
    Variable("gcs_total", 0),
    Variable("fio2", 2),
    Variable("pao2", 2),
    Variable("paco2", 2),
    Variable("ph", 4),
    Variable("creatinine", 4),
    Variable("bun", 2),
    Variable("potassium", 3),
    Variable("bicarbonate", 2),
    Variable("glucose", 2),
    Variable("hematocrit", 3),
    Variable("platelets", 2),
    Variable("bilirubin_total", 4),
    Variable("alp", 2),
    Variable("albumin", 3),
    Variable("lactate", 3),
    Variable("magnesium", 3),
    Variable("peep", 2),
    Variable("urine_output", 1),
)
"""The columns of the grid. Of PEEP only matters when it was charted: it tells who is ventilated."""

PLACE = {each.name: place for place, each in enumerate(VARIABLES)}
DERIVED = {
    "shock_index": "heart_rate",
    "pulse_pressure": "sbp",
    "pf_ratio": "pao2",
    "coma": "gcs_total",
}
"""Further columns, made of measurements of about the same time, and who is credited."""

COLUMNS = (*PLACE, *DERIVED)
PRESSURE_HOURS, GCS_HOURS, FIO2_HOURS = 2, 8, 12
"""For how long a blood pressure, a coma score and an oxygen fraction stand for later hours."""

COMA = 8

Summary: TypeAlias = Callable[[Floats], Floats]
"""Reads one number a stay and column off grids [n, hours, columns]."""


def _first(grids: Floats) -> Floats:
    return latest(grids[:, ::-1])


def _total(grids: Floats) -> Floats:
    """The sum of the hours measured; NaN without any."""
    summed = np.add.accumulate(np.nan_to_num(grids), axis=1)[:, -1]
    return np.where(np.isnan(grids).all(axis=1), np.nan, summed)


def _span(grids: Floats) -> Floats:
    """Hours from the first measured hour to the last."""
    span: Floats = grids.shape[1] - 1 - hours_since(grids[:, ::-1]) - hours_since(grids)
    return span


def _driest(grids: Floats) -> Floats:
    """The least sum of any 12 hours on end."""
    summed = np.add.accumulate(np.nan_to_num(grids), axis=1)
    before = np.concatenate([np.zeros_like(summed[:, :1]), summed[:, :-12]], axis=1)
    least: Floats = np.minimum.reduce(summed[:, 11:] - before, axis=1)
    return np.where(np.isnan(grids).all(axis=1), np.nan, least)


SUMMARIES: Mapping[str, Summary] = {
    "first": _first,
    "last": latest,
    "min": lowest,
    "max": highest,
    "mean": mean,
    "sd": deviation,
    "slope": slope,
    "change": lambda grids: latest(grids) - _first(grids),
    "ratio": lambda grids: latest(grids) / _first(grids),
    "total": _total,
    "driest": _driest,
    "span": _span,
    "since": hours_since,
}
PARTS = {
    "day1_": slice(0, 25),
    "day2_": slice(25, BINS),
    "late_": slice(37, BINS),
    "": slice(0, BINS),
}
"""The hours that a summary is of: all, either day, or the last 12; "" is the prefix of any name."""

READ: Mapping[str, str] = {
    "gcs_total": "last max mean sd slope change day1_max day2_min day2_max day2_mean day2_slope "
    "late_min late_mean late_max",
    "coma": "mean day2_mean",
    "urine_output": "total max driest day1_total day2_total late_total",
    "peep": "span since",
    "bun": "first last min max mean ratio",
    "creatinine": "min mean sd ratio",
    "shock_index": "last min max mean day2_min day2_max day2_mean late_mean",
    "pulse_pressure": "last min mean day2_mean late_mean",
    "heart_rate": "last day2_max late_max",
    "sbp": "first min mean day1_min day1_mean day2_min day2_mean late_min late_mean",
    "dbp": "min day1_min day1_mean late_mean late_max",
    "map": "min day2_min",
    "temperature": "last min mean day2_min day2_mean day2_max late_min late_mean late_max",
    "resp_rate": "mean slope day1_min day1_mean day1_max",
    "fio2": "last mean sd slope day1_mean day2_min day2_mean day2_sd day2_slope late_min "
    "late_mean late_max",
    "pao2": "first max slope change ratio",
    "pf_ratio": "mean",
    "paco2": "mean max",
    "ph": "mean",
    "bicarbonate": "last mean",
    "lactate": "first last min day2_min day2_mean day2_max",
    "platelets": "first max mean sd slope change",
    "bilirubin_total": "first last min mean",
    "alp": "first last min max mean",
    "albumin": "first min max mean",
    "potassium": "sd slope",
    "glucose": "max sd",
    "hematocrit": "max",
    "magnesium": "sd",
}
"""Which summaries of which column: those that boosted trees chose in set a of the challenge."""


ASKED: Mapping[str, Sequence[str]] = {
    name: [column for column in READ if name in READ[column].split()]
    for name in dict.fromkeys(name for names in READ.values() for name in names.split())
}
"""The columns of each summary."""


def _features() -> Iterator[Feature]:
    for column, names in READ.items():
        for name in names.split():
            yield Feature(f"{column}_{name}", DERIVED.get(column, column))
    yield Feature("urine_per_kg", "urine_output")
    yield Feature("urine_per_kg_day2", "urine_output")
    yield Feature("bun_over_creatinine", "bun")
    yield Feature("weight", "weight")
    yield Feature("age", "age")


FEATURES = tuple(_features())
"""The columns of a row; one made of two inputs is credited to the first that its name says."""


def features(grids: Floats, weight: Floats, age: Floats) -> Floats:
    """The rows [n, features] of grids [n, BINS, VARIABLES], weights in kg and ages in years [n]."""
    grids = _with_map(grids)
    whole = np.concatenate([grids, _derived(grids)], axis=2)
    read = {name: each for asked in ASKED.items() for name, each in _read(whole, *asked)}
    total, day2 = read["urine_output_total"], read["urine_output_day2_total"]
    newest = read["bun_last"] / latest(grids[:, :, [PLACE["creatinine"]]])[:, 0]
    made = (total / weight, day2 / weight, newest, weight, np.minimum(age, OLDEST))
    return np.stack([*(read[each.name] for each in FEATURES[: -len(made)]), *made], axis=1)


def _read(whole: Floats, name: str, columns: Sequence[str]) -> Iterator[tuple[str, Floats]]:
    """One summary of the columns that are read so, each with its feature's name."""
    part = next(each for each in PARTS if name.startswith(each))
    chosen = whole[:, PARTS[part]][:, :, [COLUMNS.index(each) for each in columns]]
    for column, values in zip(columns, SUMMARIES[name.removeprefix(part)](chosen).T, strict=True):
        yield f"{column}_{name}", values


def row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart; age and the hours since admission to the ICU are required."""
    still = (facts.get(name, np.nan) for name in ("weight", "age"))
    weight, age = (np.array([each], dtype=np.float64) for each in still)
    made: Floats = features(history(facts)[np.newaxis], weight, age)[0]
    return made


def history(facts: Mapping[str, Value]) -> Floats:
    """The first 48 hours of a stay, [BINS, VARIABLES], admission first.

    Of each hour it is the median of what was measured, and the sum of urine.
    """
    stayed = facts["intensive_care_hours"]
    if not isinstance(stayed, int | float):
        raise TypeError("the hours since admission are a number")
    series = {
        name: _of_the_first_hours(value, stayed)
        for name, value in facts.items()
        if isinstance(value, tuple)
    }
    made = grid(series, VARIABLES, hours=BINS)
    made[:, PLACE["urine_output"]] = _sums(series.get("urine_output", ()))
    return rounded(made, VARIABLES)


def _of_the_first_hours(series: Series, stayed: float) -> Series:
    """The series of the first 48 hours, dated in days before their end."""
    end = round((stayed - HOURS) * 3600)
    seconds = ((round(days * SECONDS_A_DAY) - end, value) for days, value in series)
    admitted = HOURS * 3600
    return tuple((s / SECONDS_A_DAY, value) for s, value in seconds if 0 <= s <= admitted)


def _sums(series: Series) -> Floats:
    by_hour: defaultdict[int, list[float]] = defaultdict(list)
    for days, value in series:
        by_hour[hours_before(days)].append(value)
    made = np.full(BINS, np.nan)
    for hour, values in by_hour.items():
        if hour < BINS:
            made[BINS - 1 - hour] = math.fsum(values)
    return made


def _with_map(grids: Floats) -> Floats:
    """The grids, with the mean arterial pressure of hours that have only the other two."""
    filled, place = grids.copy(), PLACE["map"]
    derived = (grids[:, :, PLACE["sbp"]] + 2.0 * grids[:, :, PLACE["dbp"]]) / 3.0
    filled[:, :, place] = np.where(np.isnan(grids[:, :, place]), derived, grids[:, :, place])
    return filled


def _derived(grids: Floats) -> Floats:
    """The derived columns: [n, BINS, VARIABLES] to [n, BINS, DERIVED]."""
    column = {name: grids[:, :, place] for name, place in PLACE.items()}
    score = _carried(column["gcs_total"], GCS_HOURS)
    made = (
        column["heart_rate"] / _carried(column["sbp"], PRESSURE_HOURS),
        column["sbp"] - column["dbp"],
        100.0 * column["pao2"] / _carried(column["fio2"], FIO2_HOURS),
        np.where(np.isnan(score), np.nan, score <= COMA),
    )
    return np.stack(made, axis=2)


def _carried(hourly: Floats, hours: int) -> Floats:
    """Hourly values [n, BINS], each standing for up to so many later hours without one."""
    carried = hourly.copy()
    for _ in range(hours):
        earlier = np.concatenate([np.full_like(hourly[:, :1], np.nan), carried[:, :-1]], axis=1)
        carried = np.where(np.isnan(hourly), earlier, hourly)
    return carried
