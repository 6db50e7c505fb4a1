"""Recurrence of breast cancer: soon after the operation, on its pathology, and never guessed."""

from typing import Any

import pytest

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, TODAY, answered, ask, order, patient, problem
from tests.fhir_adapters.sent import observation, quantity

SERVICE = "breast-cancer-recurrence"
BREAST_CANCER, METASTATIC, PALLIATIVE = "254837009", "128462008", "103735009"
G3, POSITIVE, NEGATIVE = "61026006", "10828004", "260385009"
LAST_MONTH, LONG_AGO = "2026-02-15T08:00:00Z", "2025-03-01T08:00:00Z"
LETROZOLE = "L02BG04"


def _operated(nodes: float, at: str = LAST_MONTH, *, er: str = NEGATIVE) -> list[dict[str, Any]]:
    """A woman of 62 whose tumour of 45 mm and grade 3 was removed, with so many positive nodes."""
    return [
        patient(gender="female"),
        problem(BREAST_CANCER),
        observation("33728-7", quantity(45, "mm"), id="size", effectiveDateTime=at),
        observation("21893-3", quantity(nodes, "{#}"), id="nodes", effectiveDateTime=at),
        answered("44648-4", G3, at),
        answered("85337-4", er, at),
        answered("85339-0", NEGATIVE, at),
    ]


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def test_many_positive_nodes_are_shown_with_the_index_beside_and_a_review_proposed() -> None:
    (card,) = _cards(*_operated(12))
    assert card["summary"] == "Breast cancer: 88 % risk of recurrence or death in 5 years"
    assert card["indicator"] == "info"
    assert "Nottingham Prognostic Index beside it: 6.9" in card["detail"]
    assert "Association, not cause" in card["detail"]
    (suggestion,) = card["suggestions"]
    assert suggestion["actions"][0]["resource"]["status"] == "draft"


@pytest.mark.parametrize(("born", "young"), [("1986-03-16", True), ("1986-03-14", False)])
def test_under_40_the_card_says_how_little_is_known(born: str, young: bool) -> None:
    (card,) = _cards(patient(gender="female", birthDate=born), *_operated(12)[1:])
    known = "Under 40 little is known: Harrell's C 0.64 (0.59 to 0.68) in 356 women, 0.68 in all."
    assert (known in card["detail"]) is young


def test_without_positive_nodes_nothing_is_shown() -> None:
    assert _cards(*_operated(0)) == []


def test_endocrine_therapy_on_the_list_lowers_the_risk() -> None:
    (untreated,) = _cards(*_operated(12, er=POSITIVE))
    (treated,) = _cards(*_operated(12, er=POSITIVE), order(LETROZOLE))
    assert treated["summary"] < untreated["summary"]


@pytest.mark.parametrize("code", [METASTATIC, PALLIATIVE])
def test_it_is_not_for_cancer_that_has_spread_or_palliative_care(code: str) -> None:
    assert _cards(*_operated(12), problem(code)) == []


def test_it_is_for_breast_cancer_on_the_problem_list_alone() -> None:
    assert _cards(*(each for each in _operated(12) if each["resourceType"] != "Condition")) == []


def test_the_risk_counts_from_surgery_so_a_year_later_it_is_no_more_shown() -> None:
    assert _cards(*_operated(12, LONG_AGO)) == []


def test_a_man_is_not_assessed() -> None:
    assert _cards(patient(), *_operated(12)[1:]) == []


def test_without_the_count_of_nodes_no_risk_is_guessed() -> None:
    chart = [each for each in _operated(12, TODAY) if each["id"] != "nodes"]
    (card,) = _cards(*chart)
    assert card["summary"] == (
        "Breast cancer recurrence: not assessed (Regional lymph nodes positive)"
    )


def test_it_is_off_outside_the_demo_until_the_site_turns_it_on() -> None:
    assert services()[SERVICE].mode(Settings()) == "off"
    assert services()[SERVICE].mode(ALL_LIVE) == "live"


def test_a_site_may_show_it_from_a_higher_risk() -> None:
    stricter = Settings(services={SERVICE: ServiceSettings(mode="live", thresholds={"high": 0.95})})
    assert _cards(*_operated(12), settings=stricter) == []
