import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.predictor import NotAssessed, Prediction
from predictors.scores.ckd_epi_2021 import YEAR, ckd_epi_2021
from predictors.scores.egfr_slope import egfr_slope
from tests.predictors.examples import Facts

AGE = 60


def creatinine_of(egfr: float, *, age: float) -> float:
    """The creatinine in mg/dL, above 0.9, at which a man of that age has that eGFR."""
    return float(0.9 * (egfr / (142 * math.pow(0.9938, age))) ** (-1 / 1.2))


def slope(*creatinine: tuple[float, float]) -> Prediction:
    return egfr_slope.assess({"age": AGE, "sex": "male", "creatinine": creatinine})["eGFR slope"]


def falling(per_year: float, *days: float) -> tuple[tuple[float, float], ...]:
    """A man's results whose eGFR falls by that much a year, to 40 today."""
    ages = [(day, AGE - day / YEAR, 40 + per_year * day / YEAR) for day in days]
    return tuple((day, creatinine_of(rate, age=age)) for day, age, rate in ages)


def test_the_oracle_inverts_the_equation() -> None:
    back = ckd_epi_2021.assess({"age": 58, "sex": "male", "creatinine": creatinine_of(50, age=58)})
    assert back["eGFR"].value == pytest.approx(50)


@given(st.floats(0, 20))
@settings(max_examples=30, deadline=None)
def test_a_steady_loss_is_found_at_the_age_of_each_result(per_year: float) -> None:
    found = slope(*falling(per_year, 800, 600, 250, 0))
    assert found.value == pytest.approx(-per_year, abs=1e-9)
    assert found.unit == "mL/min/{1.73_m2}/a"


def test_it_says_on_how_many_results_over_how_long_it_rests() -> None:
    assert slope(*falling(4, 800, 600, 250, 0)).note == "4 results over 2.2 years"


def test_an_admission_with_daily_results_counts_once() -> None:
    steady = falling(0, 1000, 800, 600, 400, 5)
    admission = tuple((170.0 - day, 3.0) for day in range(31))
    assert slope(*steady[:4], *admission, steady[4]).value == pytest.approx(
        slope(*steady[:4], (155.0, 3.0), steady[4]).value
    )


@pytest.mark.parametrize(
    "days", [(), (0,), (800, 0), (800, 790, 0), (360, 180, 0), (80, 70, 60, 50)]
)
def test_less_than_three_quarters_over_a_year_are_no_course(days: tuple[float, ...]) -> None:
    with pytest.raises(NotAssessed, match=r"no usable creatinine|three quarters"):
        slope(*falling(4, *days))


def test_results_of_childhood_do_not_count() -> None:
    child, grown = ((1500.0, 0.4), (1400.0, 0.4)), falling(0, 700, 300, 0)
    facts: Facts = {"age": 20, "sex": "male", "creatinine": (*child, *grown)}
    assert egfr_slope.assess(facts)["eGFR slope"].note == "3 results over 1.9 years"
    with pytest.raises(NotAssessed, match="three quarters"):
        egfr_slope.assess({**facts, "creatinine": (*child, grown[-1])})
