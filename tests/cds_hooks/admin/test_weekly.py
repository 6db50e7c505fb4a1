"""A week is outside of its control limits only where chance seldom brings it there."""

from datetime import date, timedelta

import pytest

from cds_hooks.admin.weekly import controlled

MONDAY = date(2026, 3, 2)


def counts(*overridden: int, answered: int = 100) -> dict[date, tuple[int, int]]:
    return {
        MONDAY + timedelta(weeks=week): (answered, number) for week, number in enumerate(overridden)
    }


def test_limits_are_three_standard_errors_around_the_rate_of_all() -> None:
    first, _ = controlled(counts(40, 60))
    assert first.limits == pytest.approx((0.35, 0.65))


def test_one_week_that_differs_is_outside_and_the_others_are_not() -> None:
    assert [each.beyond for each in controlled(counts(50, 50, 50, 50, 85))] == [
        *[False] * 4,
        True,
    ]


def test_the_same_difference_of_few_cards_is_within() -> None:
    assert not any(each.beyond for each in controlled(counts(3, 3, 3, 3, 5, answered=6)))


def test_where_every_card_was_overridden_no_week_is_outside() -> None:
    found = controlled(counts(100, 100))
    assert [(each.limits, each.beyond) for each in found] == [((1.0, 1.0), False)] * 2


def test_without_an_answered_card_there_is_no_week() -> None:
    assert controlled({}) == ()
