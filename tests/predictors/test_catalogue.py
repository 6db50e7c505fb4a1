import math
import re
from collections.abc import Iterator

import pytest

from predictors.catalogue import predictors
from predictors.predictor import Input, Kind, NotAssessed, Predictor, RiskAssessment
from tests.predictors.examples import EXAMPLES

ALL = tuple(predictors().values())
MISSING = [(predictor, name.name) for predictor in ALL for name in predictor.inputs]
UNIT = re.compile(r"[A-Za-z0-9*/%#\[\]{}_.]+")


def boundary_cases() -> Iterator[tuple[Predictor, str, float]]:
    for predictor in ALL:
        for declared in predictor.inputs:
            if declared.kind is Kind.ONSET_AGE:
                continue  # bounded by the present age
            for limit in filter(math.isfinite, (declared.low, declared.high)):
                yield predictor, declared.name, limit


def assert_sums_to_its_value(risk: RiskAssessment) -> None:
    for prediction in risk.predictions:
        amounts = [part.amount for part in prediction.contributions]
        total = prediction.link.inverse(prediction.baseline + math.fsum(amounts))
        assert total == pytest.approx(prediction.value, rel=1e-9, abs=1e-12)
        assert prediction.low <= prediction.value <= prediction.high
        if prediction.unit == "1":
            assert 0 <= prediction.value <= 1


def test_every_score_has_an_example_and_no_example_lacks_its_score() -> None:
    assert set(EXAMPLES) == set(predictors())


@pytest.mark.parametrize("predictor", ALL, ids=lambda p: p.name)
def test_contributions_through_the_link_are_the_prediction(predictor: Predictor) -> None:
    risk = predictor.assess(EXAMPLES[predictor.name])
    assert_sums_to_its_value(risk)
    names = {declared.name for declared in predictor.inputs}
    for prediction in risk.predictions:
        assert {part.input for part in prediction.contributions} <= names


@pytest.mark.parametrize("predictor", ALL, ids=lambda p: p.name)
def test_a_probability_and_nothing_else_says_for_how_many_years_it_is(
    predictor: Predictor,
) -> None:
    for prediction in predictor.assess(EXAMPLES[predictor.name]).predictions:
        assert (prediction.years > 0) == (prediction.unit == "1")


@pytest.mark.parametrize(
    ("predictor", "name", "limit"),
    list(boundary_cases()),
    ids=lambda x: x.name if isinstance(x, Predictor) else str(x),
)
def test_contributions_are_the_prediction_at_the_ends_of_the_range(
    predictor: Predictor, name: str, limit: float
) -> None:
    assert_sums_to_its_value(predictor.assess({**EXAMPLES[predictor.name], name: limit}))


@pytest.mark.parametrize(
    ("predictor", "name"), MISSING, ids=lambda x: x.name if isinstance(x, Predictor) else x
)
def test_a_required_input_is_refused_when_missing_and_any_other_is_named(
    predictor: Predictor, name: str
) -> None:
    facts = {key: value for key, value in EXAMPLES[predictor.name].items() if key != name}
    (declared,) = [each for each in predictor.inputs if each.name == name]
    if declared.required:
        with pytest.raises(NotAssessed) as refused:
            predictor.assess(facts)
        assert [reason.input for reason in refused.value.reasons] == [name]
    else:
        assert name in predictor.assess(facts).missing


@pytest.mark.parametrize("predictor", ALL, ids=lambda p: p.name)
def test_every_score_cites_a_publication(predictor: Predictor) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", predictor.name)
    assert re.search(r"\b(19|20)\d\d\b", predictor.citation)
    assert predictor.url.startswith("https://")
    assert predictor.population.endswith(".")


@pytest.mark.parametrize("predictor", ALL, ids=lambda p: p.name)
def test_inputs_are_unique_and_measured_ones_have_a_unit(predictor: Predictor) -> None:
    names = [declared.name for declared in predictor.inputs]
    assert len(names) == len(set(names))
    measured = (Kind.AGE, Kind.VALUE, Kind.SERIES, Kind.ONSET_AGE)
    assert all(UNIT.fullmatch(i.unit) for i in predictor.inputs if i.kind in measured)
    assert all(i.codes for i in predictor.inputs if i.kind in (Kind.SEX, Kind.CODE, Kind.SETTING))


@pytest.mark.parametrize("predictor", ALL, ids=lambda p: p.name)
def test_only_what_no_concept_names_carries_a_label(predictor: Predictor) -> None:
    def is_labelled(declared: Input) -> bool:
        return bool(declared.label)

    assert all(is_labelled(i) == (i.kind is Kind.STATED) for i in predictor.inputs)


def test_the_folder_is_the_registry() -> None:
    assert {"prevent", "score2", "cha2ds2-va", "has-bled", "kdigo-aki"} <= set(predictors())
    assert all(name == predictor.name for name, predictor in predictors().items())
