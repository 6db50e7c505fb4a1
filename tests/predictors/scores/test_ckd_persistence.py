import pytest

from predictors.predictor import NotAssessed, OneOf, RiskAssessment
from predictors.scores.ckd_persistence import ckd_persistence
from tests.predictors.examples import WOMAN, Facts

WEAK, SOUND = 1.4, 0.8
"""Creatinine in mg/dL of a woman of 55 with an eGFR of 44 and of 87."""


def assessed(**facts: tuple[tuple[float, float], ...]) -> RiskAssessment:
    return ckd_persistence.assess({**WOMAN, **facts})


def days(*creatinine: tuple[float, float]) -> float:
    return assessed(creatinine=creatinine)["days of low eGFR"].value


def test_two_low_values_persist_for_the_days_between_them() -> None:
    assert days((100, WEAK), (5, WEAK)) == 95


def test_one_low_value_persists_for_no_time() -> None:
    assert days((100, WEAK)) == 0


def test_a_normal_newest_value_ends_it() -> None:
    assert days((400, WEAK), (100, WEAK), (5, SOUND)) == 0


def test_a_normal_value_between_begins_it_anew() -> None:
    assert days((400, WEAK), (100, SOUND), (50, WEAK), (5, WEAK)) == 45


@pytest.mark.parametrize(("apart", "whole"), [(89.4, 89), (89.6, 90), (90.2, 90)])
def test_days_are_whole_as_dates_are(apart: float, whole: float) -> None:
    assert days((apart, WEAK), (0, WEAK)) == whole


def test_the_reported_egfr_counts_where_there_is_no_creatinine() -> None:
    reported = ((200.0, 59.9), (20.0, 55.0))
    assert assessed(egfr=reported)["days of low eGFR"].value == 180
    both = assessed(egfr=reported, creatinine=((10.0, SOUND),))
    assert both["days of low eGFR"].value == 0


def test_an_egfr_of_60_is_not_low() -> None:
    assert assessed(egfr=((200, 60), (20, 60)))["days of low eGFR"].value == 0


@pytest.mark.parametrize(("uacr", "lasting"), [(30.0, 180), (29.9, 0)])
def test_albuminuria_begins_at_30(uacr: float, lasting: float) -> None:
    risk = assessed(uacr=((200, uacr), (20, uacr)))
    assert risk["days of albuminuria"].value == lasting
    assert risk["days of low eGFR"].value == 0


def test_it_spans_what_an_unknown_sex_could_change() -> None:
    facts: Facts = {
        "age": 55,
        "sex": OneOf(("female", "male")),
        "creatinine": ((200, 1.2), (0, 1.2)),
    }
    prediction = ckd_persistence.assess(facts)["days of low eGFR"]
    assert (prediction.low, prediction.high) == (0, 200)


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(NotAssessed, match="no usable creatinine; no usable egfr; no usable uacr"):
        assessed()
