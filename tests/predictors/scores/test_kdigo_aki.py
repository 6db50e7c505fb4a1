import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.predictor import NotAssessed, RiskAssessment
from predictors.scores.kdigo_aki import Baseline, baseline, kdigo_aki

UMOL = 1 / 88.4
"""mg/dL in one umol/L, as the laboratory's result arrives: rounded to four decimals."""


def assessed(*creatinine: tuple[float, float]) -> RiskAssessment:
    return kdigo_aki.assess({"creatinine": creatinine})


def stage(*creatinine: tuple[float, float]) -> float:
    return assessed(*creatinine)["AKI stage"].value


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (1.0, 1.49, 0),
        (0.8, 1.2, 1),
        (1.0, 1.5, 1),
        (1.0, 1.99, 1),
        (1.0, 2.0, 2),
        (0.7, 2.09, 2),
        (0.7, 2.1, 3),
        (1.0, 2.9, 2),
        (1.0, 3.0, 3),
        (2.6, 3.9, 1),
        (2.6, 4.0, 3),
    ],
)
def test_stage_by_ratio_to_the_lowest_of_seven_days(
    before: float, now: float, expected: int
) -> None:
    assert stage((5, before), (0, now)) == expected
    assert stage((200, before), (0, now)) == expected


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(1.1, 1.4, 1), (1.0, 1.29, 0), (3.7, 4.0, 3), (3.8, 4.0, 0), (2.0, 2.3, 1)],
)
def test_a_rise_of_0_3_within_48_hours_is_an_injury(
    before: float, now: float, expected: int
) -> None:
    assert stage((2, before), (0, now)) == expected
    assert stage((2.01, before), (0, now)) == 0


@pytest.mark.parametrize(("rise", "expected"), [(26.0, 0), (26.4, 0), (26.5, 1), (27.0, 1)])
def test_the_rise_is_26_5_in_micromoles(rise: float, expected: int) -> None:
    before, now = round(100 * UMOL, 4), round((100 + rise) * UMOL, 4)
    assert stage((1, before), (0, now)) == expected


@pytest.mark.parametrize(("now", "expected"), [(59, 0), (60, 1), (80, 2), (119, 2), (120, 3)])
def test_ratios_survive_conversion_from_micromoles(now: float, expected: int) -> None:
    assert stage((100, round(40 * UMOL, 4)), (0, round(now * UMOL, 4))) == expected


def test_a_stable_high_creatinine_is_no_acute_injury() -> None:
    assert stage((300, 5.1), (100, 5.0), (1, 5.0), (0, 5.1)) == 0


def test_the_higher_of_the_ratios_to_the_week_and_to_the_year_decides() -> None:
    rising = ((300, 1.0), (200, 1.2), (7, 1.6), (3, 1.8), (0, 2.0))
    assert baseline(rising) == Baseline(1.1, "median of the 8 to 365 days before")
    assert stage(*rising) == 1
    recovered = ((300, 1.6), (200, 1.8), (7, 1.0), (0, 2.0))
    assert baseline(recovered) == Baseline(1.0, "lowest of the 7 days before")


def test_the_note_names_the_criterion_where_the_ratio_alone_does_not_explain_the_stage() -> None:
    assert assessed((1, 1.0), (0, 1.35))["AKI stage"].note == (
        "a rise of 0.35 mg/dL within 48 hours, 1.4 times the baseline"
    )
    assert assessed((1, 2.2), (0, 4.4))["AKI stage"].note == (
        "4.0 mg/dL or more with an acute rise, 2 times the baseline"
    )
    assert assessed((1, 1.0), (0, 3.0))["AKI stage"].note == "3 times the baseline"


def test_without_the_week_the_median_of_the_year_is_the_baseline() -> None:
    series = ((366.0, 9.0), (365.0, 1.0), (30.0, 1.4), (8.0, 1.1), (0.0, 2.2))
    found = assessed(*series)["baseline creatinine"]
    assert (found.value, found.unit) == (1.1, "mg/dL")
    assert found.note == "median of the 8 to 365 days before"
    assert stage(*series) == 2


def test_days_count_from_the_newest_result_not_from_the_assessment() -> None:
    assert baseline(((8.9, 1.0), (1.9, 2.0))) == Baseline(1.0, "lowest of the 7 days before")
    assert stage((3.9, 1.0), (1.9, 1.3)) == 1


@pytest.mark.parametrize(("days", "is_current"), [(0, True), (2, True), (2.01, False), (30, False)])
def test_only_a_creatinine_of_the_last_two_days_is_staged(days: float, is_current: bool) -> None:
    series = ((days + 3, 1.0), (days, 2.0))
    if is_current:
        assert stage(*series) == 2
    else:
        with pytest.raises(NotAssessed, match="more than 2 days old"):
            stage(*series)


@pytest.mark.parametrize("earlier", [(), ((366.0, 1.0),)])
def test_nothing_to_compare_with_is_refused(earlier: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(NotAssessed, match="no earlier creatinine within a year"):
        stage(*earlier, (0, 3.0))


def test_no_creatinine_is_missing() -> None:
    with pytest.raises(NotAssessed, match="no usable creatinine"):
        stage()


def test_it_is_not_for_people_on_dialysis() -> None:
    with pytest.raises(NotAssessed, match="dialysis is recorded"):
        kdigo_aki.assess({"creatinine": ((1.0, 4.0), (0.0, 8.0)), "dialysis": True})


def test_the_card_can_say_how_many_times_the_baseline() -> None:
    assert assessed((5, 1.0), (0, 1.84))["AKI stage"].note == "1.8 times the baseline"


@given(st.lists(st.floats(0.1, 20), min_size=2, max_size=6), st.floats(1, 2))
@settings(max_examples=50, deadline=None)
def test_a_higher_newest_value_never_lowers_the_stage(values: list[float], times: float) -> None:
    earlier = tuple((float(30 - day), value) for day, value in enumerate(values[:-1]))
    newest = values[-1]
    assert stage(*earlier, (0.0, newest * times)) >= stage(*earlier, (0.0, newest))
