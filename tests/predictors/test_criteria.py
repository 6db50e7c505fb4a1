import pytest

from predictors.criteria import MET, SINCE, latest_run, met, spread
from predictors.predictor import Series


@pytest.mark.parametrize(
    ("series", "run"),
    [
        ((), ()),
        (((9.0, 1.0),), ()),
        (((9.0, 5.0), (3.0, 1.0)), ()),
        (((9.0, 5.0), (6.0, 1.0), (3.0, 6.0), (1.0, 7.0)), ((3.0, 6.0), (1.0, 7.0))),
        (((9.0, 5.0), (3.0, 6.0)), ((9.0, 5.0), (3.0, 6.0))),
    ],
)
def test_a_run_begins_after_the_last_value_that_was_not_abnormal(
    series: Series, run: Series
) -> None:
    assert latest_run(series, lambda value: value >= 5) == run


def test_a_run_spreads_from_its_first_to_its_last_value() -> None:
    assert spread(()) == 0
    assert spread(((8.0, 1.0),)) == 0
    assert spread(((98.25, 1.0), (50.0, 1.0), (8.25, 1.0))) == 90


def test_whole_days_are_not_lost_to_rounding() -> None:
    first, last = 90 + 1538 / 24, 1538 / 24
    assert first - last < 90
    assert spread(((first, 1.0), (last, 1.0))) == 90


def test_the_oldest_of_what_counts_says_since_when() -> None:
    count, since = met({"a": 1.0, "b": 1.0}, since={"a": 30.0, "b": 80.0}, note="both")
    assert (count.outcome, count.value, count.note) == (MET, 2.0, "both")
    assert (since.outcome, since.value, since.unit) == (SINCE, 80.0, "d")


def test_nothing_counts_since_never() -> None:
    assert [each.value for each in met({"a": 0.0}, since={}, note="")] == [0.0, 0.0]
