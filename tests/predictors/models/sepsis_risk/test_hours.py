"""What the sequence model of sepsis reads: for a chart the same bits as in training."""

import numpy as np

from predictors.hourly import Floats
from predictors.models.sepsis_risk.features import LAB_HOURS, LABS, VARIABLES, VITAL_HOURS, VITALS
from predictors.models.sepsis_risk.hours import COLUMNS, SEQUENCE, STEPS, hours, sequence_row
from tests.predictors.models.sepsis_risk.test_features import facts, stay

NEWEST = {each.name: place for place, each in enumerate(SEQUENCE)}


def rows(history: Floats) -> Floats:
    """The row of each hour [T, SEQUENCE], as training makes them."""
    before = np.full((STEPS - 1, COLUMNS), np.nan)
    padded = np.concatenate([before, hours(history)])
    return np.array([[*padded[t : t + STEPS].ravel(), 60.0] for t in range(len(history))])


def test_a_chart_has_the_bits_that_its_hours_have_in_training() -> None:
    history = stay(100)
    made = rows(history)
    for now in range(0, 100, 3):
        assert np.array_equal(sequence_row(facts(history, now)), made[now], equal_nan=True)


def test_a_rare_value_reaches_as_far_as_the_trees_read_and_no_further() -> None:
    history = np.full((LAB_HOURS + 1, len(VARIABLES)), np.nan)
    history[0] = 50.0
    made = rows(history)
    for variables, most in ((VITALS, VITAL_HOURS), (LABS, LAB_HOURS)):
        columns = [
            i for i, each in enumerate(SEQUENCE) if each.input in {v.name for v in variables}
        ]
        assert not np.isnan(made[most - 1, columns]).all()
        assert np.isnan(made[most, columns]).all()


def test_nothing_is_carried_from_one_stay_into_the_next() -> None:
    first, second = stay(30), stay(20, seed=4)
    both = hours(np.concatenate([first, second]), [0, 30])
    assert np.array_equal(both, np.concatenate([hours(first), hours(second)]), equal_nan=True)


def test_what_was_measured_before_intensive_care_does_not_count() -> None:
    history = stay(40)
    since = facts(history, 39, intensive_care_hours=10.0)
    later = np.where(np.arange(40)[:, None] < 29, np.nan, history)
    assert np.array_equal(sequence_row(since), sequence_row(facts(later, 39)), equal_nan=True)
    assert not np.array_equal(sequence_row(since), sequence_row(facts(history, 39)), equal_nan=True)


def test_a_value_is_credited_to_its_input_and_a_result_tells_how_old_it_is() -> None:
    history = np.full((10, len(VARIABLES)), np.nan)
    lactate = [each.name for each in VARIABLES].index("lactate")
    history[4, lactate] = 3.1
    row = sequence_row(facts(history, 9))
    assert row[NEWEST["lactate_0h_ago"]] == 3.1
    assert row[NEWEST["lactate_hours_since_0h_ago"]] == 5.0
    assert row[NEWEST["lactate_hours_since_5h_ago"]] == 0.0
    assert np.isnan(row[NEWEST["lactate_6h_ago"]])
    assert SEQUENCE[NEWEST["lactate_hours_since_5h_ago"]].input == "lactate"
    assert row[NEWEST["age"]] == 60.0
