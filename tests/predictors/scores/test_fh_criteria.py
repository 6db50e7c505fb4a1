import pytest

from predictors.criteria import MET, SINCE
from predictors.scores.fh_criteria import MG_PER_MMOL, fh_criteria


@pytest.mark.parametrize(("ldl", "expected"), [(4.8, 0), (4.8999, 1), (4.9, 1), (7.2, 1)])
def test_severe_is_4_9_mmol_however_it_was_converted(ldl: float, expected: int) -> None:
    assert fh_criteria.assess({"ldl": ((10, ldl),)})[MET].value == expected


@pytest.mark.parametrize(("reported", "expected"), [(189, 0), (190, 1)])
def test_severe_is_190_in_milligrams(reported: float, expected: int) -> None:
    assert fh_criteria.assess({"ldl": ((10, reported / MG_PER_MMOL),)})[MET].value == expected


def test_the_newest_decides() -> None:
    assert fh_criteria.assess({"ldl": ((90, 6.0), (10, 4.1))})[MET].value == 0
    risk = fh_criteria.assess({"ldl": ((90, 4.1), (10, 5.48))})
    assert (risk[MET].value, risk[SINCE].value) == (1, 10)
    assert risk[MET].note == "LDL cholesterol 5.5 mmol/L (212 mg/dL)"
