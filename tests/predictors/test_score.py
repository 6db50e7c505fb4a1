from typing import Annotated

import pytest

from predictors.predictor import Input, Kind, Prediction, predict
from predictors.score import (
    age,
    coded,
    condition,
    medication,
    onset_age,
    score,
    series,
    setting,
    sex,
    stated,
    value,
)

declare = score("toy", title="", version="", citation="", url="", population="")


@score(
    "toy",
    title="Toy",
    version="1",
    citation="Nobody 2024",
    url="https://doi.org/10.0/0",
    population="Toys.",
    excludes=("pregnancy",),
)
def toy(
    *,
    age: Annotated[float, age(18, 90)],
    sbp: Annotated[float, value("mm[Hg]", 90, 200, visits=2)],
    statin: Annotated[bool, medication()],
    pain: Annotated[bool | None, stated("Pain")] = None,
) -> tuple[Prediction, ...]:
    """Adds up."""
    return (predict("harm", {"age": age, "sbp": sbp, "statin": statin, "pain": bool(pain)}),)


def test_the_signature_is_the_declaration() -> None:
    assert toy.inputs == (
        Input("age", Kind.AGE, "a", low=18, high=90),
        Input("sbp", Kind.VALUE, "mm[Hg]", low=90, high=200, visits=2),
        Input("statin", Kind.MEDICATION),
        Input("pain", Kind.STATED, required=False, label="Pain"),
        Input("pregnancy", Kind.CONDITION, required=False, excludes=True),
    )
    assert (toy.name, toy.title, toy.population) == ("toy", "Toy", "Toys.")


def test_a_score_is_assessed_by_its_inputs_names() -> None:
    risk = toy.assess({"age": 50, "sbp": 120, "statin": True})
    assert risk["harm"].value == 171
    assert risk.missing == ("pain", "pregnancy")


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        (age(), Kind.AGE),
        (sex(), Kind.SEX),
        (value("mg/dL"), Kind.VALUE),
        (series("mg/dL"), Kind.SERIES),
        (coded("yes"), Kind.CODE),
        (condition(), Kind.CONDITION),
        (medication(), Kind.MEDICATION),
        (onset_age(), Kind.ONSET_AGE),
        (setting("low", "high"), Kind.SETTING),
        (stated("Pain"), Kind.STATED),
    ],
)
def test_each_word_declares_its_kind(declared: Input, kind: Kind) -> None:
    assert declared.kind is kind


def test_sex_is_female_or_male() -> None:
    assert sex().codes == ("female", "male")


def test_a_derived_input_names_its_predictor() -> None:
    assert value("1", derived_by=toy).derived_by is toy


def test_a_parameter_that_declares_nothing_is_a_type_error() -> None:
    def bare(*, age: float) -> tuple[Prediction, ...]:
        return (predict("harm", {"age": age}),)

    with pytest.raises(TypeError, match="age declares no input"):
        declare(bare)


def test_a_positional_parameter_is_a_type_error() -> None:
    def positional(weight: Annotated[float, value("kg")]) -> tuple[Prediction, ...]:
        return (predict("harm", {"weight": weight}),)

    with pytest.raises(TypeError, match="weight declares no input"):
        declare(positional)
