"""The features of a woman operated for breast cancer: the same for a cohort and for one chart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from predictors.predictor import Value
from predictors.tree_model import Feature, Floats

SIZE_LIMITS = (20.0, 50.0)
"""Upper limits, in mm and included, of the first two size classes: Rotterdam tells no more."""

FEATURES = (
    Feature("age", "age"),
    Feature("size_over_20", "tumor_size", monotone=1),
    Feature("size_over_50", "tumor_size", monotone=1),
    Feature("grade", "histologic_grade", monotone=1),
    Feature("nodes", "nodes_positive", monotone=1),
    Feature("er_positive", "er_status"),
    Feature("pr_positive", "pr_status"),
    Feature("endocrine_therapy", "endocrine_therapy", monotone=-1),
)


def features(patients: Mapping[str, NDArray[Any]]) -> Floats:
    """The rows [n, features] of patients whose inputs are given by name, [n] each."""
    columns = (
        patients["age"],
        *(patients["tumor_size"] > limit for limit in SIZE_LIMITS),
        patients["histologic_grade"].astype(np.float64),
        patients["nodes_positive"],
        patients["er_status"] == "positive",
        patients["pr_status"] == "positive",
        patients["endocrine_therapy"],
    )
    rows: Floats = np.column_stack(columns).astype(np.float64)
    return rows


def row(facts: Mapping[str, Value]) -> Floats:
    """The features of one chart; every input is required."""
    patient: Floats = features({name: np.array([fact]) for name, fact in facts.items()})[0]
    return patient
