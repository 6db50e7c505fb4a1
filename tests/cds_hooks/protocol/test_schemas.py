import json
from typing import Any

import jsonschema
import pytest

from cds_hooks.protocol.schemas import MOST_PROBLEMS, components, problems, schema

SENT: dict[str, Any] = {
    "hook": "patient-view",
    "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
    "context": {"patientId": "1"},
}
ANY_OBJECT = {"type": "object", "additionalProperties": True}
CARD: dict[str, Any] = {"summary": "s", "indicator": "info", "source": {"label": "l"}}


def valid(name: str, value: object) -> bool:
    return jsonschema.Draft202012Validator(schema(name)).is_valid(value)


def test_every_component_is_a_json_schema() -> None:
    for each in components().values():
        jsonschema.Draft202012Validator.check_schema(each)


def test_every_reference_leads_to_a_component() -> None:
    text = json.dumps(components())
    used = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert used <= set(components())
    assert used


def test_the_schema_of_a_response_knows_what_is_required() -> None:
    assert valid("CDSResponse", {"cards": [CARD]})
    assert not valid("CDSResponse", {})
    for name in CARD:
        assert not valid("CDSResponse", {"cards": [{k: CARD[k] for k in CARD if k != name}]})


@pytest.mark.parametrize(
    "change",
    [
        {"summary": "x" * 140},
        {"summary": ""},
        {"indicator": "hard-stop"},
        {"detail": None},
        {"suggestions": []},
        {"links": []},
        {"source": {"label": ""}},
    ],
)
def test_the_schema_of_a_card_refuses_the_empty_and_the_overlong(change: dict[str, Any]) -> None:
    assert not valid("CDSResponse", {"cards": [CARD | change]})


def test_cds_r_1_is_in_the_schema_of_a_request() -> None:
    assert valid("PatientViewRequest", SENT)
    assert not valid("PatientViewRequest", SENT | {"fhirAuthorization": {"access_token": "x"}})


def test_nothing_is_wrong_with_a_good_request() -> None:
    assert problems(SENT, "PatientViewRequest") == ()


def test_problems_name_field_and_rule() -> None:
    found = {
        p.expression: p.text
        for p in problems({"hook": "", "context": {}, "prefetch": []}, "PatientViewRequest")
    }
    assert found == {
        "hook": "hook must not be empty",
        "hookInstance": "hookInstance is required",
        "context.patientId": "context.patientId is required",
        "prefetch": "prefetch must be an object",
    }


def test_a_uuid_is_judged_as_decoding_judges_it() -> None:
    assert (
        problems(
            SENT | {"hookInstance": SENT["hookInstance"].replace("-", "")}, "PatientViewRequest"
        )
        == ()
    )
    (problem,) = problems(
        SENT | {"hookInstance": "urn:uuid:" + SENT["hookInstance"]}, "PatientViewRequest"
    )
    assert problem.text == "hookInstance must be a UUID"


def test_the_list_of_problems_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(problems({}, "PatientViewRequest")) == 3
    monkeypatch.setattr("cds_hooks.protocol.schemas.MOST_PROBLEMS", 2)
    assert len(problems({}, "PatientViewRequest")) == 2 < MOST_PROBLEMS


@pytest.mark.parametrize(
    "table",
    [
        "PatientViewRequest",
        "PatientViewContext",
        "OrderSelectContext",
        "OrderSignContext",
        "EncounterDischargeContext",
        "DraftOrders",
        "FHIRAuthorization",
        "FeedbackRequest",
        "Feedback",
        "AcceptedSuggestion",
        "OverrideReason",
        "Reason",
    ],
)
def test_every_rule_for_a_field_of_a_request_has_words(table: str) -> None:
    worded = {"type", "minLength", "maxLength", "maxItems", "pattern", "format", "enum"}
    for rules in components()[table]["properties"].values():
        assert set(rules) <= worded | {"$ref", "$comment", "items"} or rules == ANY_OBJECT
        assert rules.get("type", "object") in ("array", "object", "string", "number")
