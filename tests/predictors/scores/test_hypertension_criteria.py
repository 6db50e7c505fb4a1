import pytest

from predictors.criteria import MET, SINCE
from predictors.predictor import NotAssessed, RiskAssessment, Series
from predictors.scores.hypertension_criteria import hypertension_criteria, occasions
from tests.predictors.examples import Facts


def assessed(sbp: Series, dbp: Series = ((0.0, 70.0),), by: str = "esc-2024") -> RiskAssessment:
    return hypertension_criteria.assess({"sbp": sbp, "dbp": dbp, "hypertension_definition": by})


def count(sbp: Series, dbp: Series = ((0.0, 70.0),), by: str = "esc-2024") -> float:
    return assessed(sbp, dbp, by)[MET].value


@pytest.mark.parametrize(
    ("by", "systolic", "diastolic", "expected"),
    [
        ("esc-2024", 139.9, 89.9, 0),
        ("esc-2024", 140, 80, 1),
        ("esc-2024", 120, 90, 1),
        ("esc-2024", 140, 90, 2),
        ("aha-acc-2025", 129.9, 79.9, 0),
        ("aha-acc-2025", 130, 70, 1),
        ("aha-acc-2025", 120, 80, 1),
    ],
)
def test_either_mean_pressure_at_its_limit(
    by: str, systolic: float, diastolic: float, expected: int
) -> None:
    sbp, dbp = ((40.0, systolic), (10.0, systolic)), ((40.0, diastolic), (10.0, diastolic))
    assert count(sbp, dbp, by) == expected


@pytest.mark.parametrize(("apart", "expected"), [(0, 0), (1, 0), (6, 0), (7, 1), (300, 1)])
def test_two_occasions_are_a_week_apart(apart: float, expected: int) -> None:
    assert count(((10.0 + apart, 160), (10.0, 160))) == expected


def test_the_days_of_a_stay_are_one_occasion_however_many() -> None:
    stay = tuple((10.0 - day, 170.0) for day in range(7))
    assert count(stay) == 0
    assert count(((100.0, 118.0), *stay)) == 1
    assert count(((100.0, 104.0), *stay)) == 0


def test_a_day_of_monitoring_is_no_visit() -> None:
    monitored = tuple((10.9 - hour / 10, 180.0) for hour in range(7))
    assert count(((60.0, 142.0), *monitored)) == 0
    assert count(((60.0, 142.0), *monitored[1:])) == 1


def test_the_mean_is_of_the_newest_three_occasions() -> None:
    old = ((200.0, 110.0), (150.0, 110.0))
    assert occasions((*old, (60.0, 150), (30.0, 140), (5.0, 142))) == (
        (5.0, 142),
        (30.0, 140),
        (60.0, 150),
    )
    assert count((*old, (60.0, 150), (30.0, 140), (5.0, 142))) == 1


def test_several_readings_of_a_day_are_one_value() -> None:
    assert count(((60.0, 140), (10.0, 130), (10.1, 140), (10.2, 150))) == 1
    assert occasions(((10.4, 130), (10.1, 150))) == ((10.4, 140),)


def test_the_finding_says_the_mean_and_of_how_many_occasions() -> None:
    risk = assessed(((60.0, 152), (20.0, 148)), ((60.0, 94), (20.0, 90)))
    assert risk[MET].note == "mean blood pressure 150/92 mmHg on 2 occasions"
    assert risk[SINCE].value == 60


def test_it_is_not_for_pregnancy() -> None:
    facts: Facts = {
        "sbp": ((1.0, 150),),
        "dbp": ((1.0, 95),),
        "hypertension_definition": "esc-2024",
    }
    with pytest.raises(NotAssessed, match="pregnancy"):
        hypertension_criteria.assess({**facts, "pregnancy": True})
