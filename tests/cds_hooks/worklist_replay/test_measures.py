import numpy as np
import pytest

from cds_hooks.worklist_replay.measures import compared, counted
from cds_hooks.worklist_replay.replaying import Reviews
from cds_hooks.worklist_replay.wards import Present
from predictors.training.intervals import Bootstrap
from tests.cds_hooks.worklist_replay.cohorts import made

HOURS = [Present(np.arange(4), np.full(4, hour)) for hour in range(30)]


def reviews(*made: tuple[int, int]) -> Reviews:
    return Reviews(*(np.array(each, dtype=np.int64) for each in zip(*made, strict=True)))


@pytest.mark.parametrize(("hour", "seen"), [(7, 0), (8, 1), (17, 1), (18, 0), (25, 0)])
def test_an_event_is_seen_from_twelve_to_three_hours_before_it(hour: int, seen: int) -> None:
    assert counted(made([20.0]), reviews((0, hour))).seen.tolist() == [seen]


def test_an_event_counts_once_with_the_lead_of_the_first_review_in_time() -> None:
    found = counted(made([20.0]), reviews((0, 2), (0, 10), (0, 16)))
    assert (found.reviews.tolist(), found.seen.tolist(), found.lead.tolist()) == ([3], [1], [10])


def test_the_utility_is_that_of_the_best_alarm_less_the_false_ones() -> None:
    stays = made([20.0, np.inf])
    assert counted(stays, reviews((0, 14))).utility[0] == pytest.approx(1)
    assert counted(stays, reviews((0, 11), (0, 14), (0, 2))).utility[0] == pytest.approx(0.95)
    assert counted(stays, reviews((1, 5), (1, 15))).utility[1] == pytest.approx(-0.1)
    assert counted(stays, reviews((0, 28))).utility[0] == 0  # the treatment has begun


def test_policies_are_compared_on_the_same_resampled_stays() -> None:
    stays = made([20.0, np.inf, 22.0, 15.0])
    one = reviews((0, 12), (1, 3))
    both = reviews((0, 12), (2, 12))
    found = compared(stays, HOURS, {"top": one, "plan": both})
    measures = found.measures(Bootstrap(50))
    assert measures["top per 100 reviews"].value == 50
    assert measures["plan per 100 reviews"].value == 100
    assert measures["plan more"].value == 1
    assert (measures["top more"].low, measures["top more"].high) == (0, 0)
    assert measures["plan share"].value == pytest.approx(2 / 3)
    assert found.base == "top"


def test_groups_tell_of_their_own_events_and_reviews() -> None:
    stays = made([20.0, np.inf, 22.0, 15.0])
    found = compared(stays, HOURS, {"top": reviews((0, 12), (1, 3))}).by_group("top")
    assert found["sex", "female"] == (0.5, 2, 0.5)
    assert found["sex", "male"] == (0.0, 1, 0.5)
