from dataclasses import replace

import msgspec
import numpy as np
import pytest

from predictors import manifest as manifests
from predictors.manifest import AlertBudget, Calibration, Horizon, Manifest
from predictors.predictor import Link
from predictors.training.calibration import logistic
from predictors.training.cohort import Cohort, Survival
from predictors.training.intervals import Bootstrap
from predictors.training.progress import silent
from predictors.training.recalibration import Recalibrated, moved, recalibrated
from tests.predictors.synthetic import manifest

GENERATOR = np.random.default_rng(21)
MARGIN = GENERATOR.normal(-1, 1, 3000)
OUTCOME = GENERATOR.random(3000) < logistic(0.5 + 0.6 * MARGIN)


def cohort(outcome: np.ndarray[tuple[int], np.dtype[np.bool_]] | Survival) -> Cohort:
    return Cohort("a site", (), np.arange(3000), np.empty((3000, 0)), outcome)


def fitted(of: Cohort, made: Manifest | None = None) -> Recalibrated:
    return recalibrated(
        made or manifest(), of, MARGIN, version="1+site", bootstrap=Bootstrap(40), progress=silent
    )


def test_the_sites_slope_and_intercept_are_found_with_intervals() -> None:
    found = fitted(cohort(OUTCOME))
    assert found.slope.low < 0.6 < found.slope.high
    assert found.intercept.low < 0.5 < found.intercept.high
    calibration = found.manifest.calibration
    assert (calibration.intercept, calibration.slope) == (found.intercept.value, found.slope.value)


def test_a_censored_outcome_is_calibrated_at_its_horizon() -> None:
    happens = GENERATOR.exponential(5 / np.exp(0.3 + 0.8 * MARGIN))
    seen = Survival(np.minimum(happens, 8), happens <= 8)
    made = msgspec.structs.replace(manifest(), link=Link.CLOGLOG, horizon=Horizon(years=5))
    found = fitted(cohort(seen), made)
    assert found.slope.low < 0.8 < found.slope.high
    assert found.intercept.low < 0.3 < found.intercept.high


def test_a_threshold_keeps_the_patients_whom_it_flags() -> None:
    before, after = manifest(), fitted(cohort(OUTCOME)).manifest
    margin = before.calibration.intercept + before.calibration.slope * MARGIN
    now = after.calibration.intercept + after.calibration.slope * MARGIN
    flagged = logistic(margin) >= before.threshold("alert").risk
    threshold = after.threshold("alert")
    assert ((logistic(now) >= threshold.risk) == flagged).all()
    assert threshold.ppv == pytest.approx(OUTCOME[flagged].mean(), abs=1e-4)


def test_the_observed_risks_are_those_of_the_site() -> None:
    assert sum(each.n for each in fitted(cohort(OUTCOME)).manifest.observed) == 3000


def test_the_new_manifest_can_be_read_again() -> None:
    made = fitted(cohort(OUTCOME)).manifest
    assert manifests.read(manifests.written(made)) == made
    assert made.version == "1+site"
    assert made.golden == manifest().golden


@pytest.mark.parametrize("link", [Link.LOGISTIC, Link.CLOGLOG])
def test_a_risk_moves_with_its_margin(link: Link) -> None:
    before, after = Calibration(intercept=-0.1, slope=0.9), Calibration(intercept=0.4, slope=1.2)
    margin = 0.7
    risk = link.inverse(-0.1 + 0.9 * margin)
    assert moved(risk, before, after, link) == pytest.approx(link.inverse(0.4 + 1.2 * margin))


def test_a_threshold_of_an_alert_budget_is_set_again_for_so_many_alerts_at_the_site() -> None:
    stay, hour = np.divmod(np.arange(3000), 20)
    hourly = replace(cohort(OUTCOME), patients=stay, stays=stay, hours=hour)
    elsewhere = AlertBudget(alerts_per_100_patient_days=20)
    made = manifest()
    budgeted = msgspec.structs.replace(
        made,
        thresholds=tuple(
            msgspec.structs.replace(each, budget=elsewhere) for each in made.thresholds
        ),
    )
    found = recalibrated(
        budgeted,
        hourly,
        MARGIN,
        version="1+site",
        alerts_per_100_patient_days=50,
        bootstrap=Bootstrap(10),
        progress=silent,
    ).manifest.threshold("alert")
    assert found.budget == AlertBudget(alerts_per_100_patient_days=50, at_site=True)
    now = fitted(hourly, budgeted).manifest.threshold("alert")
    assert (now.budget, now.risk == found.risk) == (elsewhere, False)


def test_a_budget_is_not_for_a_model_without_a_threshold_that_one_sets() -> None:
    with pytest.raises(ValueError, match="no threshold that an alert budget sets"):
        recalibrated(
            manifest(),
            cohort(OUTCOME),
            MARGIN,
            version="1+site",
            alerts_per_100_patient_days=50,
            bootstrap=Bootstrap(10),
            progress=silent,
        )


def test_few_events_are_not_fitted_to() -> None:
    few = OUTCOME & (np.cumsum(OUTCOME) < 100)
    with pytest.raises(ValueError, match="100 patients with the outcome"):
        fitted(cohort(few))


def test_a_margin_that_misleads_is_not_fitted() -> None:
    with pytest.raises(ValueError, match="does not rise"):
        fitted(cohort(GENERATOR.random(3000) < logistic(-1 - MARGIN)))
