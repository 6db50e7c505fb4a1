"""What is read off the first 48 hours: nothing else, by its time, alone as in a batch."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.models.icu_mortality_risk import icu_mortality_risk
from predictors.models.icu_mortality_risk.features import (
    BINS,
    COLUMNS,
    EDGES,
    FEATURES,
    HOURS,
    VARIABLES,
    features,
    history,
    row,
)
from predictors.predictor import NotAssessed, Series, Value

NAMES = [each.name for each in FEATURES]


def at(*values: tuple[float, float], stayed: float = HOURS) -> Series:
    """A series of (hours after admission, value), as a chart gives it after so many hours."""
    return tuple(((stayed - hour) / 24, value) for hour, value in values)


def read(stayed: float = HOURS, **facts: Value) -> dict[str, float]:
    known: dict[str, Value] = {"age": 60.0, "intensive_care_hours": stayed, **facts}
    return dict(zip(NAMES, row(known).tolist(), strict=True))


def test_each_summary_is_of_its_own_hours() -> None:
    found = read(gcs_total=at((1, 15), (30, 7), (47.5, 11)))
    assert found["gcs_total_last"] == 11
    assert (found["gcs_total_day1_max"], found["gcs_total_day2_max"]) == (15, 11)
    assert (found["gcs_total_day2_min"], found["gcs_total_late_min"]) == (7, 11)
    assert (found["gcs_total_mean"], found["gcs_total_change"]) == (11, -4)


def test_urine_is_added_up_within_the_hour_and_over_hours() -> None:
    found = read(urine_output=at((1.2, 100), (1.4, 50), (40, 300)), weight=75.0)
    assert (found["urine_output_total"], found["urine_output_max"]) == (450, 300)
    assert (found["urine_output_day1_total"], found["urine_output_late_total"]) == (150, 300)
    assert (found["urine_per_kg"], found["urine_per_kg_day2"]) == (6, 4)
    assert found["urine_output_driest"] == 0


def test_the_share_of_hours_beyond_the_edges_is_of_the_hours_measured() -> None:
    low, high = EDGES["lactate"]
    found = read(lactate=at((1, low - 0.1), (2, low), (5, high + 1), (9, high + 2)))
    assert (found["lactate_low_share"], found["lactate_high_share"]) == (0.25, 0.5)
    assert np.isnan(read()["lactate_low_share"])


def test_the_edges_are_those_of_the_first_columns_in_their_order() -> None:
    assert COLUMNS[: len(EDGES)] == tuple(EDGES)


def test_of_peep_only_when_it_was_charted_counts() -> None:
    found, other = (read(peep=at((2, value), (30, value))) for value in (5.0, 12.0))
    assert (found["peep_span"], found["peep_since"]) == (28, 18)
    assert found["peep_since"] == other["peep_since"]
    assert np.isnan(read()["peep_span"])


def test_two_measurements_are_taken_together_while_they_are_fresh() -> None:
    fresh = read(pao2=at((20, 80)), fio2=at((10, 50)))["pf_ratio_mean"]
    assert fresh == 160
    assert np.isnan(read(pao2=at((20, 80)), fio2=at((5, 50)))["pf_ratio_mean"])
    assert read(heart_rate=at((20, 90)), sbp=at((19, 60)))["shock_index_max"] == 1.5
    assert np.isnan(read(heart_rate=at((20, 90)), sbp=at((16, 60)))["shock_index_max"])


def test_a_mean_pressure_that_was_not_charted_is_taken_from_the_other_two() -> None:
    charted = read(map=at((3, 55)), sbp=at((3, 120), (30, 90)), dbp=at((3, 60), (30, 45)))
    assert (charted["map_min"], charted["map_day2_min"]) == (55, 60)


def test_the_moment_of_admission_counts_and_what_is_before_or_after_does_not() -> None:
    assert read(bun=at((0, 30)))["bun_first"] == 30
    within = at((-0.1, 50), (10, 30), stayed=60)
    assert read(60.0, bun=within)["bun_max"] == 30
    assert read(60.0, bun=at((10, 30), (48.1, 99), stayed=60))["bun_max"] == 30


@given(st.integers(0, 24 * 60))
def test_when_the_chart_is_asked_changes_nothing(later: int) -> None:
    stayed = HOURS + later / 60
    hours = [(0.0, 80.0), (1.0, 85.0), (13.5, 90.0), (47.0, 70.0), (48.0, 75.0)]
    then = read(heart_rate=at(*hours), urine_output=at(*hours))
    now = read(stayed, heart_rate=at(*hours, stayed=stayed), urine_output=at(*hours, stayed=stayed))
    assert np.array_equal(list(then.values()), list(now.values()), equal_nan=True)


def test_a_stay_has_alone_the_bits_that_it_has_in_a_batch() -> None:
    random = np.random.default_rng(3)
    grids = np.round(random.uniform(20, 99, (40, BINS, len(VARIABLES))), 1)
    grids[random.random(grids.shape) < 0.7] = np.nan
    weight, age = random.uniform(50, 90, 40), random.uniform(20, 90, 40)
    batch = features(grids, weight, age)
    alone = [features(grids[[n]], weight[[n]], age[[n]])[0] for n in range(40)]
    assert np.array_equal(batch, np.array(alone), equal_nan=True)


@given(st.permutations([(1.0, 10.1), (1.2, 20.2), (1.3, 0.3), (2.0, 7.7)]))
def test_the_order_of_a_series_changes_nothing(shuffled: list[tuple[float, float]]) -> None:
    facts: dict[str, Any] = {"intensive_care_hours": 48.0}
    made = (
        history({**facts, "urine_output": at(*each), "bun": at(*each)})
        for each in (shuffled, sorted(shuffled))
    )
    first, second = made
    assert np.array_equal(first, second, equal_nan=True)


def test_ages_above_89_are_those_of_training() -> None:
    assert read(age=97.0)["age"] == 90


@pytest.mark.parametrize("stayed", [47.9, 72.1])
def test_before_the_48_hours_are_complete_or_a_day_later_it_refuses(stayed: float) -> None:
    with pytest.raises(NotAssessed, match="intensive_care_hours"):
        icu_mortality_risk.assess({"age": 60.0, "intensive_care_hours": stayed})


def test_without_the_time_of_admission_it_refuses() -> None:
    with pytest.raises(NotAssessed, match="no usable intensive_care_hours"):
        icu_mortality_risk.assess({"age": 60.0})
