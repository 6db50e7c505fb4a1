from typing import Any

import pytest

from predictors.predictor import NotAssessed, OneOf
from predictors.scores.predict_breast import YEARS, predict_breast
from tests.predictors.examples import EXAMPLES, Facts
from tests.predictors.scores.vectors import vectors

STATUS = {1: "positive", 0: "negative"}
KI67 = {1: 20.0, 0: 10.0}
SURGERY = "surgery alone"
BOTH = "endocrine therapy and third-generation chemotherapy"


def facts(given: dict[str, Any]) -> Facts:
    named: Facts = {
        "age": given["age"],
        "screen_detected": bool(given["screen"]),
        "tumor_size": given["size"],
        "histologic_grade": str(given["grade"]),
        "nodes_positive": given["nodes"],
        "er_status": STATUS[given["er"]],
        "her2_status": STATUS[given["her2"]],
    }
    return named | ({"ki67": KI67[given["ki67"]]} if given["ki67"] in KI67 else {})


@pytest.mark.parametrize("vector", vectors("predict-breast"))
def test_reference(vector: dict[str, Any]) -> None:
    risk = predict_breast.assess(facts(vector["inputs"]))
    alone = [100 * risk[f"survival at {years} years with {SURGERY}"].value for years in YEARS]
    treated = [100 * risk[f"survival at {years} years with {BOTH}"].value for years in YEARS]
    expected = vector["expected"]
    benefit = [after - before for before, after in zip(alone, treated, strict=True)]
    assert alone == pytest.approx(expected["os_surgery_only_5_10_15_pct"], abs=1e-4)
    known = expected["abs_benefit_hormone_plus_gen3_chemo_5_10_15"]
    assert benefit == pytest.approx(known, abs=1e-4)


def test_endocrine_therapy_does_nothing_for_receptor_negative_tumours() -> None:
    risk = predict_breast.assess({**EXAMPLES["predict-breast"], "er_status": "negative"})
    assert (
        risk["survival at 10 years with endocrine therapy"].value
        == risk["survival at 10 years with surgery alone"].value
    )


def survival(**changed: float | str | bool) -> float:
    example: Facts = {**EXAMPLES["predict-breast"], **changed}
    return predict_breast.assess(example)["survival at 10 years with surgery alone"].value


def test_ki67_is_positive_above_ten_percent() -> None:
    assert survival(ki67=10) == survival(ki67=0) > survival(ki67=10.1) == survival(ki67=90)


def test_an_equivocal_her2_counts_as_unknown() -> None:
    example = {k: v for k, v in EXAMPLES["predict-breast"].items() if k != "her2_status"}
    unknown = predict_breast.assess(example)["survival at 10 years with surgery alone"].value
    assert survival(her2_status="equivocal") == unknown


@pytest.mark.parametrize("name", ["histologic_grade", "screen_detected"])
def test_what_is_unknown_lies_between(name: str) -> None:
    best, worst = ("1", "3") if name == "histologic_grade" else (True, False)
    example = {k: v for k, v in EXAMPLES["predict-breast"].items() if k != name}
    risk = predict_breast.assess(example)
    between = risk["survival at 10 years with surgery alone"].value
    assert survival(**{name: best}) > between > survival(**{name: worst})
    assert name in risk.missing


def test_unknown_receptors_give_a_span() -> None:
    unknown: Facts = {**EXAMPLES["predict-breast"], "er_status": OneOf(("positive", "negative"))}
    assert not predict_breast.assess(unknown)["survival at 5 years with surgery alone"].certain


def test_it_is_not_for_metastatic_disease() -> None:
    with pytest.raises(NotAssessed, match="metastatic is recorded"):
        predict_breast.assess({**EXAMPLES["predict-breast"], "metastatic": True})
