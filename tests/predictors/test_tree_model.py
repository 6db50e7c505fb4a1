import math
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.blend import Blend, linear_part
from predictors.manifest import Calibration
from predictors.novelty import Novelty
from predictors.predictor import Link, NotAssessed, OneOf, Predictor, Problem, Value
from predictors.score import age, value
from predictors.tree_model import (
    Feature,
    booster,
    loaded,
    margins,
    tree_model,
    unavailable,
)
from tests.predictors.synthetic import declared, manifest, row, text

INTERCEPT, SLOPE = -0.3, 0.8
CALIBRATION = Calibration(intercept=INTERCEPT, slope=SLOPE)
trees = cache(lambda: booster(text()))
LINKS = (Link.LOGISTIC, Link.CLOGLOG)


def model(link: Link = Link.LOGISTIC) -> Predictor:
    made = msgspec.structs.replace(manifest(), version="2", calibration=CALIBRATION)
    return loaded(declared(link), trees(), made)


def facts() -> st.SearchStrategy[dict[str, Value]]:
    days = st.lists(st.floats(0, 1), max_size=4, unique=True).map(lambda d: sorted(d, reverse=True))
    lactate = days.flatmap(
        lambda at: st.tuples(*(st.tuples(st.just(day), st.floats(0.1, 20)) for day in at))
    )
    return st.fixed_dictionaries(
        {"age": st.floats(18, 110)},
        optional={"lactate": lactate, "sbp": st.floats(30, 300), "diabetes": st.booleans()},
    )


@pytest.mark.parametrize("link", LINKS)
@given(given=facts())
def test_contributions_through_the_link_are_the_prediction(
    link: Link, given: dict[str, Value]
) -> None:
    risk = model(link).assess(given)
    (told,) = risk.explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    calibrated = INTERCEPT + SLOPE * margins(trees(), row(given)[None])[0]
    assert total == pytest.approx(calibrated, abs=1e-9)
    assert link.inverse(total) == pytest.approx(told.value, abs=1e-9)
    assert told.value == risk["harm"].value == link.inverse(calibrated)


BLEND = Blend(
    trees=0.7,
    baseline=0.2,
    weights=(0.01, 0.2, 0.05, -0.01, 0.1),
    middle=(60.0, 1.5, 0.2, 120.0, 0.0),
    low=(18.0, 0.2, -5.0, 60.0, 0.0),
    high=(100.0, 8.0, 5.0, 180.0, 1.0),
)


def made_with(**further: object) -> Predictor:
    made = msgspec.structs.replace(manifest(), calibration=CALIBRATION, **further)
    return loaded(declared(), trees(), made)


@given(given=facts())
def test_with_a_linear_part_the_contributions_are_still_exactly_the_prediction(
    given: dict[str, Value],
) -> None:
    risk = made_with(blend=BLEND).assess(given)
    (told,) = risk.explained().predictions
    total = math.fsum((told.baseline, *(each.amount for each in told.contributions)))
    assert Link.LOGISTIC.inverse(total) == pytest.approx(told.value, abs=1e-9)
    rows = row(given)[None]
    margin = 0.7 * margins(trees(), rows)[0] + linear_part(BLEND).margins(rows)[0]
    assert total == pytest.approx(INTERCEPT + SLOPE * margin, abs=1e-9)


def test_who_is_unlike_those_of_training_is_refused_and_nobody_else() -> None:
    novelty = Novelty(
        features=("age", "sbp"),
        middle=(60.0, 120.0),
        below=(15.0, 15.0),
        above=(15.0, 15.0),
        fewest=2,
        limit=5.0,
    )
    wary = made_with(novelty=novelty)
    assert (
        wary.assess({"age": 62, "sbp": 110.0})["harm"]
        == model().assess({"age": 62, "sbp": 110.0})["harm"]
    )
    for unlike in ({"age": 62, "sbp": 250.0}, {"age": 62}):
        with pytest.raises(NotAssessed) as refused:
            wary.assess(unlike)
        assert [each.problem for each in refused.value.reasons] == [Problem.UNFAMILIAR]


def test_the_contributions_of_several_features_are_credited_to_their_input() -> None:
    (told,) = (
        model().assess({"age": 70, "lactate": ((0.5, 1.0), (0.1, 4.0))}).explained().predictions
    )
    assert [each.input for each in told.contributions] == ["age", "lactate", "sbp", "diabetes"]


def test_before_it_is_explained_all_of_a_prediction_is_its_baseline() -> None:
    prediction = model().assess({"age": 70})["harm"]
    assert prediction.contributions == ()
    assert prediction.value == Link.LOGISTIC.inverse(prediction.baseline)
    assert prediction.hours == 6


def test_a_condition_that_is_not_known_is_missing_as_it_was_in_training() -> None:
    risk = model().assess({"age": 70, "diabetes": OneOf((False, True))})
    assert risk["harm"] == model().assess({"age": 70})["harm"]
    assert (risk.missing, risk.varied) == (("lactate", "sbp", "diabetes", "palliative"), ())


def test_a_number_that_is_nearly_known_is_varied() -> None:
    risk = model().assess({"age": 70, "sbp": OneOf((60.0, 120.0))})
    alone = [model().assess({"age": 70, "sbp": each})["harm"].value for each in (60.0, 120.0)]
    assert risk.varied == ("sbp",)
    assert [risk["harm"].low, risk["harm"].high] == sorted(alone)
    assert risk.explained()["harm"].high == risk["harm"].high


def test_a_required_input_is_varied_when_it_is_not_known_exactly() -> None:
    risk = model().assess({"age": OneOf((20.0, 90.0))})
    assert risk["harm"].low < risk["harm"].high


def test_a_required_input_that_is_missing_is_refused() -> None:
    with pytest.raises(NotAssessed, match="no usable age"):
        model().assess({})


@pytest.mark.parametrize("predictor", [declared(), unavailable(model(), "it is damaged")])
def test_without_a_verified_model_everyone_is_refused(predictor: Predictor) -> None:
    with pytest.raises(NotAssessed) as refused:
        predictor.assess({"age": 70})
    (reason,) = refused.value.reasons
    assert reason.problem is Problem.UNAVAILABLE


def test_a_loaded_model_has_its_own_version() -> None:
    assert (declared().version, model().version) == ("1", "2")


@pytest.mark.parametrize(
    ("features", "fault"),
    [
        ((Feature("a", "sbp"), Feature("a", "age")), "two features share a name"),
        ((Feature("a", "lactate"),), "no input is called lactate"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(
    features: tuple[Feature, ...], fault: str
) -> None:
    with pytest.raises(ValueError, match=fault):
        tree_model(
            "toy",
            title="",
            version="1",
            citation="",
            url="",
            population="",
            inputs={"age": age(), "sbp": value("mm[Hg]")},
            required=(),
            features=features,
            row=row,
            outcome="harm",
            link=Link.LOGISTIC,
            folder=Path(),
        )
