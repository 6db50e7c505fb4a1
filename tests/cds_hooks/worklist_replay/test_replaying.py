import numpy as np
import pytest

from cds_hooks.worklist_replay.policies import Choose, Rule, Seen, alerts, optimised, top_risks
from cds_hooks.worklist_replay.replaying import oracle, possible, replay, threshold
from cds_hooks.worklist_replay.stays import Stays
from cds_hooks.worklist_replay.wards import Present, hours_of
from tests.cds_hooks.worklist_replay.cohorts import made


def alone(hours: int, stays: int = 1) -> list[Present]:
    """The first stays in so many of their hours."""
    return [Present(np.arange(stays), np.full(stays, hour)) for hour in range(hours)]


POLICIES = [top_risks(Rule(1, 4)), alerts(0.05, Rule(1, 4)), optimised(Rule(1, 4))]


@pytest.mark.parametrize("choose", POLICIES)
def test_no_policy_knows_when_a_record_ends_or_what_comes_later(choose: Choose) -> None:
    changed = np.array([0.2] * 12 + [0.9] * 28)
    short, long = (
        Stays("A", np.array([0]), np.array([n]), np.array([20.0]), changed[:n], {})
        for n in (12, 40)
    )
    first = replay(short, alone(12), choose)
    later = replay(long, alone(40), choose)
    assert first.hour.tolist() == [each for each in later.hour.tolist() if each < 12]


def test_a_policy_is_told_of_no_outcome() -> None:
    assert set(Seen.__slots__) == {"stay", "risk", "ago"}


@pytest.mark.parametrize("choose", POLICIES)
def test_a_patient_is_not_reviewed_again_within_the_interval(choose: Choose) -> None:
    hours = replay(made([np.inf]), alone(30), choose).hour
    assert len(hours) > 1
    assert np.diff(hours).min() >= 4


def test_the_oracle_sees_each_event_once_where_an_alarm_is_worth_most() -> None:
    stays = made([20.0, np.inf, 25.0])
    reviews = oracle(stays, alone(30, 3), Rule(1, 1))
    assert list(zip(reviews.stay.tolist(), reviews.hour.tolist(), strict=True)) == [
        (0, 14),
        (2, 19),
    ]


def test_an_event_could_be_seen_only_if_the_stay_was_there_in_time() -> None:
    assert possible(made([20.0, 3.0, 2.0, np.inf]), alone(30, 4)).tolist() == [1.0, 1.0, 0.0, 0.0]
    assert possible(made([20.0]), alone(8)).tolist() == [0.0]


def test_the_threshold_of_alerts_keeps_to_the_capacity_on_the_stays_that_it_is_set_on() -> None:
    stays = made([np.inf] * 60, risk=np.linspace(0.01, 0.5, 60).tolist())
    hours, rule = hours_of(stays, beds=10, seed=3), Rule(1, 6)
    at = threshold(stays, hours, rule)
    assert 0 < len(replay(stays, hours, alerts(at, rule)).stay) <= len(hours)
