from typing import Any

import pytest

from predictors.predictor import NotAssessed
from predictors.scores.cockcroft_gault import cockcroft_gault
from tests.predictors.examples import EXAMPLES
from tests.predictors.scores.vectors import vectors

NAME = "creatinine clearance"


@pytest.mark.parametrize("vector", vectors("cockcroft-gault"))
def test_reference(vector: dict[str, Any]) -> None:
    clearance = cockcroft_gault.assess(vector["inputs"])[NAME].value
    assert clearance == pytest.approx(vector["expected"]["crcl"], abs=vector["tolerance"])


def test_it_needs_the_weight() -> None:
    facts = {name: fact for name, fact in EXAMPLES["cockcroft-gault"].items() if name != "weight"}
    with pytest.raises(NotAssessed, match="weight"):
        cockcroft_gault.assess(facts)


def test_double_the_weight_is_double_the_clearance() -> None:
    facts = EXAMPLES["cockcroft-gault"]
    once = cockcroft_gault.assess({**facts, "weight": 60.0})[NAME].value
    twice = cockcroft_gault.assess({**facts, "weight": 120.0})[NAME].value
    assert twice == pytest.approx(2 * once)
