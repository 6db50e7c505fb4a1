import numpy as np
import pytest

from predictors.training.cohort import Survival
from predictors.training.cox import partial_likelihood
from predictors.training.cox_fit import Shape, fit

AGE = Shape("age", 60.0, 30.0, 90.0, (40.0, 60.0, 80.0))
MARKER = Shape("marker", 0.0, 0.0, 1.0)


def patients(size: int = 4000) -> tuple[np.ndarray, Survival]:
    """Made-up patients whose log hazard rises by 0.7 with the marker and 0.02 with a year."""
    chance = np.random.default_rng(11)
    rows = np.column_stack([chance.uniform(35, 85, size), chance.integers(0, 2, size)])
    hazard = 0.1 * np.exp(0.02 * (rows[:, 0] - 60) + 0.7 * rows[:, 1])
    years = np.round(chance.exponential(1 / hazard), 2)
    return rows.astype(np.float64), Survival(np.minimum(years, 8.0), years < 8.0)


def test_it_finds_the_hazard_ratios_of_made_up_patients() -> None:
    rows, survival = patients()
    model = fit(rows, survival, (AGE, MARKER), horizon=8, reference="a patient of 60 years")
    older, marked = model.margins(np.array([[80.0, 0.0], [60.0, 1.0]]))
    assert older == pytest.approx(0.4, abs=0.1)
    assert marked == pytest.approx(0.7, abs=0.1)


def test_it_is_at_the_greatest_partial_likelihood() -> None:
    rows, survival = patients(500)
    model = fit(rows, survival, (AGE, MARKER), horizon=5, reference="")
    likelihood = partial_likelihood(survival, horizon=5)
    gradient, _ = likelihood.gradients(model.margins(rows))
    assert rows.T @ gradient == pytest.approx(0.0, abs=1e-3)


def test_what_is_missing_has_its_own_coefficient() -> None:
    rows, survival = patients()
    sick = rows[:, 1] == 1
    rows[sick, 1] = np.nan
    line = Shape("marker", 0.0, 0.0, 1.0, penalty=1.0)
    model = fit(rows, survival, (AGE, line), horizon=8, reference="")
    assert model.curves[1].missing == pytest.approx(0.7, abs=0.1)


def test_a_penalty_draws_a_coefficient_towards_0() -> None:
    rows, survival = patients(500)
    drawn = Shape("marker", 0.0, 0.0, 1.0, penalty=1e6)
    model = fit(rows, survival, (AGE, drawn), horizon=8, reference="")
    assert model.curves[1].coefficients[0] == pytest.approx(0.0, abs=0.01)
