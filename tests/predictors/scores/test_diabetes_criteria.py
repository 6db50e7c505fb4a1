import pytest

from predictors.criteria import MET, SINCE
from predictors.predictor import NotAssessed, Series
from predictors.scores.diabetes_criteria import diabetes_criteria
from tests.predictors.examples import Facts


def count(*, hba1c: Series = (), glucose: Series = (), anemia: bool = False) -> float:
    facts: Facts = {"hba1c": hba1c, "glucose_fasting": glucose, "anemia": anemia}
    return diabetes_criteria.assess(facts)[MET].value


@pytest.mark.parametrize(("value", "expected"), [(6.4, 0), (6.49, 0), (6.5, 1), (12.0, 1)])
def test_one_abnormal_hba1c_is_to_be_confirmed(value: float, expected: int) -> None:
    assert count(hba1c=((10, value),)) == expected


@pytest.mark.parametrize(("value", "expected"), [(125.9, 0), (126.0, 1)])
def test_one_abnormal_fasting_glucose_is_to_be_confirmed(value: float, expected: int) -> None:
    assert count(glucose=((10, value),)) == expected


@pytest.mark.parametrize(("apart", "expected"), [(0.0, 1), (0.9, 1), (1.0, 2), (200.0, 2)])
def test_one_test_needs_two_occasions(apart: float, expected: int) -> None:
    assert count(hba1c=((10 + apart, 6.8), (10, 7.0))) == expected
    assert count(glucose=((10 + apart, 130), (10, 140))) == expected


def test_two_tests_of_one_sample_confirm_each_other() -> None:
    assert count(hba1c=((10, 6.6),), glucose=((10, 131),)) == 2


def test_discordant_tests_leave_the_abnormal_one_to_be_repeated() -> None:
    assert count(hba1c=((10, 6.6),), glucose=((10, 110),)) == 1


def test_a_later_normal_result_of_the_same_test_undoes_it() -> None:
    assert count(hba1c=((300, 6.8), (200, 6.9), (10, 6.1))) == 0
    assert count(hba1c=((300, 6.8), (200, 6.1), (10, 6.9))) == 1


def test_with_anaemia_hba1c_alone_never_confirms() -> None:
    assert count(hba1c=((200, 6.8), (10, 7.0)), anemia=True) == 1
    assert count(hba1c=((10, 7.0),), anemia=True) == 1
    assert count(hba1c=((10, 7.0),), glucose=((10, 131),), anemia=True) == 1
    assert count(hba1c=((10, 7.0),), glucose=((60, 131), (10, 131)), anemia=True) == 2


def test_the_finding_names_the_two_newest_of_each_test() -> None:
    hba1c, glucose = ((400.0, 6.6), (200.0, 6.8), (10.0, 7.12)), ((10.0, 140.2),)
    risk = diabetes_criteria.assess({"hba1c": hba1c, "glucose_fasting": glucose})
    assert risk[MET].note == "HbA1c 6.8 and 7.1 %; fasting glucose 140 mg/dL"
    assert risk[SINCE].value == 200


def test_it_is_not_for_pregnancy() -> None:
    with pytest.raises(NotAssessed, match="pregnancy"):
        diabetes_criteria.assess({"hba1c": ((10, 7.0),), "pregnancy": True})


def test_neither_measured_is_refused() -> None:
    with pytest.raises(NotAssessed, match="no usable hba1c"):
        diabetes_criteria.assess({})
