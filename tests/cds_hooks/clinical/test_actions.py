"""Suggested actions: codes that can be right, and resources that say why."""

from datetime import timedelta
from typing import Any

import pytest

from cds_hooks.clinical.actions import ACTIONS, suggest
from cds_hooks.engine.patient import Assessed
from cds_hooks.settings.settings import Site
from fhir_adapters.record import Measurement, PatientRecord, Source, When
from tests.charts import LOINC, NOW, SNOMED
from tests.check_digits import has_mod_10_check_digit, has_verhoeff_check_digit

PATIENT = Assessed(
    record=PatientRecord(None, {}, (), (), (), {}),
    as_of=NOW,
    patient_id="p1",
    encounter_id="e1",
    declared={},
    site=Site(),
    thresholds={},
)
CHECK = {LOINC: has_mod_10_check_digit, SNOMED: has_verhoeff_check_digit}
RECORDED = [key for key, action in ACTIONS.items() if action.resource == "Condition"]


def _made(key: str, *because: Measurement) -> dict[str, Any]:
    actions = suggest(key, PATIENT, reason="found", because=because).actions
    assert isinstance(actions, tuple)
    assert isinstance(actions[0].resource, dict)
    return actions[0].resource


def _measurement(reference: str, days: int) -> Measurement:
    when = NOW - timedelta(days=days)
    return Measurement("hba1c", 7.0, "%", When(when, when), Source(reference))


@pytest.mark.parametrize("key", ACTIONS)
def test_every_action_is_coded_with_its_check_digit_or_only_in_words(key: str) -> None:
    action = ACTIONS[key]
    if action.code:
        assert CHECK[action.system](action.code)
        assert action.display
    else:
        assert action.text


@pytest.mark.parametrize("key", RECORDED)
def test_a_condition_is_provisional_and_of_the_category_of_its_list(key: str) -> None:
    condition = _made(key)
    assert condition["verificationStatus"]["coding"][0]["code"] == "provisional"
    category = condition["category"][0]["coding"][0]["code"]
    assert category == ACTIONS[key].category
    assert ("problem list" in ACTIONS[key].description) == (category == "problem-list-item")


def test_the_evidence_of_a_condition_is_each_measurement_once() -> None:
    first, second = _measurement("Observation/a", 200), _measurement("Observation/b", 1)
    assert _made("record-diabetes", first, second, first)["evidence"] == [
        {"detail": [{"reference": "Observation/a"}, {"reference": "Observation/b"}]}
    ]


def test_without_a_reference_there_is_no_evidence() -> None:
    assert "evidence" not in _made("record-diabetes", _measurement("", 1))
