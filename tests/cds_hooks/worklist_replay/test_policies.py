import numpy as np

from cds_hooks.worklist_replay.policies import Rule, Seen, alerts, optimised, top_risks

SEEN = Seen(
    np.array([7, 8, 9, 10]), np.array([0.3, 0.1, 0.2, 0.05]), np.array([2.0, np.inf, np.inf, 9.0])
)


def test_the_highest_risks_are_of_those_whose_interval_is_over() -> None:
    assert top_risks(Rule(2, 4))(SEEN).tolist() == [2, 1]
    assert top_risks(Rule(2, 1))(SEEN).tolist() == [0, 2]


def test_alerts_have_no_capacity() -> None:
    assert alerts(0.1, Rule(1, 4))(SEEN).tolist() == [1, 2]


def test_the_optimiser_reviews_no_more_than_the_capacity_and_no_one_too_soon() -> None:
    assert sorted(optimised(Rule(2, 4))(SEEN).tolist()) == [1, 2]


def test_the_optimiser_lets_a_high_risk_wait_until_a_review_is_worth_more() -> None:
    seen = Seen(np.array([0, 1]), np.array([0.2, 0.15]), np.array([3.0, np.inf]))
    assert top_risks(Rule(1, 1))(seen).tolist() == [0]
    assert optimised(Rule(1, 1))(seen).tolist() == [1]
