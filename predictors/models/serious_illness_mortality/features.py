"""The features of a seriously ill inpatient: the same for a cohort and for one chart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.predictor import Value
from predictors.tree_model import Feature, Floats

LONGEST_DAYS = 60.0
"""Days in hospital beyond which a stay counts as this long: few in the data were longer."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement: its unit and the decimals to which it is rounded."""

    name: str
    unit: str
    decimals: int


ALWAYS = (
    Measured("map", "mm[Hg]", 2),
    Measured("heart_rate", "/min", 2),
    Measured("resp_rate", "/min", 2),
    Measured("temperature", "Cel", 2),
    Measured("sodium", "mmol/L", 2),
    Measured("creatinine", "mg/dL", 4),
)
"""Measured of all but 1 % of the patients: required."""

SOMETIMES = (
    Measured("wbc", "10*9/L", 4),
    Measured("albumin", "g/dL", 3),
    Measured("bilirubin_total", "mg/dL", 4),
    Measured("bun", "mg/dL", 2),
    Measured("glucose", "mg/dL", 2),
    Measured("ph", "[pH]", 4),
    Measured("urine_output_24h", "mL/d", 1),
)
OXYGEN = (Measured("pao2", "mm[Hg]", 2), Measured("fio2", "%", 2))
MEASURED = (*ALWAYS, *SOMETIMES)

ORGAN_FAILURE = ("sepsis", "respiratory_failure")
QUALIFYING = ("heart_failure", "copd", "cirrhosis")
"""Diseases that let a patient into SUPPORT: counted where no organ failure is recorded, because the
data know the qualifying disease of each patient and no other."""

CONDITIONS = ("malignancy", "metastatic", "diabetes", "dementia")

FEATURES = (
    Feature("age", "age", monotone=1),
    Feature("days", "inpatient_days"),
    Feature("not_alert", "avpu", monotone=1),
    *(Feature(each.name, each.name) for each in MEASURED),
    Feature("pao2_fio2", "pao2"),
    *(Feature(f"{name}_alone", name) for name in QUALIFYING),
    Feature("malignancy", "malignancy", monotone=1),
    Feature("metastatic", "metastatic", monotone=1),
    Feature("diabetes", "diabetes"),
    Feature("dementia", "dementia", monotone=1),
)


def features(patients: Mapping[str, NDArray[Any]]) -> Floats:
    """The rows [n, features] of patients whose inputs are given by name, [n] each; NaN: missing."""
    failing = np.any([patients[name].astype(bool) for name in ORGAN_FAILURE], axis=0)
    columns = (
        patients["age"],
        np.clip(np.ceil(patients["inpatient_days"].astype(np.float64)), 1.0, LONGEST_DAYS),
        patients["avpu"] != "alert",
        *(np.round(patients[each.name].astype(np.float64), each.decimals) for each in MEASURED),
        100.0 * patients["pao2"].astype(np.float64) / patients["fio2"].astype(np.float64),
        *(patients[name].astype(bool) & ~failing for name in QUALIFYING),
        *(patients[name] for name in CONDITIONS),
    )
    rows: Floats = np.column_stack(columns).astype(np.float64)
    return rows


def row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart."""
    absent = dict.fromkeys((each.name for each in (*SOMETIMES, *OXYGEN)), np.nan)
    known = {**absent, **facts}
    patient: Floats = features({name: np.array([fact]) for name, fact in known.items()})[0]
    return patient
