import numpy as np
import pytest

from predictors.training.cohort import Cohort, Survival
from predictors.training.record import metrics, observed, threshold_at, thresholds
from tests.predictors.training.test_validation import MARGIN, hourly, of_stays


def test_a_metric_names_its_cohort_and_subgroup() -> None:
    found = {(each.name, each.subgroup): each for each in metrics(of_stays(), "internal")}
    whole, group = found["auroc", ""], found["auroc", "sex=female"]
    assert whole.value == pytest.approx(of_stays().measures["auroc"].value, abs=1e-4)
    assert (whole.cohort, whole.n, whole.events) == ("internal", 4000, of_stays().events)
    assert group.n == 100
    assert not [name for name, subgroup in found if subgroup == "unit=A"]


def test_the_models_own_thresholds_are_recorded_with_what_they_meant() -> None:
    validation = of_stays()
    own = [each for each in validation.thresholds if each.own]
    assert 0 < len(own) < len(validation.thresholds)
    found = thresholds(validation)
    assert [(each.name, each.risk) for each in found] == [(each.name, each.risk) for each in own]
    assert found[0].ppv == pytest.approx(own[0].measures["ppv"].value, abs=1e-4)


def test_an_alert_budget_is_the_risk_of_so_many_rows() -> None:
    risk = np.random.default_rng(0).random(1000)
    assert (risk >= threshold_at(risk, 5)).sum() == 50


def test_observed_risks_cover_zero_to_one_and_every_row() -> None:
    risk = 1 / (1 + np.exp(-MARGIN))
    found = observed(hourly(), risk)
    assert (found[0].low, found[-1].high) == (0.0, 1.01)
    assert [each.high for each in found[:-1]] == [each.low for each in found[1:]]
    assert sum(each.n for each in found) == 4000
    assert sum(each.events for each in found) == hourly().events.sum()


def test_a_censored_outcome_is_observed_by_its_horizon() -> None:
    years, event = np.array([1.0, 2.0, 6.0, 7.0] * 50), np.array([True, False, True, False] * 50)
    rows = Cohort("few", (), np.arange(200), np.empty((200, 0)), Survival(years, event))
    (only,) = observed(rows, np.full(200, 0.3), horizon=5)[-1:]
    assert (only.n, only.events) == (200, 50)
