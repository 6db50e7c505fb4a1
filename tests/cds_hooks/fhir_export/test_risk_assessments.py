"""RiskAssessments: valid R4B, the same risks as on the cards, and nothing left unsaid."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.riskassessment import RiskAssessment

from cds_hooks.bundles.bundle_calls import evaluations
from cds_hooks.engine.card_text import percent
from cds_hooks.fhir_export.risk_assessments import risk_assessments
from tests.cds_hooks.engine.evaluated import chart, evaluated
from tests.cds_hooks.protocol.wire_rules import empties
from tests.charts import (
    ALL_LIVE,
    ATRIAL_FIBRILLATION,
    DIABETES,
    HYPERTENSION,
    NOW,
    Resource,
    at_risk,
    patient,
    problem,
    result,
    shipped,
)
from tests.golden import answer, charts, request, told_on

CHARTS = list(charts())
STATUS = {
    "registered",
    "preliminary",
    "final",
    "amended",
    "corrected",
    "cancelled",
    "entered-in-error",
    "unknown",
}
"""The codes of the required binding of RiskAssessment.status: observation-status."""


def sent(resource: RiskAssessment) -> str:
    """What the class writes, in FHIR's order of elements."""
    return json.dumps(json.loads(resource.model_dump_json()))


AF = (patient(), problem(ATRIAL_FIBRILLATION), problem(HYPERTENSION), problem(DIABETES))
MMOL = {"value": 6.1, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}


def _made(service_id: str, *resources: Resource, now: datetime = NOW) -> dict[str, Any]:
    """The service's RiskAssessments by predictor; its own refusal under ""."""
    held = chart(service_id, *resources, now=now)
    made: list[Any] = list(risk_assessments(evaluated(service_id, *resources, now=now), held))
    return {each["method"]["coding"][0]["code"] if "method" in each else "": each for each in made}


def _prevent(*resources: Resource, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = _made("cardiovascular-risk", patient(**fields), *resources)["prevent"]
    return found


def _notes(resource: dict[str, Any]) -> list[str]:
    return [each["text"] for each in resource["note"]]


@dataclass(frozen=True)
class Made:
    """What one service made of one fixture, from its file and as the hook answers."""

    resources: tuple[Any, ...]
    summaries: tuple[str, ...]
    answered: tuple[str, ...]


@cache
def _made_of(path: Path) -> tuple[Made, ...]:
    asked = told_on(path)
    held = evaluations(path.read_bytes(), settings=ALL_LIVE, as_of=asked, models=shipped())
    return tuple(
        Made(
            resources=tuple(risk_assessments(evaluation, found_in)),
            summaries=tuple(each.card.summary for each in evaluation.findings),
            answered=_answered(path, evaluation.service.id),
        )
        for found_in, evaluation in held
    )


def _answered(path: Path, service_id: str) -> tuple[str, ...]:
    body = request(path, service_id)
    response = msgspec.json.decode(answer(body, service_id, told_on(path)))
    return tuple(card["summary"] for card in response["cards"])


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_each_is_valid_r4b_with_its_bindings_in_range_and_nothing_empty(path: Path) -> None:
    held = {
        f"{each['resource']['resourceType']}/{each['resource']['id']}"
        for each in msgspec.json.decode(path.read_bytes())["entry"]
    }
    for made in _made_of(path):
        for each in made.resources:
            assert sent(RiskAssessment.model_validate(each)) == json.dumps(each)
            assert each["status"] in STATUS
            assert list(empties(each)) == []
            assert {basis["reference"] for basis in each.get("basis", ())} <= held
            assert each["subject"]["reference"] in held
            for prediction in each.get("prediction", ()):
                assert 0 <= prediction.get("probabilityDecimal", 0) <= 100
                assert ("whenPeriod" in prediction) == bool(_probability(prediction))


def _probability(prediction: dict[str, Any]) -> str:
    """As a card writes it; "" for what is no probability."""
    if "probabilityDecimal" in prediction:
        return percent(prediction["probabilityDecimal"] / 100)
    if "probabilityRange" not in prediction:
        return ""
    span = prediction["probabilityRange"]
    low, high = (percent(span[end]["value"] / 100) for end in ("low", "high"))
    return low if low == high else f"{low.removesuffix(' %')} to {high}"


def _number(prediction: dict[str, Any]) -> str:
    found = re.match(r"[\d.]+( to [\d.]+)?", prediction.get("rationale", ""))
    return _probability(prediction) or (found[0] if found else "")


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_a_service_finds_the_same_in_a_file_as_in_the_hook(path: Path) -> None:
    for made in _made_of(path):
        assert made.summaries == made.answered


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.stem)
def test_the_cards_of_the_hook_say_the_same_risks(path: Path) -> None:
    for made in _made_of(path):
        for outcome, numbers in _numbers(made.resources).items():
            for summary in made.answered:
                for said in _said(outcome, summary):
                    assert any(_is_rounded(said, number) for number in numbers)


def _numbers(resources: Iterable[dict[str, Any]]) -> Mapping[str, set[str]]:
    numbers: defaultdict[str, set[str]] = defaultdict(set)
    for each in resources:
        for prediction in each.get("prediction", ()):
            numbers[prediction["outcome"]["text"]].add(_number(prediction))
    return numbers


