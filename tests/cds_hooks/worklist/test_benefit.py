import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.worklist.benefit import gains, last_reviewed, reviewed_now, widest
from cds_hooks.worklist.candidates import AssessedRisk, Candidate
from tests.cds_hooks.worklist.wards import SEPSIS, person, site


def test_a_first_review_finds_the_events_of_its_whole_window() -> None:
    (now,) = reviewed_now([person("a", 0.1)], site())
    # 0.1 in 6 hours, for the 10 hours from 3 to 12 before the onset
    assert now == pytest.approx(1 - 0.9 ** (10 / 6))


def test_a_review_soon_after_another_finds_only_what_that_one_did_not_cover() -> None:
    soon, none_new = reviewed_now([person("a", 0.1, 4.0), person("b", 0.1, 0.0)], site())
    assert soon == pytest.approx(1 - 0.9 ** (4 / 6))
    assert none_new == 0


def test_a_review_longer_ago_than_the_window_is_as_good_as_none() -> None:
    never, long_ago = reviewed_now([person("a", 0.1), person("b", 0.1, 40.0)], site())
    assert never == long_ago


def test_who_is_not_assessed_gains_nothing_here() -> None:
    assert reviewed_now([person("a", None)], site()).tolist() == [0.0]


def test_worth_and_what_a_review_changes_multiply() -> None:
    stated = {SEPSIS: {"horizon": 6, "earliest": 12, "latest": 3, "worth": 2.0, "changes": 0.5}}
    assert reviewed_now([person("a", 0.1)], site(services=stated)) == pytest.approx(
        reviewed_now([person("a", 0.1)], site())
    )


def test_an_expected_later_risk_counts_from_its_hour_on() -> None:
    rising = Candidate("a", (AssessedRisk(SEPSIS, risk=0.1, later=(0.2, 0.3)),))
    by_hour = gains([rising], site())[0, :, widest(site())]
    assert by_hour[0] < by_hour[1] < by_hour[2]
    held = by_hour[3] / by_hour[2]
    assert by_hour[11] == pytest.approx(by_hour[2] * held**9)  # nothing but the event before it


def test_no_known_review_is_infinitely_long_ago() -> None:
    assert last_reviewed([person("a", 0.1), person("b", 0.1, 3.0)]).tolist() == [math.inf, 3.0]


@given(st.floats(0, 1), st.floats(0, 1))
def test_now_a_higher_risk_is_never_worth_less(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = gains([person("a", low), person("b", high)], site())[:, 0]
    assert np.all(found[0] <= found[1])


def test_a_high_risk_loses_more_by_waiting_than_a_low_one() -> None:
    found = gains([person("a", 0.02), person("b", 0.4)], site())[:, :, widest(site())]
    low, high = found[:, 1] / found[:, 0]
    assert high < low < 1
