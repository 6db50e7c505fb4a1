"""Readmission at a discharge: the model's risk, and the published scores where they can be told."""

import re
from typing import Any

import pytest

from cds_hooks.engine.service import services
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import (
    ALL_LIVE,
    DIABETES,
    HEART_FAILURE,
    SUBJECT,
    ask,
    order,
    patient,
    problem,
    result,
)

SERVICE = "discharge-readmission"
INSULIN = "A10AE04"
KIDNEY_DISEASE, COPD, CANCER = "709044004", "13645005", "363346000"
PREGNANT, PALLIATIVE = "77386006", "103735009"
DISPOSITION = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
PRIORITY = "http://terminology.hl7.org/CodeSystem/v3-ActPriority"


def _visit(id: str, kind: str, began: str, ended: str = "", **fields: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": id,
        "status": "finished" if ended else "in-progress",
        "class": {"code": kind},
        "subject": SUBJECT,
        "period": {"start": began} | ({"end": ended} if ended else {}),
    } | fields


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def _planned(code: str) -> dict[str, Any]:
    return {"dischargeDisposition": _coded(DISPOSITION, code)}


URGENT = {"priority": _coded(PRIORITY, "EM")}


def _chart(began: str = "2026-03-09T08:00:00Z", ended: str = "", **now: Any) -> list[Any]:
    """A man of 62 with diabetes and more, leaving after six days, after five stays of the year."""
    months = (4, 6, 8, 10, 12)
    stays = [
        _visit(f"e{n}", "IMP", f"2025-{n:02}-01T08:00:00Z", f"2025-{n:02}-05T08:00:00Z")
        for n in months
    ]
    emergency = _visit("er", "EMER", "2026-01-10T08:00:00Z", "2026-01-10T12:00:00Z")
    problems = [problem(each) for each in (DIABETES, HEART_FAILURE, KIDNEY_DISEASE, COPD)]
    results = [result("hemoglobin", 10.4), result("sodium", 132)]
    present = _visit("now", "IMP", began, ended, **(URGENT | now))
    return [patient(), *problems, *results, order(INSULIN), present, *stays, emergency]


def _cards(*resources: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    cards: list[dict[str, Any]] = ask(SERVICE, *resources, **options)["cards"]
    return cards


def _without(*ids: str) -> list[Any]:
    return [each for each in _chart() if each["id"] not in ids]


def _first_line(*resources: dict[str, Any], **options: Any) -> str:
    (card,) = _cards(*resources, **options)
    return str(card["detail"].splitlines()[0])


def test_it_answers_the_hook_of_a_discharge() -> None:
    assert services()[SERVICE].hook == "encounter-discharge"


def test_the_first_line_says_what_to_do_and_the_second_the_number_with_the_scores_beside_it() -> (
    None
):
    (card,) = _cards(*_chart())
    assert card["summary"] == "Plan a follow-up visit within 7 days: high risk of readmission"
    first = card["detail"].splitlines()[0]
    # LACE: 6 days 4, urgent 3, comorbidity 7 so 5, one emergency visit.
    scores = r"LACE beside it: 13 of 19\. Simplified HOSPITAL beside it: 7 to 9 of 12\."
    assert re.fullmatch(rf"\*\*Readmission within 30 days: \d+ %\.\*\* {scores}", first)


def test_a_follow_up_visit_is_proposed_for_the_stay() -> None:
    (card,) = _cards(*_chart())
    (suggestion,) = card["suggestions"]
    resource = suggestion["actions"][0]["resource"]
    assert resource["encounter"] == {"reference": "Encounter/now"}
    assert resource["reasonCode"][0]["text"].startswith("Readmission within 30 days: ")


def test_any_cancer_counts_as_a_discharge_from_oncology_so_no_range_is_left() -> None:
    assert "HOSPITAL beside it: 9 of 12" in _first_line(*_chart(), problem(CANCER))


def test_without_a_recent_haemoglobin_the_hospital_score_is_not_shown() -> None:
    old = result("hemoglobin", 10.4, "2026-03-01T08:00:00Z")
    chart = [each for each in _chart() if "hemoglobin" not in each["id"]]
    for sent in (chart, [*chart, old]):
        line = _first_line(*sent)
        assert "LACE beside it: 13 of 19." in line
        assert "HOSPITAL" not in line


def test_where_nobody_says_whether_the_admission_was_urgent_the_scores_show_their_range() -> None:
    line = _first_line(*_chart(priority={}))
    assert "LACE beside it: 10 to 13 of 19." in line
    assert "HOSPITAL beside it: 6 to 9 of 12." in line


def test_where_the_patient_goes_is_counted_in_or_said_not_to_be() -> None:
    (planned,) = _cards(*_chart(hospitalization=_planned("snf")))
    assert "Where the patient goes is counted in." in planned["detail"]
    (unplanned,) = _cards(*_chart())
    assert "Where the patient goes is not told, and so not counted in." in unplanned["detail"]


@pytest.mark.parametrize("ended", ["2026-03-15T11:30:00Z", "2026-03-15T18:00:00Z"])
def test_a_stay_that_ends_today_is_assessed_though_the_ehr_has_closed_it(ended: str) -> None:
    assert len(_cards(*_chart(ended=ended))) == 1


@pytest.mark.parametrize(
    "chart",
    [
        _chart(ended="2026-03-13T08:00:00Z"),
        [*_without("now"), _visit("now", "EMER", "2026-03-15T08:00:00Z", "", **URGENT)],
        [*_without("now"), _visit("now", "OBSENC", "2026-03-09T08:00:00Z", "", **URGENT)],
    ],
    ids=["left long ago", "an emergency visit", "of unknown setting"],
)
def test_it_is_for_a_stay_that_ends_now_alone(chart: list[Any]) -> None:
    assert _cards(*chart) == []


def test_a_first_stay_is_not_shown() -> None:
    assert _cards(*_without("e4", "e6", "e8", "e10", "e12", "er")) == []


def test_it_is_for_patients_with_diabetes_alone() -> None:
    assert _cards(*_without(f"c{DIABETES}")) == []


@pytest.mark.parametrize("code", [PREGNANT, PALLIATIVE])
def test_it_is_not_for_pregnancy_or_palliative_care(code: str) -> None:
    woman = patient(gender="female", birthDate="1984-01-10")
    assert _cards(woman, *_chart()[1:]) != []
    assert _cards(woman, *_chart()[1:], problem(code, onsetDateTime="2026-01-05")) == []


@pytest.mark.parametrize(
    "chart",
    [_chart(hospitalization=_planned("hosp")), _chart(began="2026-02-20T08:00:00Z")],
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


@pytest.mark.parametrize(("born", "old"), [("1946-03-14", True), ("1946-03-16", False)])
def test_from_80_years_on_the_card_says_that_it_ranks_less_well(born: str, old: bool) -> None:
    (card,) = _cards(patient(birthDate=born), *_chart()[1:])
    assert ("From 80 years on it ranks less well: AUROC 0.6" in card["detail"]) is old
