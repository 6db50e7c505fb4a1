"""Palliative planning: a prognosis for inpatients with a serious illness, never guessed."""

import json
from typing import Any

import pytest

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, ask, problem
from tests.golden import FIXTURES

SERVICE = "palliative-planning"
PREGNANT, PALLIATIVE = "77386006", "103735009"


def _chart(*without: str) -> list[dict[str, Any]]:
    """The resources of the story that fires, as of the patient whom the tests ask for."""
    text = (FIXTURES / "patients" / f"{SERVICE}-fires.json").read_text(encoding="utf-8")
    entries = json.loads(text.replace("Patient/palliative-fires", "Patient/p1"))["entry"]
    chart = [entry["resource"] for entry in entries]
    chart[0]["id"] = "p1"
    return [each for each in chart if each["id"] not in without]


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def test_a_high_risk_is_shown_as_context_with_a_talk_about_the_goals_of_care() -> None:
    (card,) = _cards(*_chart())
    assert card["indicator"] == "info"
    assert card["summary"].startswith("Serious illness: ")
    assert card["summary"].endswith(" risk of death within 180 days")
    for told in ("1989-94", "ranked better", "From 80 years on", "Association"):
        assert told in card["detail"]
    (suggestion,) = card["suggestions"]
    assert suggestion["actions"][0]["resource"]["status"] == "draft"


def test_it_is_for_inpatients_alone() -> None:
    assert _cards(*_chart("visit-1")) == []


def test_without_a_serious_illness_on_the_chart_nothing_is_shown() -> None:
    assert _cards(*_chart("metastatic", "malignancy", "respiratory-failure")) == []


@pytest.mark.parametrize("code", [PALLIATIVE, PREGNANT])
def test_it_is_not_for_whoever_has_palliative_care_or_is_pregnant(code: str) -> None:
    chart = _chart()
    chart[0] |= {"gender": "female", "birthDate": "1984-01-10"}
    assert _cards(*chart) != []
    assert _cards(*chart, problem(code, onsetDateTime="2026-01-05")) == []


@pytest.mark.parametrize("without", ["avpu", "map", "creatinine"])
def test_without_what_every_patient_of_the_data_had_no_risk_is_guessed(without: str) -> None:
    cards = _cards(*_chart(without))
    assert all("suggestions" not in card for card in cards)


def test_it_is_off_outside_the_demo_until_the_site_turns_it_on() -> None:
    assert services()[SERVICE].mode(Settings()) == "off"
    assert services()[SERVICE].mode(ALL_LIVE) == "live"


def test_a_site_may_show_it_from_a_higher_risk() -> None:
    stricter = Settings(services={SERVICE: ServiceSettings(mode="live", thresholds={"high": 0.99})})
    assert _cards(*_chart(), settings=stricter) == []