def _said(outcome: str, summary: str) -> list[str]:
    """The numbers that a card's summary gives for an outcome."""
    number = r"(?: risk)? (\d+(?:\.\d+)?(?: to \d+(?:\.\d+)?)?(?: %)?)(?![\d.])"
    return re.findall(rf"(?<!\w){re.escape(outcome)}{number}", summary)


def _is_rounded(said: str, number: str) -> bool:
    """Whether a card's number, or each end of its range, is that number as rounded there."""
    if said.endswith("%") or number.endswith("%") or said.count(" ") != number.count(" "):
        return said == number
    pairs = zip(said.split(" to "), number.split(" to "), strict=True)
    return all(abs(float(a) - float(b)) <= 0.5001 / 10 ** _decimals(a) for a, b in pairs)


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])


def test_the_comparison_with_the_cards_has_something_to_compare() -> None:
    compared = {
        outcome
        for path in CHARTS
        for made in _made_of(path)
        for outcome in _numbers(made.resources)
        for summary in made.answered
        if _said(outcome, summary)
    }
    assert {"ASCVD", "CHA2DS2-VA"} <= compared


def test_a_probability_is_a_percentage_for_its_years() -> None:
    for prediction in _prevent(*at_risk())["prediction"]:
        assert 1 < prediction["probabilityDecimal"] < 40
        assert prediction["whenPeriod"] == {
            "start": "2026-03-15T12:00:00Z",
            "end": "2036-03-15T12:00:00Z",
        }


def test_ten_years_from_a_leap_day_end_on_the_28th() -> None:
    day = datetime(2024, 2, 29, 12, tzinfo=UTC)
    dated = [each | {"effectiveDateTime": "2024-02-20"} for each in at_risk()]
    made = _made("cardiovascular-risk", patient(), *dated, now=day)["prevent"]
    assert made["prediction"][0]["whenPeriod"]["end"] == "2034-02-28T12:00:00Z"


def test_what_something_unknown_could_change_is_a_range_in_percent() -> None:
    made = _prevent(*at_risk(), gender="other")
    span = made["prediction"][1]["probabilityRange"]
    assert span["low"]["value"] < span["high"]["value"]
    assert {span[end]["code"] for end in span} == {"%"}
    assert "probabilityDecimal" not in made["prediction"][1]
    assert "Not known, so varied: Sex, eGFR" in _notes(made)


def test_a_point_score_is_no_probability_and_says_what_gives_its_points() -> None:
    (prediction,) = _made("af-stroke-risk", *AF)["cha2ds2-va"]["prediction"]
    assert prediction == {
        "outcome": {"text": "CHA2DS2-VA"},
        "rationale": "2; Points: Hypertension +1, Diabetes mellitus +1",
    }


def test_a_regression_says_its_baseline_and_what_each_input_adds() -> None:
    rationale = _prevent(*at_risk())["prediction"][1]["rationale"]
    assert re.match(r"Log-odds: baseline -\d\.\d+, ", rationale)
    assert re.search(r"Systolic BP \+\d\.\d+", rationale)


def test_the_method_is_the_predictors_title_and_version() -> None:
    method = _prevent(*at_risk())["method"]
    assert method["text"] == "PREVENT (10 years), 2024 base"
    assert method["coding"][0]["version"] == "2024 base"


def test_its_basis_is_every_resource_that_the_inputs_rest_on() -> None:
    basis = {each["reference"] for each in _prevent(*at_risk(), problem(DIABETES))["basis"]}
    measured = {f"Observation/{each['id']}" for each in at_risk()}
    assert basis == measured | {f"Condition/c{DIABETES}"}


def test_what_was_converted_and_what_was_missing_are_noted() -> None:
    other = [each for each in at_risk() if not each["id"].startswith("chol_total")]
    made = _prevent(*other, result("chol_total", 0, valueQuantity=MMOL))
    assert any("converted from 6.1 mmol/L" in note for note in _notes(made))
    bleeding = _made("af-stroke-risk", *AF)["has-bled"]
    assert any(note.startswith("Not known: ") for note in _notes(bleeding))


def test_a_refusal_is_cancelled_and_says_why() -> None:
    other = [each for each in at_risk() if not each["id"].startswith("hdl")]
    made = _prevent(*other)
    assert made["status"] == "cancelled"
    assert _notes(made)[0] == "no usable HDL cholesterol"
    assert "prediction" not in made


def test_a_service_that_is_not_for_the_patient_is_cancelled_without_a_method() -> None:
    refused = _made("palliative-planning", patient())[""]
    assert refused["status"] == "cancelled"
    assert refused["code"] == {"text": "Palliative planning"}
    assert _notes(refused)[0] == "Inpatient stay: no active record"


def test_its_id_tells_patient_service_predictor_and_moment_apart_and_nothing_else() -> None:
    first, again = (_made("af-stroke-risk", *AF) for _ in range(2))
    assert first == again
    others = (
        *first.values(),
        *_made("lab-safety", *AF).values(),
        _made("af-stroke-risk", *AF, now=datetime(2026, 3, 16, tzinfo=UTC))["cha2ds2-va"],
    )
    assert len({each["id"] for each in others}) == len(others)


def test_it_names_the_encounter_in_progress() -> None:
    visit = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": "AMB"},
    }
    made = _made("af-stroke-risk", *AF, visit)["cha2ds2-va"]
    assert made["encounter"] == {"reference": "Encounter/e1"}
    assert "encounter" not in _made("af-stroke-risk", *AF)["cha2ds2-va"]
