"""Suggested actions: codes that can be right, and resources that say why."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_hooks.clinical.actions import ACTIONS, suggest
from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.hooks import PatientViewContext
from cds_hooks.protocol.json import encode
from cds_hooks.settings.site import Site
from fhir_adapters.record import (
    Measurement,
    PatientRecord,
    RecordedCondition,
    Source,
    Standing,
    When,
)
from tests.charts import LOINC, NOW, SNOMED
from tests.check_digits import has_mod_10_check_digit, has_verhoeff_check_digit

PATIENT = Assessed(
    record=PatientRecord(None, {}, (), (), (), {}),
    as_of=NOW,
    context=PatientViewContext(patient_id="p1", encounter_id="e1"),
    declared={},
    site=Site(),
    thresholds={},
)
FIBRILLATION = RecordedCondition(
    frozenset({"atrial_fibrillation"}), Standing.ACTIVE, Source("Condition/fibrillation")
)
R4B = {"Condition": Condition, "ServiceRequest": ServiceRequest}
CHECK = {LOINC: has_mod_10_check_digit, SNOMED: has_verhoeff_check_digit}
RECORDED = [key for key, action in ACTIONS.items() if action.resource == "Condition"]


def _made(key: str, *because: Measurement | RecordedCondition) -> dict[str, Any]:
    actions = suggest(key, PATIENT, reason="found", because=because).actions
    assert isinstance(actions, tuple)
    made: dict[str, Any] = msgspec.json.decode(encode(actions[0].resource))
    return made


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


@pytest.mark.parametrize("key", ACTIONS)
def test_every_action_creates_a_valid_r4b_resource_with_nothing_empty(key: str) -> None:
    because = (_measurement("Observation/a", 1), FIBRILLATION)
    for reasons in ((), because):
        made = _made(key, *reasons)
        checked: Any = R4B[made["resourceType"]]
        assert msgspec.json.decode(checked.model_validate(made).model_dump_json()) == made
        assert "" not in made.values()


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
