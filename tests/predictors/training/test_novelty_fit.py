"""Novelty as it is fitted refuses few of either class and few septic stays, and is counted."""

import numpy as np
import pytest

from predictors.training import novelty_fit
from predictors.training.cohort import Cohort
from predictors.training.refusals import refusals
from predictors.training.stay_alerts import in_time

STAYS, HOURS = 100, 40


def made_up() -> Cohort:
    """Every other stay is septic from its 21st hour on, and its values lie wider."""
    stay, hour = np.divmod(np.arange(STAYS * HOURS), HOURS)
    septic = stay % 2 == 0
    chance = np.random.default_rng(5)
    rows = chance.normal(100, 10, (len(stay), 3))
    rows = np.where(septic[:, None], 100 + 1.5 * (rows - 100), rows)
    rows[chance.random(rows.shape) < 0.2] = np.nan
    rows = np.column_stack([rows, np.full(len(stay), np.nan)])
    unit = np.where(stay % 5 == 0, "surgical", "medical")
    return Cohort(
        "made up",
        ("a", "b", "c", "never"),
        stay,
        rows,
        septic & (hour >= 20),
        {"unit": unit},
        stays=stay,
        hours=hour,
    )


def test_few_hours_of_either_class_and_few_septic_stays_are_refused() -> None:
    cohort = made_up()
    refused = novelty_fit.refused(cohort, novelty_fit.fitted(cohort, cohort.features))
    known = np.sum(~np.isnan(cohort.rows), axis=1) > 0
    assert refused[known].sum() > 0
    assert refused[known & cohort.events].mean() <= novelty_fit.HOURS_REFUSED
    assert refused[known & ~cohort.events].mean() <= novelty_fit.HOURS_REFUSED
    hit = np.unique(cohort.patients[known & refused & in_time(cohort)])
    assert len(hit) <= novelty_fit.STAYS_REFUSED * STAYS / 2


def test_a_feature_that_nobody_has_is_left_out() -> None:
    cohort = made_up()
    assert novelty_fit.fitted(cohort, cohort.features).features == ("a", "b", "c")


def test_the_refused_are_counted_by_class_by_stay_and_by_subgroup() -> None:
    cohort = made_up()
    everyone = refusals(cohort, np.ones(len(cohort), dtype=np.bool_))
    assert [(each.by, each.label) for each in everyone] == [
        ("all", ""),
        ("unit", "medical"),
        ("unit", "surgical"),
    ]
    assert everyone[0].septic_stays == STAYS / 2
    assert everyone[0].septic_stays_refused == everyone[0].with_outcome == 1.0
    one = np.zeros(len(cohort), dtype=np.bool_)
    one[20] = True
    found = refusals(cohort, one)[0]
    assert found.septic_stays_refused == pytest.approx(2 / STAYS)
    assert found.with_outcome == pytest.approx(1 / cohort.events.sum())
