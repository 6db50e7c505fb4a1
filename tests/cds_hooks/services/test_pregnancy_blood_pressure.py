"""Blood pressure in pregnancy and after birth: severe at once, raised asks for pre-eclampsia."""

from typing import Any

import pytest

from cds_hooks.clinical.actions import ACTIONS
from cds_hooks.clinical.vital_rules import VITALS
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings
from tests.charts import Resource, answered, ask, patient, problem, result

SERVICE = "pregnancy-blood-pressure"
PREGNANT = problem("77386006", onsetDateTime="2026-01-10")
LAST_WEEK, LAST_MONTH = "2026-03-10T08:00:00Z", "2026-02-10T08:00:00Z"


def cards(*resources: Resource, **options: Any) -> list[dict[str, Any]]:
    woman = patient(gender="female", birthDate="1996-01-10")
    found: list[dict[str, Any]] = ask(SERVICE, woman, *resources, **options)["cards"]
    return found


def pressure(systolic: float, diastolic: float, at: str = "2026-03-15T08:00:00Z") -> list[Resource]:
    return [result("sbp", systolic, at), result("dbp", diastolic, at)]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "indicator"),
    [
        (160, 85, "critical"),
        (150, 110, "critical"),
        (159, 109, "warning"),
        (140, 80, "warning"),
        (130, 90, "warning"),
    ],
)
def test_from_160_or_110_it_is_critical_and_from_140_or_90_it_warns(
    systolic: float, diastolic: float, indicator: str
) -> None:
    (card,) = cards(*pressure(systolic, diastolic), PREGNANT)
    assert card["indicator"] == indicator
    assert "pre-eclampsia" in card["detail"]
    assert f"{systolic}/{diastolic} mmHg, 2026-03-15 08:00" in card["summary"]


def test_below_140_and_90_it_is_quiet() -> None:
    assert cards(*pressure(139, 89), PREGNANT) == []


def test_without_a_pregnancy_it_is_quiet() -> None:
    assert cards(*pressure(180, 120)) == []


def test_after_birth_it_holds_for_six_weeks() -> None:
    icd = "http://hl7.org/fhir/sid/icd-10-cm"
    born = {"code": {"coding": [{"system": icd, "code": "O80"}]}}
    assert cards(*pressure(165, 100), problem("b", onsetDateTime="2026-02-10") | born) != []
    assert cards(*pressure(165, 100), problem("b", onsetDateTime="2026-01-10") | born) == []


def test_the_newest_pressure_of_the_last_week_decides() -> None:
    assert cards(*pressure(165, 100, LAST_WEEK), *pressure(120, 70), PREGNANT) == []
    assert cards(*pressure(165, 100, LAST_WEEK), PREGNANT) != []
    assert cards(*pressure(165, 100, LAST_MONTH), PREGNANT) == []


def test_a_pressure_beyond_the_plausible_range_is_shown_to_be_checked() -> None:
    (card,) = cards(result("sbp", 310), PREGNANT)
    assert card["indicator"] == "critical"
    assert "check this value" in card["detail"]


def test_a_severe_pressure_is_shown_whatever_the_age() -> None:
    child = patient(gender="female", birthDate="2017-01-10")
    (card,) = ask(SERVICE, child, *pressure(165, 100), PREGNANT)["cards"]
    assert "The thresholds are those of adults." in card["detail"]


def test_thresholds_are_the_sites_choice() -> None:
    own = ServiceSettings(mode="live", thresholds={"severe-systolic": 155.0})
    (card,) = cards(*pressure(156, 80), PREGNANT, settings=Settings(services={SERVICE: own}))
    assert card["indicator"] == "critical"


def test_every_rule_of_vital_signs_names_its_source_section_and_the_value_as_printed() -> None:
    rules = (VITALS.peri_arrest, VITALS.maternity, VITALS.severe_hypertension, VITALS.hypertension)
    for rule in rules:
        read = VITALS.source(rule)
        assert read.locator.startswith("https://")
        assert read.year
        assert rule.section
        assert rule.printed
        assert set(rule.actions) <= ACTIONS.keys()


def test_after_a_positive_test_only_what_cannot_wait_is_told() -> None:
    test = answered("2106-3", "10828004", LAST_WEEK)
    (card,) = cards(*pressure(165, 100), test)
    assert card["indicator"] == "critical"
    assert "a pregnancy test was positive" in card["detail"]
    assert cards(*pressure(150, 96), test) == []
    assert cards(*pressure(165, 100)) == []
