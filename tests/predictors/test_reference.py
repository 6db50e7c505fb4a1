"""Explanations are true: contributions are against a stated person, and their sum is exact."""

import math

import pytest

from predictors.catalogue import predictors
from predictors.predictor import Predictor
from tests.predictors.examples import EXAMPLES

REFERRED = [each for each in predictors().values() if each.reference]
LOGARITHMIC = {
    "cockcroft-gault",
    "fib-4",
    "ckd-epi-2021",
    "kfre-4",
    "kfre-8",
    "prevent",
    "score2",
    "meld-3",
}


def test_every_formula_with_logarithms_or_products_states_its_reference() -> None:
    assert {each.name for each in REFERRED} >= LOGARITHMIC


@pytest.mark.parametrize("score", REFERRED, ids=lambda each: each.name)
def test_the_reference_person_adds_nothing(score: Predictor) -> None:
    for prediction in score.assess({**EXAMPLES[score.name], **score.reference}).predictions:
        amounts = {part.input: part.amount for part in prediction.contributions}
        # SCORE2-Diabetes is against a person without diabetes, which its people have.
        amounts.pop("diabetes", None)
        assert amounts == pytest.approx(dict.fromkeys(amounts, 0.0), abs=1e-9)


@pytest.mark.parametrize("score", predictors().values(), ids=lambda each: each.name)
def test_baseline_and_contributions_recompute_every_prediction(score: Predictor) -> None:
    for prediction in score.assess(EXAMPLES[score.name]).predictions:
        total = math.fsum((prediction.baseline, *(p.amount for p in prediction.contributions)))
        assert prediction.link.inverse(total) == prediction.value


def test_low_platelets_and_high_enzymes_raise_fib_4() -> None:
    fib4 = predictors()["fib-4"]
    facts = {"age": 62, "ast": 80.0, "alt": 64.0, "platelets": 138.0}
    parts = {p.input: p.amount for p in fib4.assess(facts).predictions[0].contributions}
    assert parts["platelets"] > 0
    assert parts["ast"] > 0
    assert parts["age"] > 0
    assert parts["alt"] < 0
