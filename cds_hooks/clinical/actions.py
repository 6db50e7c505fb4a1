"""Suggested actions: draft requests and provisional conditions, built as R4 from reviewed data."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.servicerequest import ServiceRequest

from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Action, Card, Suggestion
from fhir_adapters.record import Measurement, RecordedCondition

Resource: TypeAlias = dict[str, object]

CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


class Suggested(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of `actions.toml`: what to create, and the words for it.

    What no code is sure of has only a `text`.
    """

    resource: Literal["ServiceRequest", "Condition"]
    label: str
    description: str
    system: str = ""
    code: str = ""
    display: str = ""
    text: str = ""
    priority: Literal["routine", "urgent", "asap", "stat"] = "routine"
    category: Literal["encounter-diagnosis", "problem-list-item"] = "encounter-diagnosis"


ACTIONS: Mapping[str, Suggested] = msgspec.toml.decode(
    files("cds_hooks").joinpath("clinical/actions.toml").read_bytes(), type=dict[str, Suggested]
)


def suggest(
    key: str, patient: Assessed, *, reason: str, because: tuple[object, ...] = ()
) -> Suggestion:
    """The suggestion of that key for this patient: one action that creates one R4 resource.

    `reason` is written into the resource for whoever acts on it; `because` are the facts' bases, of
    which recorded conditions become reason references, and measurements a condition's evidence.
    """
    suggested = ACTIONS[key]
    build = _condition if suggested.resource == "Condition" else _service_request
    resource = build(suggested, patient, reason, because)
    action = Action(type="create", description=suggested.description, resource=resource)
    return Suggestion(label=suggested.label, actions=(action,))


def offering(card: Card, *suggestions: Suggestion) -> Card:
    """The card with suggestions, any of which may be chosen; with none, the card as it is."""
    if not suggestions:
        return card
    return msgspec.structs.replace(card, suggestions=suggestions, selection_behavior="any")


def _service_request(
    suggested: Suggested, patient: Assessed, reason: str, because: tuple[object, ...]
) -> Resource:
    request = {
        **_context(patient),
        "status": "draft",
        "intent": "proposal",
        "priority": suggested.priority,
        "code": _concept(suggested),
        "reasonCode": [{"text": reason}],
        "reasonReference": _references(because, RecordedCondition),
    }
    return _sent(ServiceRequest.model_validate(request))


def _condition(
    suggested: Suggested, patient: Assessed, reason: str, because: tuple[object, ...]
) -> Resource:
    measured = _references(because, Measurement)
    condition = {
        **_context(patient),
        "clinicalStatus": _coded(CLINICAL, "active"),
        "verificationStatus": _coded(VERIFICATION, "provisional"),
        "category": [_coded(CONDITION_CATEGORY, suggested.category)],
        "code": _concept(suggested),
        "evidence": [{"detail": measured}] if measured else None,
        "note": [{"text": reason}],
    }
    return _sent(Condition.model_validate(condition))


def _references(
    because: tuple[object, ...], kind: type[Measurement] | type[RecordedCondition]
) -> list[Resource] | None:
    cited = (item.source.reference for item in because if isinstance(item, kind))
    return [{"reference": each} for each in dict.fromkeys(cited) if each] or None


def _context(patient: Assessed) -> Resource:
    context: Resource = {"subject": {"reference": f"Patient/{patient.patient_id}"}}
    if patient.encounter_id:
        context["encounter"] = {"reference": f"Encounter/{patient.encounter_id}"}
    return context


def _concept(suggested: Suggested) -> Resource:
    if not suggested.code:
        return {"text": suggested.text}
    coding = {"system": suggested.system, "code": suggested.code, "display": suggested.display}
    return {"coding": [coding], "text": suggested.text or suggested.display}


def _coded(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}]}


def _sent(resource: ServiceRequest | Condition) -> Resource:
    """The resource as FHIR JSON, once the class has checked it.

    It carries no date: the EHR dates what a clinician accepts, and a retry is the same card.
    """
    built: Resource = json.loads(resource.model_dump_json())
    return built
