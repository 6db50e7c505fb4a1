"""Sepsis risk: in intensive care alone, within the alert budget, with its course and NEWS2."""

import copy
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from predictors.models.sepsis_risk import sepsis_risk
from tests.charts import NOW, ask, problem

SERVICE = "sepsis-risk"
CHARTS = Path(__file__).parents[3] / "fixtures" / "patients"
SEPSIS, PALLIATIVE = "91302008", "103735009"
COMFORT = "133918004"


def chart(story: str) -> list[dict[str, Any]]:
    bundle = msgspec.json.decode((CHARTS / f"sepsis-risk-{story}.json").read_bytes())
    return [each["resource"] for each in bundle["entry"]]


def cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return found


def site(**thresholds: float) -> Settings:
    return Settings(services={SERVICE: ServiceSettings(mode="live", thresholds=thresholds)})


STRANGE = {"8867-4": 285, "9279-1": 68, "8310-5": 26.5, "8480-6": 290, "59408-5": 52}
"""Values that a concept may have, and hardly a patient all at once, by LOINC code."""


def strange(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with such values in the place of its own."""
    made: dict[str, Any] = copy.deepcopy(resource)
    for each in (made, *made.get("component", ())):
        codes = {coding["code"] for coding in each.get("code", {}).get("coding", ())}
        for code in codes & set(STRANGE):
            each["valueQuantity"]["value"] = STRANGE[code]
    return made


def taken_by(hour: int, *, of: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The chart without what was measured later on the day."""
    limit = f"2026-03-15T{hour:02}:00:00Z"
    return [each for each in of if each.get("effectiveDateTime", "") < limit]


def test_a_risk_within_the_budget_is_shown_with_its_course_and_news2() -> None:
    (card,) = cards(*chart("fires"))
    assert card["indicator"] == "warning"
    assert card["summary"].startswith("Sepsis risk 1")
    assert re.search(r"sepsis followed or was already there in \d+ of 1,000", card["detail"])
    assert re.search(r"Risk: [\d.]+ % 6 h ago", card["detail"])
    assert "NEWS2 beside it: 14 to 17." in card["detail"]
    assert "Association, not cause" in card["detail"]
    assert [each["label"] for each in card["suggestions"]] == ["Request blood cultures now"]


def test_the_card_says_what_the_label_says_and_whose_alert_budget_it_is() -> None:
    (card,) = cards(*chart("fires"))
    assert "onset within 6 h, or already there" in card["summary"]
    assert "37 % of the hours that it learned from as sepsis" in sepsis_risk.population
    assert "this site has no alert budget" in card["detail"]


def test_who_is_unlike_those_it_learned_from_is_shown_news2_alone() -> None:
    answer = ask(SERVICE, *map(strange, chart("fires")))
    (card,) = answer["cards"]
    assert card["summary"] == "Sepsis model: not assessed (unlike those it learned from)"
    assert "NEWS2 beside it: " in card["detail"]
    assert "no sign that the risk is low" in card["detail"]
    (reason,) = answer["extension"][EXTENSION]["notAssessed"]
    assert reason["problem"] == "unfamiliar"


def test_the_risk_of_hours_ago_is_the_one_that_was_computed_then() -> None:
    now, then = NOW, NOW.replace(hour=NOW.hour - 4)
    low = site(alerts=0.001)
    (later,) = cards(*chart("fires"), settings=low, now=now)
    (earlier,) = cards(*taken_by(8, of=chart("fires")), settings=low, now=then)
    risk = earlier["summary"].removeprefix("Sepsis risk ").partition(": onset")[0]
    assert f"{risk} 4 h ago" in later["detail"]


def test_the_site_sets_the_risk_from_which_it_is_shown() -> None:
    assert cards(*chart("near-miss")) == []
    (card,) = cards(*chart("near-miss"), settings=site(alerts=0.001))
    assert "this site's own threshold" in card["detail"]
    assert cards(*chart("fires"), settings=site(alerts=0.9)) == []


@pytest.mark.parametrize("story", ["near-miss-ward", "unknown"])
def test_out_of_intensive_care_or_where_nobody_says_it_does_not_fire(story: str) -> None:
    answer = ask(SERVICE, *chart(story), settings=site(alerts=0.001))
    assert answer["cards"] == []
    (reason,) = answer["extension"][EXTENSION]["notAssessed"]
    assert reason["input"] == "intensive_care"


@pytest.mark.parametrize("code", [SEPSIS, COMFORT])
def test_it_is_not_for_who_has_sepsis_or_comfort_measures(code: str) -> None:
    dated = {"subject": {"reference": "Patient/sep-fires"}, "onsetDateTime": "2026-03-14"}
    assert cards(*chart("fires"), problem(code, **dated)) == []


def test_palliative_care_mutes_nothing() -> None:
    listed = problem(PALLIATIVE, subject={"reference": "Patient/sep-fires"})
    assert cards(*chart("fires"), listed) != []


def test_in_pregnancy_it_says_that_it_does_not_hold() -> None:
    dated = {"subject": {"reference": "Patient/sep-fires"}, "onsetDateTime": "2026-01-14"}
    (card,) = cards(*chart("fires"), problem("77386006", **dated))
    assert card["summary"] == "Sepsis risk: not for pregnancy or the six weeks after"
    assert card["indicator"] == "info"


def test_over_89_years_it_was_not_validated() -> None:
    person, *rest = chart("fires")
    assert cards(person | {"birthDate": "1936-03-15"}, *rest) == []
    assert cards(person | {"birthDate": "1936-03-16"}, *rest)


def test_outside_the_demo_it_is_off_until_the_site_turns_it_on() -> None:
    assert services()[SERVICE].mode(Settings(demo=False)) == "off"
    assert services()[SERVICE].mode(Settings(demo=True)) == "live"
