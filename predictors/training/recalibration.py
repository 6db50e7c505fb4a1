"""Fits a model's calibration to a site's own patients: the same trees, another size of risk."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from predictors.manifest import AlertBudget, Calibration, Manifest, Threshold
from predictors.predictor import Link
from predictors.training import calibration, record, stay_alerts, survival
from predictors.training.cohort import Cohort, Floats, Survival
from predictors.training.intervals import Bootstrap, Estimate, estimates
from predictors.training.measures import sampling
from predictors.training.progress import Progress
from predictors.training.validation import predicted

FEWEST_EVENTS = 100
"""Patients with the outcome below which a slope is more of chance than of care."""


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """The site's calibration with its 95 % intervals, and the manifest of the new version."""

    intercept: Estimate
    slope: Estimate
    manifest: Manifest


def recalibrated(
    made: Manifest,
    cohort: Cohort,
    margin: Floats,
    *,
    version: str,
    alerts_per_100_patient_days: float | None = None,
    bootstrap: Bootstrap,
    progress: Progress,
) -> Recalibrated:
    """Fits slope and intercept on the trees' own margins [n], before any calibration.

    Thresholds keep the patients whom they flag, and so change their risk; what they mean and the
    observed risks are those of these patients. With `alerts_per_100_patient_days` the threshold
    that an alert budget set is set again, for so many alerts here. Raises ValueError for fewer than
    100 patients with the outcome, if the risk does not rise with the margin, or for a budget of a
    model or of data without hours.
    """
    if len(np.unique(cohort.patients[cohort.events])) < FEWEST_EVENTS:
        raise ValueError(f"a recalibration needs {FEWEST_EVENTS} patients with the outcome")
    horizon = float(made.horizon.years)
    fit = _fit(cohort, margin, horizon)
    found = estimates(fit, cohort.patients, bootstrap, progress=progress)
    intercept, slope = found["intercept"], found["slope"]
    if not slope.value > 0:
        raise ValueError("the risk of these patients does not rise with the model's margin")
    fitted = Calibration(intercept=intercept.value, slope=slope.value)
    return Recalibrated(
        intercept,
        slope,
        _manifest(
            made,
            cohort,
            margin,
            fitted=fitted,
            version=version,
            budget=_budget(made, alerts_per_100_patient_days),
        ),
    )


def _budget(made: Manifest, alerts: float | None) -> AlertBudget | None:
    if alerts is None:
        return None
    if not any(each.budget for each in made.thresholds):
        raise ValueError(f"{made.model} has no threshold that an alert budget sets")
    return AlertBudget(alerts_per_100_patient_days=alerts, at_site=True)


def _fit(cohort: Cohort, margin: Floats, horizon: float) -> Callable[[Floats], dict[str, float]]:
    outcome = cohort.outcome

    def numbers(weights: Floats) -> dict[str, float]:
        if isinstance(outcome, Survival):
            found = survival.fitted(outcome, margin, weights, horizon=horizon)
        else:
            found = calibration.fitted(weights * outcome, weights, margin)
        return {"intercept": found.intercept, "slope": found.slope}

    return numbers


def _manifest(
    made: Manifest,
    cohort: Cohort,
    margin: Floats,
    *,
    fitted: Calibration,
    version: str,
    budget: AlertBudget | None,
) -> Manifest:
    risks = predicted(fitted.intercept + fitted.slope * margin, made.link)
    horizon = float(made.horizon.years)
    sample = sampling(cohort, risks, horizon=horizon)(np.ones(len(cohort)))
    thresholds = []
    for each in made.thresholds:
        risk = moved(each.risk, made.calibration, fitted, made.link)
        if each.budget and budget:
            alerts = budget.alerts_per_100_patient_days
            risk = stay_alerts.threshold_for(cohort, risks.risk, alerts)
            each = replace(each, budget=budget)
        thresholds.append(_threshold(each, risk, sample.flagged(risk).measures()))
    return replace(
        made,
        version=version,
        calibration=fitted,
        thresholds=tuple(thresholds),
        observed=record.observed(cohort, risks.risk, horizon=horizon),
    )


def _threshold(before: Threshold, risk: float, found: dict[str, float]) -> Threshold:
    """With what it means for these patients; as before where it finds none of them."""
    named = ("sensitivity", "ppv", "nne", "alerts_per_100")
    values = {each: round(found[each], 4) for each in named}
    return replace(before, risk=risk, **(values if np.isfinite([*values.values()]).all() else {}))


def moved(risk: float, before: Calibration, after: Calibration, link: Link) -> float:
    """The risk that the new calibration gives to whom the old one gave this risk."""
    margin = (_margin(risk, link) - before.intercept) / before.slope
    return float(predicted(np.array([after.intercept + after.slope * margin]), link).risk[0])


def _margin(risk: float, link: Link) -> float:
    if link is Link.LOGISTIC:
        return float(np.log(risk / (1 - risk)))
    return float(np.log(-np.log1p(-risk)))
