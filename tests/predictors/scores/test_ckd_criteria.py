import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.criteria import MET, SINCE
from predictors.predictor import NotAssessed, OneOf, Series
from predictors.scores.ckd_criteria import ckd_criteria
from tests.predictors.examples import Facts

MAN: Facts = {"age": 60.0, "sex": "male"}
LOW = 1.5
"""mg/dL: an eGFR of 53 in a man of 60; 1.36 is reported as 60 and 1.38 as 59."""


def count(*, creatinine: Series = (), uacr: Series = ()) -> float:
    facts = {**MAN, "creatinine": creatinine, "uacr": uacr}
    return ckd_criteria.assess(facts)[MET].value


@pytest.mark.parametrize(("apart", "expected"), [(0, 0), (89.9, 0), (90, 1), (400, 1)])
def test_two_low_egfrs_must_be_90_days_apart(apart: float, expected: int) -> None:
    assert count(creatinine=((10 + apart, LOW), (10, LOW))) == expected


@pytest.mark.parametrize(("last", "expected"), [(1.36, 0), (1.38, 1)])
def test_an_egfr_is_compared_in_whole_numbers_as_it_is_reported(last: float, expected: int) -> None:
    assert count(creatinine=((200, LOW), (0, last))) == expected


def test_one_low_egfr_is_not_chronic() -> None:
    assert count(creatinine=((10, 3.0),)) == 0


@pytest.mark.parametrize("normal", [100.0, 5.0])
def test_a_normal_egfr_between_or_after_undoes_it(normal: float) -> None:
    assert count(creatinine=tuple(sorted(((200, LOW), (10, LOW), (normal, 0.9)))[::-1])) == 0


def test_an_old_normal_egfr_does_not_undo_what_came_after() -> None:
    assert count(creatinine=((300, 0.9), (200, LOW), (10, LOW))) == 1


@pytest.mark.parametrize(("low", "expected"), [(29.9, 0), (30.0, 1)])
def test_albuminuria_for_90_days_is_a_criterion_of_its_own(low: float, expected: int) -> None:
    assert count(uacr=((150, low), (50, 80))) == expected
    assert count(uacr=((140, low), (51, 80))) == 0
    assert count(uacr=((150, 80), (50, 80), (1, 12))) == 0


def test_both_criteria_count_and_are_told() -> None:
    facts: Facts = {
        **MAN,
        "creatinine": ((200.0, 1.4), (40.0, 1.5)),
        "uacr": ((170.0, 45), (40.0, 60)),
    }
    risk = ckd_criteria.assess(facts)
    assert risk[MET].value == 2
    assert risk[SINCE].value == 200
    assert risk[MET].note == (
        "eGFR 58 and 53, 160 days apart; urine albumin/creatinine 45 and 60 mg/g, 130 days apart"
    )


def test_each_egfr_is_at_the_age_of_its_date() -> None:
    # 1.365 mg/dL is an eGFR of 59.3 at 60 years and of 59.7 at 59: reported as 59 and 60.
    assert count(creatinine=((100, 1.365), (0, 1.365))) == 1
    assert count(creatinine=((365.25, 1.365), (0, 1.365))) == 0


def test_a_childs_creatinine_does_not_count() -> None:
    facts: Facts = {"sex": "male", "creatinine": ((400, 3.0), (0, 3.0))}
    assert ckd_criteria.assess({**facts, "age": 19.0})[MET].value == 0
    assert ckd_criteria.assess({**facts, "age": 20.0})[MET].value == 1


def test_an_unknown_sex_leaves_open_what_depends_on_it() -> None:
    either = OneOf(("female", "male"))
    risk = ckd_criteria.assess({**MAN, "sex": either, "creatinine": ((200, 1.2), (0, 1.2))})[MET]
    assert (risk.low, risk.high) == (0, 1)


@pytest.mark.parametrize("excluded", ["pregnancy", "dialysis"])
def test_it_is_not_for_unsteady_kidneys(excluded: str) -> None:
    with pytest.raises(NotAssessed, match=excluded):
        ckd_criteria.assess({**MAN, "creatinine": ((200, LOW), (0, LOW)), excluded: True})


def test_neither_measured_is_refused() -> None:
    with pytest.raises(NotAssessed, match="no usable creatinine"):
        ckd_criteria.assess(MAN)


@given(st.lists(st.floats(0.4, 8), min_size=1, max_size=6), st.floats(0, 40))
@settings(max_examples=50, deadline=None)
def test_a_newest_normal_creatinine_always_undoes_it(values: list[float], days: float) -> None:
    series = tuple((days + 100.0 * place, v) for place, v in enumerate(values, 1))[::-1]
    assert count(creatinine=(*series, (days, 0.8))) == 0
