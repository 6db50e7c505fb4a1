from typing import Any

import pytest

from cds_hooks.clinical.orders.opioids import FACTORS, at_home, equivalents
from fhir_adapters.record import DraftOrder, Regimen
from tests.cds_hooks.clinical.orders.drafting import cards, draft, told
from tests.charts import Resource, order, patient, problem

CATEGORY = "http://terminology.hl7.org/CodeSystem/medicationrequest-category"
OXYCODONE = draft("N02AA05", "oxycodone", "20 mg twice daily")
SMALL = draft("N02AA05", "oxycodone", "10 mg twice daily")
DIAZEPAM = draft("N05BA01", "diazepam", "5 mg once daily", id="d2")
PALLIATIVE, CANCER, SICKLE_CELL = "103735009", "363346000", "127040003"
USE_DISORDER = "75544000"


def of_category(drafted: Resource, code: str) -> Resource:
    return drafted | {"category": [{"coding": [{"system": CATEGORY, "code": code}]}]}


@pytest.mark.parametrize(
    ("opioid", "a_day", "expected"),
    [
        ("hydromorphone", 10, 50),
        ("tramadol", 300, 60),
        ("methadone", 20, 94),
        ("codeine", 120, 18),
        ("oxycodone", 30, 45),
    ],
)
def test_a_dose_is_converted_by_the_factors_of_2022(
    opioid: str, a_day: float, expected: float
) -> None:
    drafted = DraftOrder("MedicationRequest/1", frozenset({opioid, "opioid"}))
    known = DraftOrder(drafted.reference, drafted.classes, regimen=Regimen(a_day, 1))
    assert equivalents(known) == pytest.approx(expected)
    assert equivalents(drafted) is None


def test_fentanyl_and_buprenorphine_are_not_converted() -> None:
    assert FACTORS.keys().isdisjoint({"fentanyl", "buprenorphine"})


def test_50_equivalents_a_day_ask_to_reassess_and_for_naloxone() -> None:
    (card,) = cards(patient(), OXYCODONE)
    assert (card["indicator"], card["summary"]) == (
        "warning",
        "Reassess oxycodone and offer naloxone: 60 MME a day",
    )
    assert "never stopped at once" in card["detail"]
    assert len(card["detail"].split()) <= 90


def test_below_50_is_quiet() -> None:
    assert told(patient(), SMALL) == []


def test_all_drafts_are_added() -> None:
    second = draft("N02AX02", "tramadol", "50 mg four times daily", id="d2")
    wanted = ("warning", "Reassess oxycodone and offer naloxone: 70 MME a day")
    assert wanted in told(patient(), SMALL, second)


def test_a_dose_that_cannot_be_read_is_said_to_be_uncounted() -> None:
    patch = draft("N02AB03", "fentanyl patch", "25 mcg/h")
    assert told(patient(), patch) == [
        ("info", "Check the daily dose of fentanyl patch: it cannot be converted to morphine")
    ]


def test_an_opioid_of_the_list_is_said_to_be_uncounted() -> None:
    found = cards(patient(), order("N02AA01"), OXYCODONE)
    (card,) = [each for each in found if "MME" in each["summary"]]
    assert "an opioid on the medication list is not counted" in card["detail"]


@pytest.mark.parametrize("code", [PALLIATIVE, CANCER, SICKLE_CELL, USE_DISORDER])
def test_it_is_silent_where_the_guideline_does_not_apply(code: str) -> None:
    assert told(patient(), problem(code), OXYCODONE, DIAZEPAM) == []


def test_it_is_silent_in_hospital_and_speaks_at_discharge() -> None:
    assert told(patient(), of_category(OXYCODONE, "inpatient")) == []
    assert told(patient(), of_category(OXYCODONE, "discharge")) != []
    stay: Resource = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-03-14T08:00:00Z"},
    }
    assert told(patient(), stay, OXYCODONE) == []
    assert told(patient(), stay, of_category(OXYCODONE, "discharge")) != []


def test_an_opioid_with_a_benzodiazepine_is_weighed_either_way_round() -> None:
    beside = told(patient(), SMALL, DIAZEPAM)
    assert ("warning", "Weigh oxycodone with diazepam, and offer naloxone") in beside
    listed = told(patient(), order("N02AA01"), DIAZEPAM)
    assert [indicator for indicator, _ in listed] == ["warning"]
    assert told(patient(), DIAZEPAM) == []


@pytest.mark.parametrize("content", [b"", b"{}", b'{"category": 3}', b'{"category": [null, {}]}'])
def test_a_category_that_cannot_be_read_is_none(content: bytes) -> None:
    class Nobody:
        def recorded(self, _: str) -> bool:
            return False

    someone: Any = Nobody()
    assert at_home(someone, DraftOrder("MedicationRequest/1", content=content))
