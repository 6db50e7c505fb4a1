"""LACE and the simplified HOSPITAL score of stays, as far as Diabetes 130 lets them be computed."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.predictor import Prediction
from predictors.scores import hospital as hospital_score
from predictors.scores import lace as lace_index
from predictors.tree_model import Floats

NORMAL = {"hemoglobin": 14.0, "sodium": 140.0}
"""The data hold no haemoglobin and no sodium: as if neither scored."""

IN_LACE = (
    "mi",
    "cerebrovascular_disease",
    "pad",
    "diabetes_complicated",
    "heart_failure",
    "copd",
    "cirrhosis",
    "ckd",
    "malignancy",
    "metastatic",
    "dementia",
    "connective_tissue",
)
NOT_CODED = ("stroke_hemorrhagic", "tia", "liver_disease_severe", "dialysis", "hiv_aids")
"""Counted with the stroke, liver and kidney disease of LACE, or not told apart by three digits."""

Stays = Mapping[str, NDArray[Any]]


def lace(stays: Stays) -> Floats:
    """The index [n], with the emergency visits of a year where it asks for those of 6 months."""
    columns = (stays["inpatient_days"], _urgent(stays), stays["emergency_visits"])
    return _each((*columns, *(stays[name] for name in IN_LACE)), _lace)


def hospital(stays: Stays) -> Floats:
    """The score [n], of 12 points at most 10: its laboratory values are not in the data."""
    columns = (stays["inpatient_days"], _urgent(stays), stays["inpatient_visits"])
    return _each((*columns, stays["malignancy"]), _hospital)


def _lace(days: float, urgent: float, visits: float, *diseases: float) -> tuple[Prediction, ...]:
    held = {name: bool(each) for name, each in zip(IN_LACE, diseases, strict=True)}
    return lace_index.lace.function(
        inpatient_days=days,
        urgent_admission=bool(urgent),
        recent_emergency_visits=visits,
        diabetes=True,
        stroke_ischemic=held.pop("cerebrovascular_disease"),
        **held,
        **dict.fromkeys(NOT_CODED, False),
    )


def _hospital(
    days: float, urgent: float, visits: float, malignancy: float
) -> tuple[Prediction, ...]:
    return hospital_score.hospital_simplified.function(
        inpatient_days=days,
        urgent_admission=bool(urgent),
        inpatient_visits=visits,
        malignancy=bool(malignancy),
        **NORMAL,
    )


def _urgent(stays: Stays) -> NDArray[np.bool_]:
    return np.isin(stays["admission_priority"], ("urgent", "emergency"))


def _each(
    columns: tuple[NDArray[Any], ...], score: Callable[..., tuple[Prediction, ...]]
) -> Floats:
    """The score of each row; rows that are equal are scored once."""
    rows = np.column_stack(columns).astype(np.float64)
    different, place = np.unique(rows, axis=0, return_inverse=True)
    points = np.array([score(*each)[0].value for each in different.tolist()])
    found: Floats = points[place.ravel()]
    return found
