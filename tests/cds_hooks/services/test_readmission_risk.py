"""Readmission of inpatients with diabetes: by earlier stays, before and after a discharge plan."""

from typing import Any

import pytest

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import ALL_LIVE, DIABETES, HEART_FAILURE, SUBJECT, ask, order, patient, problem

SERVICE = "readmission-risk"
PREGNANT, PALLIATIVE = "77386006", "103735009"
INSULIN = "A10AE04"
NUBC = "https://www.nubc.org/CodeSystem/PatDischargeStatus"


def _stay(id: str, began: str, ended: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished" if ended else "in-progress",
        "class": {"code": "IMP"},
        "subject": SUBJECT,
        "period": {"start": began} | ({"end": ended} if ended else {}),
    } | fields


def _planned(code: str) -> dict[str, Any]:
    return {"dischargeDisposition": {"coding": [{"system": NUBC, "code": code}]}}


def _chart(earlier: int = 4, began: str = "2026-03-10T08:00:00Z", **now: Any) -> list[Any]:
    """A man of 62 with diabetes and heart failure, in hospital, after so many stays in the year."""
    stays = [
        _stay(f"e{month}", f"2025-{month:02}-01T08:00:00Z", f"2025-{month:02}-05T08:00:00Z")
        for month in range(4, 4 + earlier)
    ]
    problems = [problem(DIABETES), problem(HEART_FAILURE)]
    return [patient(), *problems, order(INSULIN), _stay("now", began, **now), *stays]


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def _without(id: str) -> list[Any]:
    return [each for each in _chart() if each["id"] != id]


def test_many_stays_of_the_year_are_shown_and_an_early_visit_proposed() -> None:
    (card,) = _cards(*_chart())
    assert card["summary"].startswith("Readmission within 30 days:")
    assert "Inpatient stays in the year before, beside it: 4." in card["detail"]
    assert "No discharge is planned yet." in card["detail"]
    assert "Association, not cause" in card["detail"]
    (suggestion,) = card["suggestions"]
    assert suggestion["actions"][0]["resource"]["status"] == "draft"


def test_a_planned_discharge_is_counted_in_and_said() -> None:
    (card,) = _cards(*_chart(hospitalization=_planned("62")))
    assert "The planned discharge is counted in." in card["detail"]
    assert card["source"]["label"].endswith("discharge planned")


def test_while_no_discharge_is_planned_the_model_that_knows_none_answers() -> None:
    (card,) = _cards(*_chart())
    assert card["source"]["label"] == "Readmission model for patients with diabetes"


@pytest.mark.parametrize(("born", "old"), [("1946-03-14", True), ("1946-03-16", False)])
def test_from_80_years_on_the_card_says_that_it_ranks_less_well(born: str, old: bool) -> None:
    (card,) = _cards(patient(birthDate=born), *_chart(6)[1:])
    assert ("From 80 years on it ranks less well: AUROC 0.6" in card["detail"]) is old


def test_a_first_stay_is_not_shown() -> None:
    assert _cards(*_chart(earlier=0)) == []


def test_it_is_for_inpatients_alone() -> None:
    assert _cards(*_without("now")) == []


def test_it_is_for_patients_with_diabetes_alone() -> None:
    assert _cards(*_without(f"c{DIABETES}")) == []


@pytest.mark.parametrize("code", [PREGNANT, PALLIATIVE])
def test_it_is_not_for_pregnancy_or_palliative_care(code: str) -> None:
    woman = patient(gender="female", birthDate="1984-01-10")
    assert _cards(woman, *_chart()[1:]) != []
    assert _cards(woman, *_chart()[1:], problem(code, onsetDateTime="2026-01-05")) == []


@pytest.mark.parametrize(
    "chart",
    [
        _chart(hospitalization=_planned("50")),
        _chart(began="2026-02-20T08:00:00Z"),
    ],
    ids=["to a hospice", "after 14 days"],
)
def test_whom_the_data_did_not_hold_is_not_assessed(chart: list[Any]) -> None:
    assert all("suggestions" not in card for card in _cards(*chart))


def test_it_is_off_outside_the_demo_until_the_site_turns_it_on() -> None:
    assert services()[SERVICE].mode(Settings()) == "off"
    assert services()[SERVICE].mode(ALL_LIVE) == "live"


def test_a_site_may_show_it_from_a_higher_risk() -> None:
    stricter = Settings(services={SERVICE: ServiceSettings(mode="live", thresholds={"high": 0.9})})
    assert _cards(*_chart(), settings=stricter) == []
