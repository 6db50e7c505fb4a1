from typing import Any

import pytest

from predictors.predictor import NotAssessed
from predictors.scores.npi import npi
from tests.predictors.examples import EXAMPLES, Facts
from tests.predictors.scores.vectors import vectors


@pytest.mark.parametrize("vector", vectors("npi"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    facts: Facts = {
        "tumor_size": given["size_mm"],
        "nodes_positive": given["nodes"],
        "histologic_grade": str(given["grade"]),
    }
    index = npi.assess(facts)["NPI"].value
    assert index == pytest.approx(vector["expected"]["npi"], abs=vector["tolerance"])


@pytest.mark.parametrize(
    ("size", "nodes", "grade", "group"),
    [
        (20, 0, "1", "excellent"),
        (20.1, 0, "1", "good"),
        (20, 0, "2", "good"),
        (20, 1, "2", "moderate I"),
        (20, 4, "2", "moderate II"),
        (20, 4, "3", "poor"),
        (20.5, 4, "3", "very poor"),
    ],
)
def test_groups_include_their_upper_limit(size: float, nodes: int, grade: str, group: str) -> None:
    facts: Facts = {"tumor_size": size, "nodes_positive": nodes, "histologic_grade": grade}
    assert npi.assess(facts)["NPI"].note == group


@pytest.mark.parametrize(("nodes", "stage"), [(0, 1), (1, 2), (3, 2), (4, 3)])
def test_node_stages(nodes: int, stage: float) -> None:
    prediction = npi.assess({**EXAMPLES["npi"], "nodes_positive": nodes})["NPI"]
    assert prediction.contributions[1].amount == stage


def test_it_is_not_for_metastatic_disease() -> None:
    with pytest.raises(NotAssessed, match="metastatic is recorded"):
        npi.assess({**EXAMPLES["npi"], "metastatic": True})
