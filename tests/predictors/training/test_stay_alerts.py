"""What a threshold means for stays: who is alerted in time, how often, and how long before."""

import numpy as np
import pytest

from predictors.training.cohort import Cohort
from predictors.training.stay_alerts import in_time, measuring, raised, stays_of, threshold_for

HOURS = 40
LABEL = 20
"""The hour in which the label of the septic stay turns true: its onset is six hours later."""


def three() -> Cohort:
    """A septic stay, one without sepsis, and one that is labelled from its first hour."""
    stay, hour = np.divmod(np.arange(3 * HOURS), HOURS)
    outcome = ((stay == 0) & (hour >= LABEL)) | (stay == 2)
    return Cohort("three", (), stay, np.empty((len(stay), 0)), outcome, stays=stay, hours=hour)


def risk(*flagged: tuple[int, int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A high risk in those hours of those stays."""
    made = np.zeros(3 * HOURS)
    for stay, hour in flagged:
        made[stay * HOURS + hour] = 0.9
    return made


def measured(*flagged: tuple[int, int]) -> dict[str, float]:
    return measuring(three(), risk(*flagged), 0.5)(np.ones(3 * HOURS))


@pytest.mark.parametrize(
    ("hour", "lead"), [(LABEL - 6, 12), (LABEL, 6), (LABEL + 3, 3), (LABEL - 7, 0), (LABEL + 4, 0)]
)
def test_an_alert_from_twelve_to_three_hours_before_the_onset_is_in_time(
    hour: int, lead: int
) -> None:
    found = measured((0, hour))
    assert found["stay_sensitivity"] == (1.0 if lead else 0.0)
    assert found["lead"] == lead or not lead


def test_after_an_alert_there_is_none_for_six_hours() -> None:
    stays = stays_of(three())
    many = risk(*((1, hour) for hour in range(3, 17))) > 0.5
    assert (np.flatnonzero(raised(stays, many)) - HOURS).tolist() == [3, 9, 15]


def test_hours_from_the_onset_on_and_stays_without_a_known_onset_do_not_count() -> None:
    stays = stays_of(three())
    assert stays.watched.reshape(3, HOURS).sum(axis=1).tolist() == [LABEL + 6, HOURS, 0]
    assert stays.unknown.tolist() == [False, False, True]
    nothing = measured((0, LABEL + 6), (2, 0), (2, 10))
    assert nothing["alerts_per_100_patient_days"] == 0
    assert np.isnan(nothing["stay_ppv"])
    assert np.isnan(nothing["lead"])


def test_alerts_are_counted_by_patient_days_watched() -> None:
    found = measured((0, LABEL), (1, 5), (1, 30))
    assert found["alerts_per_100_patient_days"] == pytest.approx(3 / (66 / 24) * 100)
    assert found["alert_ppv"] == pytest.approx(1 / 3)
    assert found["stay_ppv"] == 0.5


def test_the_end_of_a_record_changes_nothing_before_it() -> None:
    whole, at = three(), risk((0, LABEL), (1, 5))
    stay, hour = np.divmod(np.arange(3 * HOURS), HOURS)
    kept = (stay != 0) | (hour < LABEL + 6)
    cut = whole.take(kept)
    before = measuring(whole, at, 0.5)(np.ones(len(whole)))
    assert measuring(cut, at[kept], 0.5)(np.ones(len(cut))) == before


def test_a_threshold_keeps_the_budget_and_wastes_none_of_it() -> None:
    cohort, chance = three(), np.random.default_rng(1).random(3 * HOURS)
    budget = 150.0
    stays = stays_of(cohort)
    most = budget / 100 * stays.watched.sum() / 24
    limit = threshold_for(cohort, chance, budget)
    assert raised(stays, chance >= limit).sum() <= most
    assert raised(stays, chance >= limit - 0.05).sum() > most


def test_in_time_are_hours_of_the_septic_stay_alone() -> None:
    found = np.flatnonzero(in_time(three()))
    assert found.tolist() == list(range(LABEL - 6, LABEL + 4))


def test_rows_without_hours_have_no_stays() -> None:
    bare = Cohort("bare", (), np.arange(2), np.empty((2, 0)), np.array([True, False]))
    with pytest.raises(ValueError, match="stay and hour"):
        stays_of(bare)
