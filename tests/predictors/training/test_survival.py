import numpy as np
import pytest

from predictors.training import survival
from predictors.training.cohort import Survival

pytest.importorskip("sksurv", reason="scikit-survival cannot be installed on this Python")
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_censored
from sksurv.nonparametric import kaplan_meier_estimator

GENERATOR = np.random.default_rng(3)
MARGIN = GENERATOR.normal(-0.5, 0.8, 400).round(1)
HAPPENS = GENERATOR.exponential(5 / np.exp(MARGIN))
CENSORED = GENERATOR.uniform(1, 9, 400)
TIED = Survival(np.minimum(HAPPENS, CENSORED).round(1) + 0.05, HAPPENS <= CENSORED)
ONCE = np.ones(400)


def test_c_is_that_of_scikit_survival_with_tied_risks_and_times() -> None:
    expected = concordance_index_censored(TIED.event, TIED.years, MARGIN)[0]
    assert survival.harrell_c(TIED, MARGIN, ONCE) == pytest.approx(expected, abs=1e-12)


def test_c_counts_a_row_as_often_as_its_weight() -> None:
    weights = GENERATOR.integers(0, 3, 400)
    rows = np.repeat(np.arange(400), weights)
    expected = concordance_index_censored(TIED.event[rows], TIED.years[rows], MARGIN[rows])[0]
    assert survival.harrell_c(TIED, MARGIN, weights.astype(np.float64)) == pytest.approx(
        expected, abs=1e-12
    )


def test_without_events_there_is_no_c() -> None:
    nobody = Survival(TIED.years, np.zeros(400, bool))
    assert np.isnan(survival.harrell_c(nobody, MARGIN, ONCE))


def test_the_slope_and_intercept_are_those_of_scikit_survivals_cox_model() -> None:
    outcome = np.array(
        [*zip(TIED.event, TIED.years, strict=True)], dtype=[("event", bool), ("years", float)]
    )
    fit = CoxPHSurvivalAnalysis(ties="breslow", tol=1e-12).fit(MARGIN[:, None], outcome)
    found = survival.fitted(TIED, MARGIN, ONCE, horizon=5)
    assert found.slope == pytest.approx(fit.coef_[0], rel=1e-6)
    assert found.intercept == pytest.approx(np.log(fit.cum_baseline_hazard_(5)), abs=1e-6)


def test_a_margin_that_is_right_needs_no_calibration() -> None:
    margin = GENERATOR.normal(0, 1, 40_000)
    happens = GENERATOR.exponential(5 / np.exp(margin))
    seen = Survival(np.minimum(happens, 6), happens <= 6)
    found = survival.fitted(seen, margin, np.ones(40_000), horizon=5)
    assert (found.slope, found.intercept) == pytest.approx((1, 0), abs=0.02)
    alone = survival.in_the_large(seen, margin, np.ones(40_000), horizon=5)
    assert alone == pytest.approx(0, abs=0.02)


def test_a_constant_margin_has_no_slope() -> None:
    assert np.isnan(survival.fitted(TIED, np.zeros(400), ONCE, horizon=5).slope)


@pytest.mark.parametrize("horizon", [1.0, 2.05, 5.0])
def test_the_observed_risk_is_that_of_scikit_survivals_kaplan_meier(horizon: float) -> None:
    times, survived = kaplan_meier_estimator(TIED.event, TIED.years)
    expected = 1 - survived[times <= horizon][-1]
    assert survival.incidence(TIED, horizon)(ONCE) == pytest.approx(expected)


def test_who_is_censored_leaves_those_at_risk() -> None:
    seen = Survival(np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, True, False]))
    assert survival.incidence(seen, 3.5)(np.ones(4)) == pytest.approx(1 - 3 / 4 * 1 / 2)


def test_a_horizon_that_nobody_was_watched_to_has_no_observed_risk() -> None:
    seen = Survival(np.array([1.0, 2.0]), np.array([True, False]))
    assert np.isnan(survival.incidence(seen, 5.0)(np.ones(2)))
    assert survival.incidence(seen, 5.0)(np.array([1.0, 0.0])) == 1.0
