"""Laboratory results beside the risk of recurrence: what their papers say, and no more."""

from typing import Any

import pytest

from cds_hooks.clinical.breast_markers import MARKERS, SAID, SHORT
from tests.cds_hooks.services.test_breast_cancer_recurrence import _operated
from tests.charts import answered, ask
from tests.fhir_adapters.sent import observation, quantity

GTR = "http://www.ncbi.nlm.nih.gov/gtr"
ICHOM = "http://hl7.org/fhir/uv/ichom-breast-cancer/CodeSystem/MolecularProfilingCodeSystem"
POSITIVE, NEGATIVE, EQUIVOCAL = "10828004", "260385009", "42425007"
LAST_MONTH = "2026-02-15T08:00:00Z"


def _assay(system: str, code: str, value: float, unit: str = "1", **fields: Any) -> dict[str, Any]:
    made = observation(code, quantity(value, unit), id=code, effectiveDateTime=LAST_MONTH, **fields)
    return made | {"code": {"coding": [{"system": system, "code": code}]}}


def _card(*results: dict[str, Any]) -> dict[str, Any] | None:
    cards = ask("breast-cancer-recurrence", *_operated(12), *results)["cards"]
    found = [card for card in cards if card["summary"].startswith("Breast cancer laboratory")]
    return found[0] if found else None


@pytest.mark.parametrize(
    ("score", "said"),
    [(0, "low:"), (10, "low:"), (11, "mid-range:"), (25, "mid-range:"), (26, "high:")],
)
@pytest.mark.parametrize(("system", "code"), [(GTR, "509910"), (ICHOM, "oncotype")])
def test_a_recurrence_score_is_told_by_the_limits_of_its_trial(
    system: str, code: str, score: float, said: str
) -> None:
    card = _card(_assay(system, code, score))
    assert card is not None
    assert f"| {score} | 2026-02-15 08:00 | {said}" in card["detail"]
    assert "TAILORx" in card["detail"]


@pytest.mark.parametrize(
    ("index", "said"), [(-0.31, "high genomic risk"), (0.25, "low genomic risk")]
)
def test_a_mammaprint_index_below_0_is_a_high_risk(index: float, said: str) -> None:
    card = _card(_assay(ICHOM, "mammaprint", index))
    assert card is not None
    assert said in card["detail"]


def test_an_index_of_0_is_shown_and_not_interpreted() -> None:
    card = _card(_assay(ICHOM, "mammaprint", 0.0))
    assert card is not None
    assert "not interpreted" in card["detail"]


def test_a_bound_that_leaves_the_class_open_is_not_interpreted() -> None:
    bounded = _assay(GTR, "509910", 11)
    bounded["valueQuantity"]["comparator"] = ">"
    card = _card(bounded)
    assert card is None or "not interpreted" in card["detail"]


@pytest.mark.parametrize(
    ("percent", "said"), [(4, "low;"), (18, "not used to estimate prognosis"), (30, "high;")]
)
def test_ki67_between_5_and_30_percent_tells_no_prognosis(percent: float, said: str) -> None:
    card = _card(
        observation("85330-9", quantity(percent, "%"), id="ki67", effectiveDateTime=LAST_MONTH)
    )
    assert card is not None
    assert said in card["detail"]


@pytest.mark.parametrize(("code", "gene"), [("21636-6", "BRCA1"), ("38530-2", "BRCA2")])
@pytest.mark.parametrize(("answer", "word"), [(POSITIVE, "positive"), (NEGATIVE, "negative")])
def test_a_brca_result_is_told(code: str, gene: str, answer: str, word: str) -> None:
    card = _card(answered(code, answer, LAST_MONTH))
    assert card is not None
    assert f"{gene} {word}" in card["summary"]


def test_what_has_no_result_is_named_and_not_taken_for_negative() -> None:
    card = _card(answered("85319-2", EQUIVOCAL, LAST_MONTH))
    assert card is not None
    assert "in-situ hybridisation is needed" in card["detail"]
    assert "No usable result of: Oncotype DX, MammaPrint, Ki-67, BRCA1, BRCA2." in card["detail"]


def test_without_any_result_there_is_no_such_card() -> None:
    assert _card() is None


def test_a_result_that_was_entered_in_error_is_none() -> None:
    assert _card(_assay(GTR, "509910", 31, status="entered-in-error")) is None


def test_a_code_of_an_unknown_system_is_no_recurrence_score() -> None:
    assert _card(_assay("http://example.org/tests", "509910", 31)) is None


def test_no_result_changes_the_risk() -> None:
    (plain,) = ask("breast-cancer-recurrence", *_operated(12))["cards"]
    told = ask("breast-cancer-recurrence", *_operated(12), _assay(GTR, "509910", 31))["cards"]
    assert told[0]["summary"] == plain["summary"]


def test_every_marker_has_a_name_and_its_sayings_a_source() -> None:
    assert {each.name for each in MARKERS} == set(SHORT) == set(SAID)
    assert all(said.text and said.source for each in SAID.values() for said in each)
