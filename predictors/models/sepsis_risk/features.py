"""What the sepsis model reads off the last three days: pure numpy, trained as it is served."""

import math
from collections.abc import Mapping

import numpy as np

from predictors.hourly import (
    Floats,
    Variable,
    deviation,
    grid,
    highest,
    hours_since,
    latest,
    lowest,
    mean,
)
from predictors.predictor import Value
from predictors.tree_model import Feature

VITALS = (
    Variable("heart_rate", 2),
    Variable("spo2", 2),
    Variable("temperature", 3),
    Variable("sbp", 2),
    Variable("map", 2),
    Variable("dbp", 2),
    Variable("resp_rate", 2),
)
LABS = (
    Variable("fio2", 2),
    Variable("bicarbonate", 2),
    Variable("ph", 4),
    Variable("paco2", 2),
    Variable("bun", 2),
    Variable("creatinine", 4),
    Variable("calcium", 3),
    Variable("phosphate", 3),
    Variable("magnesium", 3),
    Variable("potassium", 3),
    Variable("chloride", 2),
    Variable("glucose", 2),
    Variable("lactate", 3),
    Variable("bilirubin_total", 4),
    Variable("ast", 2),
    Variable("alp", 2),
    Variable("hematocrit", 3),
    Variable("hemoglobin", 3),
    Variable("ptt", 2),
    Variable("wbc", 4),
    Variable("platelets", 2),
)
VARIABLES = VITALS + LABS
"""The columns of the grid; a change of ventilation is as rare as a laboratory result."""

HEART_RATE, SPO2, TEMPERATURE, SBP, MAP, DBP = range(6)
BUN, CREATININE = 4, 5
VITAL_HOURS, LAB_HOURS = 24, 72
OLDEST = 89.0
"""Ages above it were left out of the training data."""

AIR = 21.0
"""The FiO2 in % of who breathes air, and is taken to where none was charted for 12 hours."""


def _named(suffix: str, variables: tuple[Variable, ...]) -> tuple[Feature, ...]:
    return tuple(Feature(f"{each.name}{suffix}", each.name) for each in variables)


FEATURES = (
    *_named("", VITALS),
    *_named("_mean_6h", VITALS),
    *_named("_mean_24h", VITALS),
    *_named("_lowest_24h", VITALS),
    *_named("_highest_24h", VITALS),
    *_named("_spread_24h", VITALS),
    *_named("", LABS),
    *_named("_hours_since", LABS),
    *_named("_rise", LABS),
    *_named("_fall", LABS),
    Feature("shock_index", "heart_rate"),
    Feature("shock_index_6h", "heart_rate"),
    Feature("shock_index_24h", "heart_rate"),
    Feature("heart_rate_over_map", "heart_rate"),
    Feature("spo2_over_fio2", "spo2"),
    Feature("lowest_spo2_over_fio2", "spo2"),
    Feature("pulse_pressure", "dbp"),
    Feature("bun_over_creatinine", "bun"),
    Feature("temperature_from_37", "temperature"),
    Feature("age", "age"),
)
"""The columns; one made of two inputs is credited to the first that its name says."""


def features(grids: Floats, age: Floats) -> Floats:
    """The rows [n, features] of grids [n, LAB_HOURS, VARIABLES] and ages in years [n]."""
    vitals, labs = with_map(grids[:, -VITAL_HOURS:, : len(VITALS)]), grids[:, :, len(VITALS) :]
    now, recent, day = latest(vitals[:, -12:]), mean(vitals[:, -6:]), mean(vitals)
    low, high = lowest(vitals), highest(vitals)
    newest = latest(labs)
    made: Floats = np.concatenate(
        [
            *(now, recent, day, low, high, deviation(vitals)),
            *(newest, hours_since(labs), *_moved(labs, newest)),
            _ratios(now, recent, day),
            _oxygenation(vitals, labs, now),
            _pairs(now, newest),
            np.maximum(high[:, [TEMPERATURE]] - 37.0, 37.0 - low[:, [TEMPERATURE]]),
            np.minimum(age, OLDEST)[:, np.newaxis],
        ],
        axis=1,
    )
    return made


def row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart; only the age is required.

    Where it is known since when the patient has been in intensive care, nothing older counts: in
    training there was nothing older.
    """
    age = np.array([facts["age"]], dtype=np.float64)
    made: Floats = features(grid_of(facts)[np.newaxis], age)[0]
    return made


def grid_of(facts: Mapping[str, Value]) -> Floats:
    """The grid [LAB_HOURS, VARIABLES] of one chart, of this stay alone."""
    series = {name: value for name, value in facts.items() if isinstance(value, tuple)}
    read = grid(series, VARIABLES, hours=LAB_HOURS)
    stayed = facts.get("intensive_care_hours")
    if isinstance(stayed, int | float):
        read[: max(0, LAB_HOURS - 1 - math.floor(stayed))] = np.nan
    return read


def with_map(values: Floats) -> Floats:
    """Vital signs [..., VITALS], with the mean arterial pressure where only the other two are."""
    derived = (values[..., SBP] + 2.0 * values[..., DBP]) / 3.0
    filled = values.copy()
    filled[..., MAP] = np.where(np.isnan(values[..., MAP]), derived, values[..., MAP])
    return filled


def _moved(labs: Floats, newest: Floats) -> tuple[Floats, Floats]:
    """How far the newest result is from the lowest and the highest; 0 where there is none.

    What was not measured has not moved: that it was not is told by the result itself, once.
    """
    return np.nan_to_num(newest - lowest(labs)), np.nan_to_num(newest - highest(labs))


def _ratios(now: Floats, recent: Floats, day: Floats) -> Floats:
    """The shock index now, over 6 and over 24 hours, and heart rate over mean pressure."""
    index = (each[:, HEART_RATE] / each[:, SBP] for each in (now, recent, day))
    return np.stack([*index, now[:, HEART_RATE] / now[:, MAP]], axis=1)


def _oxygenation(vitals: Floats, labs: Floats, now: Floats) -> Floats:
    """The newest saturation and the lowest of 6 hours, over the share of oxygen breathed."""
    charted = latest(labs[:, -12:, :1])[:, 0]
    share = np.where(np.isnan(charted), AIR, charted) / 100.0
    worst = lowest(vitals[:, -6:])
    return np.stack([now[:, SPO2] / share, worst[:, SPO2] / share], axis=1)


def _pairs(now: Floats, newest: Floats) -> Floats:
    pulse = now[:, SBP] - now[:, DBP]
    return np.stack([pulse, newest[:, BUN] / newest[:, CREATININE]], axis=1)
