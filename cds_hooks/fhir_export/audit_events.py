"""FHIR R4B AuditEvents: each call of a service, and each feedback on a card, with whose it was."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec
from fhir.resources.R4B.auditevent import AuditEvent

from cds_hooks.store.schema import Row, Value

Resource: TypeAlias = dict[str, object]

EVENTS = "https://cds-hooks-server.internal/CodeSystem/event"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_REST = {
    "system": f"{_TERMINOLOGY}/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
_SERVER = {
    "system": f"{_TERMINOLOGY}/security-source-type",
    "code": "4",
    "display": "Application Server",
}
_ENTITIES: Mapping[str, tuple[str, str, str]] = {
    "patient_id": ("Patient", "1", "Person"),
    "encounter_id": ("Encounter", "4", "Other"),
}
_PATIENT = {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"}

# The codes of the required bindings audit-event-action and audit-event-outcome that are used.
_EXECUTE, _CREATE = "E", "C"
_SUCCESS, _MINOR_FAILURE = "0", "4"


def audit_event(row: Row) -> Resource:
    """The resource of one row of `audited`; ids are as they are kept, so that they may be keyed.

    What a person wrote is not in it.
    """
    told = _feedback(row) if "card_uuid" in row else _call(row)
    made = {
        "id": row["id"],
        "type": _REST,
        **told,
        "agent": list(_agents(row)),
        "source": {"observer": {"display": "CDS Hooks Server"}, "type": [_SERVER]},
    }
    # The class checks everything but the required bindings, whose codes are those above.
    built: Resource = json.loads(AuditEvent.model_validate(made).model_dump_json())
    return built


def _call(row: Row) -> dict[str, Any]:
    detail = msgspec.json.decode(str(row["detail"] or "{}"))
    unanswered = detail.pop("unanswered", {})
    columns = ("hook", "service", "shown", "withheld", "mode")
    known = {name: row[name] for name in columns if row[name] is not None}
    told = {**known, **detail, **unanswered}
    instance = _entity("hookInstance", row["hook_instance"], told)
    return {
        "subtype": [{"system": EVENTS, "code": str(row["event"])}],
        "action": _EXECUTE,
        "recorded": row["recorded_at"],
        "outcome": _MINOR_FAILURE if unanswered else _SUCCESS,
        "entity": [*_subjects(row), instance],
    }


def _feedback(row: Row) -> dict[str, Any]:
    names = ("service", "outcome", "outcome_at", "reason_code", "reason_system")
    told = {name: row[name] for name in names if row[name]}
    return {
        "subtype": [{"system": EVENTS, "code": "feedback"}],
        "action": _CREATE,
        "recorded": row["received_at"],
        "outcome": _SUCCESS,
        "entity": [*_subjects(row), _entity("card", row["card_uuid"], told)],
    }


def _agents(row: Row) -> Iterator[Resource]:
    """The client, and the user if it is known: only one of them may be who asked."""
    if row["user_id"]:
        # Not always a Practitioner, and a keyed id does not tell.
        yield {"who": {"identifier": {"value": row["user_id"]}}, "requestor": True}
    yield {"who": {"identifier": {"value": row["client"]}}, "requestor": not row["user_id"]}


def _subjects(row: Row) -> Iterator[Resource]:
    for column, (kind, code, display) in _ENTITIES.items():
        if row[column]:
            type = {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": code, "display": display}
            role = {"role": _PATIENT} if kind == "Patient" else {}
            yield {"what": _identified(kind, row[column]), "type": type, **role}


def _entity(name: str, id: Value, told: Mapping[str, object]) -> Resource:
    detail = [{"type": key, "valueString": str(value)} for key, value in told.items()]
    return {"what": {"identifier": {"value": id}}, "name": name, "detail": detail}


def _identified(kind: str, id: Value) -> Resource:
    return {"type": kind, "identifier": {"value": id}}
