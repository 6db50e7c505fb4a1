from typing import Any

import pytest

from predictors.predictor import NotAssessed, Problem
from predictors.scores.kfre import kfre_4, kfre_8
from tests.predictors.examples import EXAMPLES, Facts
from tests.predictors.scores.vectors import vectors

FAMILY = {predictor.name: predictor for predictor in (kfre_4, kfre_8)}
CALIBRATIONS = {"NA": "north_america", "nonNA": "other"}


@pytest.mark.parametrize("calibration", CALIBRATIONS)
@pytest.mark.parametrize(
    ("name", "vector"), [(name, vector) for name in FAMILY for vector in vectors(name)]
)
def test_reference(name: str, vector: dict[str, Any], calibration: str) -> None:
    facts: Facts = {
        **{key: value for key, value in vector["inputs"].items() if key != "uacr_mg_g"},
        "uacr": vector["inputs"]["uacr_mg_g"],
        "kfre_calibration": CALIBRATIONS[calibration],
    }
    risk = FAMILY[name].assess(facts)
    for years in (2, 5):
        percent = 100 * risk[f"kidney failure within {years} years"].value
        expected = vector["expected"][f"{years}y_{calibration}_pct"]
        assert percent == pytest.approx(expected, abs=vector["tolerance"])


@pytest.mark.parametrize("name", FAMILY)
def test_it_is_for_an_egfr_below_60(name: str) -> None:
    below: Facts = {**EXAMPLES[name], "egfr": 59.99}
    assert FAMILY[name].assess(below)["kidney failure within 5 years"].certain
    with pytest.raises(NotAssessed) as refused:
        FAMILY[name].assess({**EXAMPLES[name], "egfr": 60.0})
    assert refused.value.reasons[0].problem is Problem.NOT_APPLICABLE


@pytest.mark.parametrize("name", ["dialysis", "kidney_transplant"])
def test_it_is_not_for_kidneys_that_have_failed(name: str) -> None:
    with pytest.raises(NotAssessed, match=f"{name} is recorded"):
        kfre_4.assess({**EXAMPLES["kfre-4"], name: True})


def test_an_albuminuria_of_nothing_has_no_logarithm() -> None:
    with pytest.raises(NotAssessed, match="uacr 0 is outside"):
        kfre_4.assess({**EXAMPLES["kfre-4"], "uacr": 0})
