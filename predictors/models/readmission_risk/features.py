"""The features of a stay as if it ended today: the same for a cohort and for one chart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.predictor import Value
from predictors.tree_model import Feature, Floats

LONGEST_DAYS = 14.0
"""Diabetes 130 holds stays of 1 to 14 days, counted as begun."""

COUNTS = (
    "inpatient_visits",
    "emergency_visits",
    "outpatient_visits",
    "most_inpatient_visits",
    "most_emergency_visits",
)
MEDICATIONS = ("insulin", "metformin", "glucose_lowering")
CONDITIONS = (
    "aki",
    "alcohol_use_disorder",
    "anemia",
    "asthma",
    "cad",
    "cardiac_arrhythmia",
    "care_complication",
    "cellulitis",
    "cerebrovascular_disease",
    "chest_pain",
    "cirrhosis",
    "ckd",
    "connective_tissue",
    "copd",
    "dementia",
    "diabetes_acute",
    "diabetes_complicated",
    "fluid_electrolyte_disorder",
    "fracture",
    "heart_failure",
    "hypertension",
    "infection_suspected",
    "lipid_disorder",
    "malignancy",
    "mental_disorder",
    "metastatic",
    "mi",
    "obesity",
    "pad",
    "pneumonia",
    "respiratory_failure",
    "sepsis",
    "skin_ulcer",
    "urinary_tract_infection",
)
PRIORITIES = ("elective", "urgent", "emergency")
DISPOSITIONS = (
    "home",
    "home_health",
    "nursing_facility",
    "rehabilitation",
    "facility",
    "psychiatric",
    "against_advice",
)

FEATURES = (
    Feature("age_decade", "age"),
    Feature("days", "inpatient_days"),
    *(Feature(name, name) for name in COUNTS),
    *(Feature(name, name) for name in MEDICATIONS),
    *(Feature(name, name) for name in CONDITIONS),
    Feature("admission_priority", "admission_priority"),
)
"""While no discharge is planned."""

PLANNED_FEATURES = (
    *FEATURES,
    *(Feature(f"to_{code}", "discharge_disposition") for code in DISPOSITIONS),
)
"""Once it is planned where the patient goes."""


def features(stays: Mapping[str, NDArray[Any]]) -> Floats:
    """The rows [n, features] of stays whose inputs are given by name, [n] each.

    A priority that is not known is "".
    """
    columns = (
        np.floor(stays["age"].astype(np.float64) / 10),
        np.clip(np.ceil(stays["inpatient_days"].astype(np.float64)), 1.0, LONGEST_DAYS),
        *(stays[name].astype(np.float64) for name in (*COUNTS, *MEDICATIONS, *CONDITIONS)),
        _place(stays["admission_priority"], PRIORITIES),
    )
    rows: Floats = np.column_stack(columns)
    return rows


def planned_features(stays: Mapping[str, NDArray[Any]]) -> Floats:
    """The same with where the patient goes; a disposition that is not known is ""."""
    going = (_planned(stays["discharge_disposition"], code) for code in DISPOSITIONS)
    return np.column_stack([features(stays), *going])


def row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart while no discharge is planned."""
    stay: Floats = features(_of_one(facts))[0]
    return stay


def planned_row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart with a planned discharge."""
    stay: Floats = planned_features(_of_one(facts))[0]
    return stay


def _of_one(facts: Mapping[str, Value]) -> Mapping[str, NDArray[Any]]:
    known = {"admission_priority": "", "discharge_disposition": "", **facts}
    return {name: np.array([fact]) for name, fact in known.items()}


def _place(codes: NDArray[Any], order: tuple[str, ...]) -> Floats:
    found = np.full(len(codes), np.nan)
    for place, code in enumerate(order):
        found[codes == code] = place
    return found


def _planned(codes: NDArray[Any], code: str) -> Floats:
    found: Floats = np.where(codes == "", np.nan, (codes == code).astype(np.float64))
    return found
