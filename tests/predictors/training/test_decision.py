import numpy as np
import pytest

from predictors.training.decision import Flagged, flag_all


def test_what_a_threshold_means() -> None:
    # Of 1,000 with 100 events it flags 200, 60 of them rightly.
    measures = Flagged(0.2, 0.3, 0.1).measures()
    assert measures == pytest.approx(
        {
            "sensitivity": 0.6,
            "specificity": 1 - 140 / 900,
            "ppv": 0.3,
            "nne": 200 / 60,
            "alerts_per_100": 20,
        }
    )


def test_a_threshold_that_flags_nobody_has_no_ppv() -> None:
    measures = Flagged(0.0, float("nan"), 0.1).measures()
    assert measures["sensitivity"] == 0
    assert np.isnan([measures["ppv"], measures["nne"]]).all()


def test_a_false_alarm_costs_the_odds_of_the_threshold() -> None:
    assert Flagged(0.2, 0.3, 0.1).net_benefit(0.2) == pytest.approx(0.06 - 0.14 * 0.25)


def test_flagging_nobody_is_worth_nothing() -> None:
    assert Flagged(0.0, float("nan"), 0.1).net_benefit(0.2) == 0


def test_flagging_all_breaks_even_at_the_prevalence() -> None:
    assert flag_all(0.1).net_benefit(0.1) == pytest.approx(0)
