"""What the model reads off the first 48 hours in intensive care: pure numpy, trained as served."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from predictors.hourly import (
    SECONDS_AN_HOUR,
    Floats,
    Placed,
    Variable,
    deviation,
    highest,
    hours_since,
    latest,
    lowest,
    mean,
    placed,
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
"""The columns of the grid. When PEEP was charted tells who was ventilated."""

PLACE = {each.name: place for place, each in enumerate(VARIABLES)}
DERIVED = {
    "shock_index": "heart_rate",
    "pulse_pressure": "sbp",
    "pf_ratio": "pao2",
    "coma": "gcs_total",
}
"""Further columns, made of measurements of about the same time, and who is credited."""

COLUMNS = (*(name for name in PLACE if name != "peep"), *DERIVED)
"""What is summarised; of PEEP only when it was charted matters."""

PRESSURE_HOURS, GCS_HOURS, FIO2_HOURS = 2, 8, 12
"""For how long a blood pressure, a coma score and an oxygen fraction stand for later hours."""

COMA = 8

EDGES = {
    "heart_rate": (65, 110),
    "sbp": (95, 149),
    "dbp": (44, 77),
    "map": (62, 98.3),
    "resp_rate": (14, 27),
    "temperature": (36.1, 38.1),
    "gcs_total": (6, 15),
    "fio2": (40, 99),
    "pao2": (73, 291),
    "paco2": (31, 51),
    "ph": (7.28, 7.46),
    "creatinine": (0.6, 3.1),
    "bun": (9, 59),
    "potassium": (3.4, 5),
    "bicarbonate": (17, 28),
    "glucose": (89, 217),
    "hematocrit": (24.7, 37.4),
    "platelets": (77, 325),
    "bilirubin_total": (0.3, 6.9),
    "alp": (45, 206),
    "albumin": (2.1, 3.8),
    "lactate": (1, 5.7),
    "magnesium": (1.5, 2.5),
    "urine_output": (20, 275),
    "shock_index": (0.5, 1.02),
    "pulse_pressure": (39, 85.5),
    "pf_ratio": (116, 436),
}
"""The tenth and ninetieth per cent of each column's hours in set a of the challenge: how long a
patient lay below and above them is a feature. They are no limits of what is normal."""

LOW, HIGH = np.array(list(EDGES.values()), dtype=np.float64).T

Summary: TypeAlias = Callable[[Floats], Floats]
"""Reads one number a stay and column off grids [n, hours, columns]."""


def _first(grids: Floats) -> Floats:
    return latest(grids[:, ::-1])


def _total(grids: Floats) -> Floats:
    """The sum of the hours measured; NaN without any."""
    summed = np.add.accumulate(np.where(np.isnan(grids), 0.0, grids), axis=1)[:, -1]
    return np.where(np.isnan(grids).all(axis=1), np.nan, summed)


def _span(grids: Floats) -> Floats:
    """Hours from the first measured hour to the last."""
    span: Floats = grids.shape[1] - 1 - hours_since(grids[:, ::-1]) - hours_since(grids)
    return span


def _driest(grids: Floats) -> Floats:
    """The least sum of any 12 hours on end."""
    summed = np.add.accumulate(np.where(np.isnan(grids), 0.0, grids), axis=1)
    before = np.concatenate([np.zeros_like(summed[:, :1]), summed[:, :-12]], axis=1)
    least: Floats = np.minimum.reduce(summed[:, 11:] - before, axis=1)
    return np.where(np.isnan(grids).all(axis=1), np.nan, least)


WHOLE: Mapping[str, Summary] = {
    "first": _first,
    "last": latest,
    "min": lowest,
    "max": highest,
    "mean": mean,
    "sd": deviation,
    "slope": slope,
}
"""Each column's summaries of all 48 hours; `change`, from the first to the last, is one more."""

PARTS = {"day1": slice(0, 25), "day2": slice(25, BINS), "late": slice(37, BINS)}
"""Either day, and the last 12 hours: of each the least, the greatest and the mean."""

OF_A_PART: Mapping[str, Summary] = {"min": lowest, "max": highest, "mean": mean}

FURTHER = {
    "urine_output_total": "urine_output",
    "urine_output_day1_total": "urine_output",
    "urine_output_day2_total": "urine_output",
    "urine_output_late_total": "urine_output",
    "urine_output_driest": "urine_output",
    "urine_per_kg": "urine_output",
    "urine_per_kg_day2": "urine_output",
    "peep_span": "peep",
    "peep_since": "peep",
    "bun_ratio": "bun",
    "creatinine_ratio": "creatinine",
    "bun_over_creatinine": "bun",
    "weight": "weight",
    "age": "age",
}
"""What is read of single columns, and who is credited; a ratio is of the last to the first."""


