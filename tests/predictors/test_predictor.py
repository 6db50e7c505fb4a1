import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictors.predictor import (
    MOST_COMBINATIONS,
    Contribution,
    Input,
    Kind,
    Link,
    NotAssessed,
    OneOf,
    Prediction,
    Predictor,
    Problem,
    Reason,
    Value,
    predict,
)


def function(**given: float) -> tuple[Prediction, ...]:
    return (predict("harm", {name: float(value) for name, value in given.items()}),)


def predictor(*inputs: Input) -> Predictor:
    return Predictor("toy", "Toy", "1", "", "", "", inputs, function)


WEIGHT = Input("weight", Kind.VALUE, "kg", low=10, high=200)
PAIN = Input("pain", Kind.CONDITION, required=False)


def reasons(each: Predictor, facts: dict[str, Value | OneOf]) -> tuple[Reason, ...]:
    with pytest.raises(NotAssessed) as refused:
        each.assess(facts)
    return refused.value.reasons


@pytest.mark.parametrize(
    ("link", "total", "expected"),
    [
        (Link.IDENTITY, 2.5, 2.5),
        (Link.LOG, math.log(7), 7.0),
        (Link.LOGISTIC, 0.0, 0.5),
        (Link.CLOGLOG, 0.0, 1 - 1 / math.e),
        (Link.WHOLE, 2.5, 3.0),
        (Link.WHOLE, 2.4999, 2.0),
        (Link.WHOLE, 3.5, 4.0),
    ],
)
def test_a_link_maps_the_sum_to_the_predictions_own_scale(
    link: Link, total: float, expected: float
) -> None:
    assert link.inverse(total) == pytest.approx(expected)


@given(st.dictionaries(st.text(min_size=1), st.floats(-5, 5), max_size=8), st.floats(-5, 5))
@settings(max_examples=50, deadline=None)
def test_a_prediction_is_its_contributions_through_the_link(
    parts: dict[str, float], baseline: float
) -> None:
    for link in Link:
        prediction = predict("harm", parts, link=link, baseline=baseline)
        total = math.fsum((baseline, *(part.amount for part in prediction.contributions)))
        assert prediction.value == link.inverse(total)
        assert prediction.certain


def test_what_missing_inputs_could_add_widens_the_span_upwards() -> None:
    prediction = predict("points", {"age": 2}, unit="{score}", unknown=3)
    assert (prediction.value, prediction.low, prediction.high) == (2, 2, 5)
    assert not prediction.certain


def test_a_missing_required_input_is_refused() -> None:
    assert reasons(predictor(WEIGHT), {}) == (
        Reason("weight", Problem.MISSING, "no usable weight"),
    )


def test_a_missing_optional_input_is_named() -> None:
    assert predictor(WEIGHT, PAIN).assess({"weight": 70}).missing == ("pain",)


@pytest.mark.parametrize("weight", [9.99, 200.01, math.nan, math.inf, -math.inf])
def test_a_number_outside_the_range_is_refused(weight: float) -> None:
    (reason,) = reasons(predictor(WEIGHT), {"weight": weight})
    assert (reason.input, reason.problem) == ("weight", Problem.OUT_OF_RANGE)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused_even_without_a_range(value: float) -> None:
    assert reasons(predictor(Input("lactate", Kind.VALUE)), {"lactate": value})


@pytest.mark.parametrize("weight", [10, 200])
def test_both_ends_of_the_range_are_within(weight: float) -> None:
    assert predictor(WEIGHT).assess({"weight": weight})["harm"].value == weight


def test_an_unknown_input_with_a_value_outside_the_range_is_refused() -> None:
    assert reasons(predictor(WEIGHT), {"weight": OneOf((50, 201))})


def test_every_reason_is_given_at_once() -> None:
    other = Input("height", Kind.VALUE, "cm")
    assert [r.input for r in reasons(predictor(WEIGHT, other), {"weight": 5})] == [
        "weight",
        "height",
    ]


def test_a_code_the_predictor_does_not_know_is_refused() -> None:
    grade = Input("grade", Kind.CODE, codes=("low", "high"))
    (reason,) = reasons(predictor(grade), {"grade": "middling"})
    assert reason == Reason(
        "grade", Problem.OUT_OF_RANGE, "grade middling is not one of: low, high"
    )


def test_a_series_without_values_is_missing() -> None:
    (reason,) = reasons(predictor(Input("lactate", Kind.SERIES)), {"lactate": ()})
    assert reason.problem is Problem.MISSING


EXCLUDED = Input("pregnancy", Kind.CONDITION, required=False, excludes=True)


def test_a_condition_that_excludes_rules_the_predictor_out() -> None:
    (reason,) = reasons(predictor(WEIGHT, EXCLUDED), {"weight": 70, "pregnancy": True})
    assert (reason.input, reason.problem) == ("pregnancy", Problem.NOT_APPLICABLE)


def test_a_condition_that_is_not_recorded_excludes_no_one_and_is_not_given_to_the_function() -> (
    None
):
    risk = predictor(WEIGHT, EXCLUDED).assess({"weight": 70, "pregnancy": False})
    assert risk["harm"].contributions == (Contribution("weight", 70),)
    assert risk.inputs == {"weight": 70, "pregnancy": False}
    assert risk.missing == ()


def test_a_condition_that_may_exclude_is_missing_and_not_varied() -> None:
    facts: dict[str, Value | OneOf] = {"weight": 70, "pregnancy": OneOf((False, True))}
    risk = predictor(WEIGHT, EXCLUDED).assess(facts)
    assert (risk.missing, risk.varied) == (("pregnancy",), ())


def test_an_unknown_input_is_varied_and_the_first_value_gives_the_contributions() -> None:
    risk = predictor(WEIGHT, PAIN).assess({"weight": OneOf((70, 60, 80)), "pain": True})
    harm = risk["harm"]
    assert (harm.value, harm.low, harm.high) == (71, 61, 81)
    assert harm.contributions[0] == Contribution("weight", 70)
    assert (risk.varied, risk.inputs) == (("weight",), {"weight": 70, "pain": True})


def test_all_combinations_of_unknown_inputs_are_tried() -> None:
    facts: dict[str, Value | OneOf] = {"weight": OneOf((50, 60)), "pain": OneOf((False, True))}
    harm = predictor(WEIGHT, PAIN).assess(facts)["harm"]
    assert (harm.low, harm.high) == (50, 61)


def test_too_many_unknown_inputs_are_refused() -> None:
    names = [f"c{n}" for n in range(MOST_COMBINATIONS.bit_length())]
    toy = predictor(*(Input(name, Kind.CONDITION) for name in names))
    (reason,) = reasons(toy, dict.fromkeys(names, OneOf((False, True))))
    assert reason.problem is Problem.TOO_UNCERTAIN
    assert toy.assess({name: OneOf((False,)) for name in names})["harm"].certain


def test_one_of_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="needs the values"):
        OneOf(())


def test_a_fact_that_is_not_declared_is_not_read() -> None:
    assert predictor(WEIGHT).assess({"weight": 70, "shoe_size": 44})["harm"].value == 70


def test_an_outcome_that_is_not_predicted_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="bliss"):
        predictor(WEIGHT).assess({"weight": 70})["bliss"]
