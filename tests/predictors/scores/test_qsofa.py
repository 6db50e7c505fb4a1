from typing import Any

import pytest

from predictors.predictor import NotAssessed
from predictors.scores.qsofa import qsofa
from tests.predictors.scores.vectors import vectors


@pytest.mark.parametrize("vector", vectors("qsofa"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    facts = {
        "age": 50,
        "resp_rate": given["rr"],
        "sbp": given["sbp"],
        "gcs_total": given["gcs"],
    }
    assert qsofa.assess(facts)["qSOFA"].value == vector["expected"]["qsofa"]


def test_any_clouding_counts() -> None:
    assert (
        qsofa.assess({"age": 50, "resp_rate": 12, "sbp": 120, "gcs_total": 14})["qSOFA"]
        .contributions[-1]
        .amount
        == 1
    )


def test_a_missing_criterion_widens_the_span() -> None:
    prediction = qsofa.assess({"age": 50, "resp_rate": 24, "sbp": 95})["qSOFA"]
    assert (prediction.low, prediction.high) == (2, 3)


def test_nothing_measured_is_no_score() -> None:
    with pytest.raises(NotAssessed, match="no usable resp_rate"):
        qsofa.assess({"age": 50})
