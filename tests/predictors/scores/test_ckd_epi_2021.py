from typing import Any

import pytest

from predictors.predictor import NotAssessed
from predictors.scores.ckd_epi_2021 import ckd_epi_2021
from tests.predictors.scores.vectors import vectors


@pytest.mark.parametrize("vector", vectors("ckd-epi-2021"))
def test_reference(vector: dict[str, Any]) -> None:
    given = vector["inputs"]
    facts = {"creatinine": given["creatinine_mg_dl"], "age": given["age"], "sex": given["sex"]}
    egfr = ckd_epi_2021.assess(facts)["eGFR"].value
    assert egfr == pytest.approx(vector["expected"]["egfr"], abs=vector["tolerance"])


@pytest.mark.parametrize(("sex", "knot"), [("female", 0.7), ("male", 0.9)])
def test_the_curve_has_no_step_at_its_knot(sex: str, knot: float) -> None:
    below, at = (
        ckd_epi_2021.assess({"creatinine": c, "age": 50, "sex": sex})["eGFR"].value
        for c in (knot - 1e-9, knot)
    )
    assert below == pytest.approx(at, rel=1e-6)


def test_it_is_for_adults() -> None:
    with pytest.raises(NotAssessed, match="age 17 is outside"):
        ckd_epi_2021.assess({"creatinine": 1.0, "age": 17, "sex": "male"})
