import json

from cds_hooks.protocol.override_reasons import SYSTEM, override_reasons
from tests.beside import beside


def test_std_30_every_reason_has_code_system_and_display() -> None:
    reasons = override_reasons()
    assert len({reason.code for reason in reasons}) == len(reasons) == 12
    assert {reason.system for reason in reasons} == {SYSTEM}
    assert all(reason.display for reason in reasons)


def test_the_reasons_a_clinician_needs_most_are_offered() -> None:
    codes = {reason.code for reason in override_reasons()}
    assert {"cds-not-applicable", "action-completed", "patient-refuses"} <= codes


def test_the_reasons_are_those_of_the_value_set_with_the_code_systems_displays() -> None:
    vocabulary = beside("standard/vocabulary")
    chosen = json.loads((vocabulary / "ValueSet-non-adherence-reason-clinical.json").read_bytes())
    include = chosen["compose"]["include"][0]
    defined = json.loads((vocabulary / "CodeSystem-non-adherence-reason-codes.json").read_bytes())
    displays = {
        concept["code"]: concept["display"]
        for group in defined["concept"]
        for concept in (group, *group.get("concept", ()))
    }
    expected = [(each["code"], displays[each["code"]]) for each in include["concept"]]
    assert include["system"] == defined["url"] == SYSTEM
    assert [(reason.code, reason.display) for reason in override_reasons()] == expected
