from typing import Any

import pytest

from predictors.predictor import NotAssessed
from predictors.scores.fib4 import fib4
from tests.predictors.examples import EXAMPLES
from tests.predictors.scores.vectors import vectors


@pytest.mark.parametrize("vector", vectors("fib-4"))
def test_reference(vector: dict[str, Any]) -> None:
    index = fib4.assess(vector["inputs"])["FIB-4"].value
    assert index == pytest.approx(vector["expected"]["fib4"], abs=vector["tolerance"])


def test_it_misleads_below_35_years() -> None:
    with pytest.raises(NotAssessed, match="age 34 is outside"):
        fib4.assess({**EXAMPLES["fib-4"], "age": 34})
