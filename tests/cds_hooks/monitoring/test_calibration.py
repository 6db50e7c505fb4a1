"""Calibration is measured as other programs measure it, and one bad month raises no alarm."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from cds_hooks.monitoring.calibration import (
    FEWEST_EVENTS,
    Performance,
    by_group,
    course,
    month,
    performance,
    told,
)
from cds_hooks.monitoring.labelled import Labelled
from predictors.training.intervals import Estimate

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def made(count: int = 4000, *, factor: float = 1.0, seed: int = 4) -> list[Labelled]:
    """Predictions whose outcomes are `factor` times as frequent as predicted."""
    draw = np.random.default_rng(seed)
    risks = draw.beta(1.2, 6, count)
    happened = draw.random(count) < risks * factor
    return [
        Labelled(
            "ehr",
            f"p{number}",
            BEGAN + timedelta(hours=number),
            "sepsis-risk",
            "2",
            "live",
            float(risk),
            bool(risk > 0.3),
            bool(event),
            6.0 if event else None,
        )
        for number, (risk, event) in enumerate(zip(risks, happened, strict=True))
    ]


def test_the_numbers_are_those_of_another_program() -> None:
    rows = made()
    found = performance("all", rows, replicates=20).estimates
    outcome = np.array([bool(each.happened) for each in rows])
    risk = np.array([each.risk for each in rows])
    margin = np.log(risk / (1 - risk)).reshape(-1, 1)
    fitted = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(margin, outcome)
    assert found["slope"].value == pytest.approx(fitted.coef_[0, 0], abs=1e-3)
    assert found["intercept"].value == pytest.approx(fitted.intercept_[0], abs=1e-3)
    assert found["AUROC"].value == pytest.approx(roc_auc_score(outcome, risk))
    assert found["observed to expected"].value == pytest.approx(outcome.sum() / risk.sum())
    alerted = risk > 0.3
    assert found["PPV of alerts"].value == pytest.approx(outcome[alerted].mean())


def test_a_model_that_is_right_has_its_ideal_within_the_interval() -> None:
    found = performance("all", made(), replicates=100).estimates
    for name, ideal in (("observed to expected", 1.0), ("slope", 1.0), ("intercept", 0.0)):
        assert found[name].low < ideal < found[name].high


def test_intervals_do_not_depend_on_what_patients_are_called() -> None:
    rows = made(600)
    renamed = [replace(each, patient=f"{each.patient} of another name") for each in rows]
    first, second = (performance("all", each, replicates=20) for each in (rows, renamed))
    assert first.estimates == second.estimates


def test_with_too_few_events_nothing_is_estimated_and_that_is_said() -> None:
    few = performance("few", [each for each in made(200) if not each.happened])
    assert few.estimates == {}
    assert f"{FEWEST_EVENTS} are needed" in "\n".join(told(few))


def test_months_are_groups_in_their_order() -> None:
    found = by_group(made(1500), month, replicates=5)
    assert [each.group for each in found] == ["2026-01", "2026-02", "2026-03"]
    assert sum(each.predictions for each in found) == 1500


def period(low: float | None, high: float | None) -> Performance:
    known = low is not None and high is not None
    ratio = {"observed to expected": Estimate(1.0, low or 0.0, high or 0.0)} if known else {}
    return Performance("m", 100, 0, 20, 10, ratio, None)


GOOD, BAD, UNKNOWN = period(0.9, 1.1), period(0.4, 0.6), period(None, None)


@pytest.mark.parametrize(
    ("periods", "raised"),
    [
        ([GOOD, BAD, GOOD, BAD], [False, False, False, False]),
        ([BAD, BAD], [False, True]),
        ([BAD, BAD, GOOD, GOOD], [False, True, True, False]),
        ([BAD, BAD, GOOD, BAD], [False, True, True, True]),
        ([BAD, UNKNOWN, BAD], [False, False, True]),
    ],
)
def test_an_alarm_needs_two_periods_running_and_ends_after_two(
    periods: list[Performance], raised: list[bool]
) -> None:
    assert [alarm for _, alarm in course(periods).periods] == raised


def test_an_interval_that_reaches_into_the_limits_is_not_beyond_them() -> None:
    assert not course([period(0.5, 0.85)] * 3).alarm
    assert course([period(1.3, 1.6)] * 2).alarm
