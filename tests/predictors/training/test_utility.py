import numpy as np
import pytest

from predictors.training.cohort import Cohort
from predictors.training.utility import gains, normalised


def stay(labels: list[int], number: int = 0) -> Cohort:
    count = len(labels)
    one = np.full(count, number, np.int64)
    hours = np.arange(1, count + 1)
    return Cohort(
        "a stay", (), one, np.empty((count, 0)), np.array(labels, bool), stays=one, hours=hours
    )


def test_the_challenges_own_example() -> None:
    # Six hours, labelled from the fifth on, alarms from the third: its utility is 3.3888888889; an
    # hour of silence three hours before onset would have cost 2/9.
    gained = gains(stay([0, 0, 0, 0, 1, 1]))
    assert gained @ [0, 0, 1, 1, 1, 1] == pytest.approx(3.388888888888889 + 2 / 9)


def test_an_alarm_is_worth_most_six_hours_before_onset() -> None:
    # Labelled from hour 20 (index) on, so onset is at 26: nothing counts after 29.
    gained = gains(stay([0] * 20 + [1] * 15))
    assert gained[20] == 1.0
    assert gained[:13] == pytest.approx(-0.05)
    assert gained[14] == pytest.approx(0.0)
    assert gained[17] == pytest.approx(0.5)
    assert gained[26] == pytest.approx(1 / 3 + 4 / 3)
    assert gained[29] == pytest.approx(2.0)
    assert not gained[30:].any()


def test_each_alarm_for_who_never_becomes_septic_costs_a_twentieth() -> None:
    assert gains(stay([0, 0, 0])) == pytest.approx(-0.05)


def test_perfect_alarms_earn_one_and_silence_nothing() -> None:
    gained = gains(stay([0] * 20 + [1] * 10))
    assert normalised(gained, gained > 0, np.ones(30)) == 1.0
    assert normalised(gained, np.zeros(30, bool), np.ones(30)) == 0.0


def test_a_cohort_without_hours_has_no_utility() -> None:
    flags = np.array([True, False])
    with pytest.raises(ValueError, match="stay and hour"):
        gains(Cohort("visits", (), np.arange(2), np.empty((2, 0)), flags))
