import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from predictors.training import calibration

GENERATOR = np.random.default_rng(7)
MARGIN = GENERATOR.normal(-1.5, 1.2, 2000)
OUTCOME = GENERATOR.random(2000) < calibration.logistic(0.4 + 0.7 * MARGIN)
WEIGHTS = GENERATOR.integers(0, 4, 2000).astype(float)
EVENTS = WEIGHTS * OUTCOME
RISK = calibration.logistic(MARGIN)


def test_slope_and_intercept_are_those_of_scikit_learns_unpenalised_regression() -> None:
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1000)
    fit.fit(MARGIN[:, None], OUTCOME, sample_weight=WEIGHTS)
    found = calibration.fitted(EVENTS, WEIGHTS, MARGIN)
    assert found.slope == pytest.approx(fit.coef_[0, 0], rel=1e-5)
    assert found.intercept == pytest.approx(fit.intercept_[0], rel=1e-5)


def test_events_may_be_counted_by_margin() -> None:
    rounded = MARGIN.round(1)
    margins, place = np.unique(rounded, return_inverse=True)
    events, rows = (np.bincount(place, each).astype(np.float64) for each in (EVENTS, WEIGHTS))
    by_margin = calibration.fitted(events, rows, margins)
    by_row = calibration.fitted(EVENTS, WEIGHTS, rounded)
    assert by_margin.slope == pytest.approx(by_row.slope, rel=1e-9)


def test_the_intercept_alone_makes_the_predicted_events_those_observed() -> None:
    shift = calibration.in_the_large(EVENTS, WEIGHTS, MARGIN)
    expected = WEIGHTS @ calibration.logistic(MARGIN + shift)
    assert expected == pytest.approx(EVENTS.sum(), rel=1e-9)


def test_a_margin_that_separates_has_no_slope() -> None:
    margin = np.array([-2.0, -1.0, 1.0, 2.0])
    found = calibration.fitted(np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4), margin)
    assert np.isnan(found.slope)


def test_a_constant_margin_has_no_slope() -> None:
    found = calibration.fitted(np.array([1.0, 0.0, 0.0]), np.ones(3), np.zeros(3))
    assert np.isnan(found.slope)


def test_without_events_there_is_no_intercept() -> None:
    assert np.isnan(calibration.in_the_large(np.zeros(3), np.ones(3), np.zeros(3)))


def test_the_brier_score_is_scikit_learns() -> None:
    expected = brier_score_loss(OUTCOME, RISK, sample_weight=WEIGHTS)
    assert calibration.brier(OUTCOME, RISK, WEIGHTS) == pytest.approx(expected)


def test_three_events_where_two_were_predicted() -> None:
    outcome, risk = np.array([True, True, True, False]), np.full(4, 0.5)
    assert calibration.observed_to_expected(outcome, risk, np.ones(4)) == 1.5


def test_the_calibration_error_is_that_of_scikit_learns_quantile_curve() -> None:
    groups = calibration.equal_groups(RISK)
    found = calibration.expected_calibration_error(OUTCOME, RISK, np.ones(2000), groups=groups)
    observed, expected = calibration_curve(OUTCOME, RISK, n_bins=10, strategy="quantile")
    assert np.bincount(groups).tolist() == [200] * 10
    assert found == pytest.approx(np.abs(observed - expected).mean())


def test_equal_risks_are_in_one_group() -> None:
    groups = calibration.equal_groups(np.array([0.1] * 9 + [0.2] * 9 + [0.9] * 2))
    assert [len(set(groups[part].tolist())) for part in (slice(0, 9), slice(9, 18))] == [1, 1]
    assert groups[0] < groups[10] < groups[19]
