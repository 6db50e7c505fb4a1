"""Death in hospital by the first 48 hours: once they are complete, as context, never guessed."""

import json
from typing import Any

import pytest

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, ask, problem
from tests.golden import FIXTURES

SERVICE = "icu-mortality-risk"
PALLIATIVE = "103735009"


def _chart(story: str = "fires") -> list[dict[str, Any]]:
    """The resources of a story, as of the patient whom the tests ask for."""
    text = (FIXTURES / "patients" / f"{SERVICE}-{story}.json").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = json.loads(text.replace("Patient/icu-fires", "Patient/p1"))[
        "entry"
    ]
    chart = [entry["resource"] for entry in entries]
    chart[0]["id"] = "p1"
    return chart


def _moved(chart: list[dict[str, Any]], admitted: str | None) -> list[dict[str, Any]]:
    """The chart with another time of admission to intensive care, or none."""
    (encounter,) = (each for each in chart if each["resourceType"] == "Encounter")
    if admitted is None:
        del encounter["location"][0]["period"]
    else:
        encounter["location"][0]["period"]["start"] = admitted
    return chart


def _answer(*resources: dict[str, Any], **options: Any) -> dict[str, Any]:
    return ask(SERVICE, *resources, **options)


def test_a_high_risk_is_shown_as_context_with_a_talk_about_the_goals_of_care() -> None:
    (card,) = _answer(*_chart())["cards"]
    assert card["indicator"] == "info"
    assert card["summary"].startswith("Risk of death in hospital 9")
    for told in ("no alarm", "NEWS2 beside it", "Association, not cause", "raises"):
        assert told in card["detail"]
    (suggestion,) = card["suggestions"]
    proposed = suggestion["actions"][0]["resource"]
    assert (proposed["status"], proposed["intent"]) == ("draft", "proposal")


@pytest.mark.parametrize("admitted", ["2026-03-13T14:00:00+01:00", "2026-03-12T11:00:00+01:00"])
def test_it_waits_for_48_hours_and_is_silent_a_day_after_them(admitted: str) -> None:
    assert _answer(*_moved(_chart(), admitted))["cards"] == []


def test_without_the_time_of_admission_to_the_unit_nothing_is_shown() -> None:
    answer = _answer(*_moved(_chart(), None))
    assert answer["cards"] == []
    assert "intensive_care_hours" in json.dumps(answer["extension"])


def test_it_is_for_intensive_care_alone() -> None:
    chart = _chart()
    chart[1]["contained"][0] = {"resourceType": "Location", "id": "unit", "name": "Ward 5"}
    assert _answer(*chart)["cards"] == []


def test_it_is_not_for_palliative_care() -> None:
    assert _answer(*_chart(), problem(PALLIATIVE))["cards"] == []


def test_what_is_measured_after_the_48_hours_changes_nothing() -> None:
    chart = _chart()
    latest = {**chart[-1], "id": "later", "effectiveDateTime": "2026-03-15T11:00:00Z"}
    assert latest["component"]
    latest["component"] = json.loads(json.dumps(latest["component"]).replace("86", "150"))
    (before,), (after,) = _answer(*chart)["cards"], _answer(*chart, latest)["cards"]
    assert before["summary"] == after["summary"]


def test_it_is_off_outside_the_demo_until_the_site_turns_it_on() -> None:
    assert services()[SERVICE].mode(Settings()) == "off"
    assert services()[SERVICE].mode(ALL_LIVE) == "live"


def test_a_site_may_show_it_from_a_higher_risk() -> None:
    stricter = Settings(services={SERVICE: ServiceSettings(mode="live", thresholds={"high": 0.99})})
    assert _answer(*_chart(), settings=stricter)["cards"] == []
