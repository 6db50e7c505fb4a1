from typing import Any

import pytest

from predictors.predictor import NotAssessed, Predictor, Problem, Value
from predictors.scores.score2 import member, score2, score2_diabetes, score2_op
from tests.predictors.examples import EXAMPLES
from tests.predictors.scores.vectors import vectors

FAMILY = {predictor.name: predictor for predictor in (score2, score2_op, score2_diabetes)}
EXACT = [(name, vector) for name in FAMILY for vector in vectors(name)]


def facts(given: dict[str, Any]) -> dict[str, Value]:
    named: dict[str, Value] = {
        "score2_region": given["region"],
        "age": given["age"],
        "sex": given["sex"],
        "smoking_status": "current" if given["smoker"] else "never",
        "sbp": given["sbp"],
        "chol_total": given["tc"],
        "hdl": given["hdl"],
        "diabetes": "hba1c_mmol_mol" in given,
    }
    if "hba1c_mmol_mol" in given:
        named |= {
            "diabetes_onset_age": given["age_diabetes"],
            "hba1c": given["hba1c_mmol_mol"],
            "egfr": given["egfr"],
        }
    return named


@pytest.mark.parametrize(("name", "vector"), EXACT)
def test_reference(name: str, vector: dict[str, Any]) -> None:
    percent = 100 * FAMILY[name].assess(facts(vector["inputs"]))["CVD"].value
    assert percent == pytest.approx(vector["expected"]["pct"], abs=vector["tolerance"])
    assert percent == pytest.approx(vector["expected"]["exact_pct"], abs=0.0001)


@pytest.mark.parametrize(
    ("predictor", "low", "high"), [(score2, 40, 69), (score2_op, 70, 89), (score2_diabetes, 40, 69)]
)
def test_every_age_has_its_own_equation(predictor: Predictor, low: int, high: int) -> None:
    example = {**EXAMPLES[predictor.name], "diabetes_onset_age": 38}
    for age in (low, high):
        assert predictor.assess({**example, "age": age})["CVD"].certain
    for age in (low - 1, high + 1):
        with pytest.raises(NotAssessed, match=f"range {low} to {high}"):
            predictor.assess({**example, "age": age})


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(NotAssessed, match="score2_region scandinavia is not one of: low"):
        score2.assess({**EXAMPLES["score2"], "score2_region": "scandinavia"})


@pytest.mark.parametrize("name", ["ascvd", "diabetes", "ckd", "familial_hypercholesterolemia"])
def test_score2_is_for_the_apparently_healthy(name: str) -> None:
    with pytest.raises(NotAssessed) as refused:
        score2.assess({**EXAMPLES["score2"], name: True})
    assert refused.value.reasons[0].problem is Problem.NOT_APPLICABLE


def test_the_older_persons_equation_counts_diabetes() -> None:
    without, with_diabetes = (
        score2_op.assess({**EXAMPLES["score2-op"], "diabetes": d})["CVD"] for d in (False, True)
    )
    assert with_diabetes.value > without.value
    assert {c.input: c.amount for c in without.contributions}["diabetes"] == 0


def test_score2_diabetes_needs_diabetes() -> None:
    with pytest.raises(NotAssessed) as refused:
        score2_diabetes.assess({**EXAMPLES["score2-diabetes"], "diabetes": False})
    assert refused.value.reasons[0].problem is Problem.NOT_APPLICABLE


def test_type_1_diabetes_is_not_what_score2_diabetes_is_for() -> None:
    with pytest.raises(NotAssessed, match="diabetes_t1 is recorded"):
        score2_diabetes.assess({**EXAMPLES["score2-diabetes"], "diabetes_t1": True})


def test_diabetes_cannot_begin_after_the_present_age() -> None:
    example = {**EXAMPLES["score2-diabetes"], "age": 60}
    assert score2_diabetes.assess({**example, "diabetes_onset_age": 60.9})["CVD"].certain
    with pytest.raises(NotAssessed, match="after the present age"):
        score2_diabetes.assess({**example, "diabetes_onset_age": 61})


@pytest.mark.parametrize(
    ("age", "diabetes", "expected"),
    [
        (69, False, score2),
        (69, True, score2_diabetes),
        (70, False, score2_op),
        (70, True, score2_op),
    ],
)
def test_the_member_of_the_family_depends_on_age_and_diabetes(
    age: float, diabetes: bool, expected: Predictor
) -> None:
    assert member(age, diabetes=diabetes) is expected
