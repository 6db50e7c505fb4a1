"""Suggested actions: draft requests and provisional conditions, built from reviewed data.

A resource carries no date: the EHR dates what a clinician accepts, and a retry is the same card.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from cds_hooks.engine.patient import Assessed
from cds_hooks.protocol.cards import Action, Card, Suggestion
from cds_hooks.protocol.resources import (
    Annotation,
    Code,
    Concept,
    Condition,
    Evidence,
    Reference,
    ServiceRequest,
    SuggestedResource,
)
from fhir_adapters.record import Measurement, RecordedCondition

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
    resource: SuggestedResource = build(suggested, patient, reason, because)
    action = Action(type="create", description=suggested.description, resource=resource)
    return Suggestion(label=suggested.label, actions=(action,))


def offering(card: Card, *suggestions: Suggestion) -> Card:
    """The card with suggestions, any of which may be chosen; with none, the card as it is."""
    if not suggestions:
        return card
    return msgspec.structs.replace(card, suggestions=suggestions, selection_behavior="any")


def _service_request(
    suggested: Suggested, patient: Assessed, reason: str, because: tuple[object, ...]
) -> ServiceRequest:
    return ServiceRequest(
        status="draft",
        intent="proposal",
        priority=suggested.priority,
        code=_concept(suggested),
        subject=_subject(patient),
        encounter=_encounter(patient),
        reason_code=(Concept(text=reason),),
        reason_reference=_references(because, RecordedCondition) or UNSET,
    )


def _condition(
    suggested: Suggested, patient: Assessed, reason: str, because: tuple[object, ...]
) -> Condition:
    measured = _references(because, Measurement)
    return Condition(
        clinical_status=_coded(CLINICAL, "active"),
        verification_status=_coded(VERIFICATION, "provisional"),
        category=(_coded(CONDITION_CATEGORY, suggested.category),),
        code=_concept(suggested),
        subject=_subject(patient),
        encounter=_encounter(patient),
        evidence=(Evidence(detail=measured),) if measured else UNSET,
        note=(Annotation(text=reason),),
    )


def _references(
    because: tuple[object, ...], kind: type[Measurement] | type[RecordedCondition]
) -> tuple[Reference, ...]:
    cited = [item.source.reference for item in because if isinstance(item, kind)]
    return tuple(Reference(reference=each) for each in dict.fromkeys(cited) if each)


def _subject(patient: Assessed) -> Reference:
    return Reference(reference=f"Patient/{patient.context.patient_id}")


def _encounter(patient: Assessed) -> Reference | UnsetType:
    encounter_id = patient.context.encounter_id
    return Reference(reference=f"Encounter/{encounter_id}") if encounter_id else UNSET


def _concept(suggested: Suggested) -> Concept:
    if not suggested.code:
        return Concept(text=suggested.text)
    code = Code(system=suggested.system, code=suggested.code, display=suggested.display)
    return Concept(coding=(code,), text=suggested.text or suggested.display)


def _coded(system: str, code: str) -> Concept:
    return Concept(coding=(Code(system=system, code=code),))