def _features() -> Iterator[Feature]:
    names = (
        *(f"_{name}" for name in (*WHOLE, "change")),
        *(f"_{part}_{name}" for part in PARTS for name in OF_A_PART),
    )
    for name in names:
        yield from (Feature(f"{column}{name}", DERIVED.get(column, column)) for column in COLUMNS)
    for side in ("low", "high"):
        yield from (Feature(f"{each}_{side}_share", DERIVED.get(each, each)) for each in EDGES)
    yield from (Feature(name, credited) for name, credited in FURTHER.items())


FEATURES = tuple(_features())
"""The columns of a row; one made of two inputs is credited to the first that its name says."""


def features(grids: Floats, weight: Floats, age: Floats) -> Floats:
    """The rows [n, features] of grids [n, BINS, VARIABLES], weights in kg and ages in years [n]."""
    grids = _with_map(grids)
    bare = [place for name, place in PLACE.items() if name != "peep"]
    columns = np.concatenate([grids[:, :, bare], _derived(grids)], axis=2)
    whole = {name: summary(columns) for name, summary in WHOLE.items()}
    parts = (columns[:, hours] for hours in PARTS.values())
    further = _further(grids, whole, weight, age)
    made: Floats = np.concatenate(
        [
            *whole.values(),
            whole["last"] - whole["first"],
            *(summary(part) for part in parts for summary in OF_A_PART.values()),
            *_shares(columns[:, :, : len(EDGES)]),
            np.stack([further[name] for name in FURTHER], axis=1),
        ],
        axis=1,
    )
    return made


def _shares(columns: Floats) -> tuple[Floats, Floats]:
    """The share of a column's measured hours that lie below and above its edges."""
    measured = np.add.reduce(~np.isnan(columns), axis=1, dtype=np.float64)
    counted = np.where(measured > 0, measured, np.nan)
    below = np.add.reduce(columns < LOW, axis=1, dtype=np.float64)
    above = np.add.reduce(columns > HIGH, axis=1, dtype=np.float64)
    return below / counted, above / counted


def _further(
    grids: Floats, whole: Mapping[str, Floats], weight: Floats, age: Floats
) -> Mapping[str, Floats]:
    urine, peep = (grids[:, :, [PLACE[name]]] for name in ("urine_output", "peep"))
    totals = {part: _total(urine[:, hours])[:, 0] for part, hours in PARTS.items()}
    total = _total(urine)[:, 0]
    bun, creatinine = (COLUMNS.index(name) for name in ("bun", "creatinine"))
    first, last = whole["first"], whole["last"]
    return {
        "urine_output_total": total,
        **{f"urine_output_{part}_total": each for part, each in totals.items()},
        "urine_output_driest": _driest(urine)[:, 0],
        "urine_per_kg": total / weight,
        "urine_per_kg_day2": totals["day2"] / weight,
        "peep_span": _span(peep)[:, 0],
        "peep_since": hours_since(peep)[:, 0],
        "bun_ratio": last[:, bun] / first[:, bun],
        "creatinine_ratio": last[:, creatinine] / first[:, creatinine],
        "bun_over_creatinine": last[:, bun] / last[:, creatinine],
        "weight": weight,
        "age": np.minimum(age, OLDEST),
    }


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
    series = {name: value for name, value in facts.items() if isinstance(value, tuple)}
    end = round((stayed - HOURS) * SECONDS_AN_HOUR)
    made, urine = _placed(series, VARIABLES, end).median(), PLACE["urine_output"]
    made[:, [urine]] = _placed(series, (VARIABLES[urine],), end).total()
    return rounded(made, VARIABLES)


def _placed(series: Mapping[str, Series], variables: tuple[Variable, ...], end: int) -> Placed:
    """The series of the first 48 hours, which ended so many seconds before the assessment."""
    return placed(series, variables, hours=BINS, since=end, most=HOURS * SECONDS_AN_HOUR)


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
    hour = np.arange(hourly.shape[1])
    newest = np.maximum.accumulate(np.where(np.isnan(hourly), -1, hour), axis=1)
    carried = np.take_along_axis(hourly, np.maximum(newest, 0), axis=1)
    return np.where((newest >= 0) & (hour - newest <= hours), carried, np.nan)
