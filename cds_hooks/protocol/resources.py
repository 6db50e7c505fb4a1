"""The FHIR R4 resources that suggestions create, with the members that ours have.

Member names and their order are FHIR's. The classes of `fhir.resources` check every resource that
can be made of them in the contract tests, not while a call is answered.
"""

from typing import Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType


class _Element(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Anything in a resource: a member that is not set is not sent."""


class Code(_Element, frozen=True, kw_only=True):
    """FHIR's Coding."""

    system: str
    code: str
    display: str | UnsetType = UNSET


class Concept(_Element, frozen=True, kw_only=True):
    """FHIR's CodeableConcept: codes, or only words."""

    coding: tuple[Code, ...] | UnsetType = UNSET
    text: str | UnsetType = UNSET


class Reference(_Element, frozen=True, kw_only=True):
    """A reference to another resource, such as "Patient/123"."""

    reference: str


class Annotation(_Element, frozen=True, kw_only=True):
    """A note in words."""

    text: str


class Evidence(_Element, frozen=True, kw_only=True):
    """FHIR's Condition.evidence: what the condition was concluded from."""

    detail: tuple[Reference, ...]


class ServiceRequest(
    _Element, frozen=True, kw_only=True, tag="ServiceRequest", tag_field="resourceType"
):
    """A draft of an order of a service, such as a test or a referral."""

    status: Literal["draft"]
    intent: Literal["proposal"]
    priority: Literal["routine", "urgent", "asap", "stat"]
    code: Concept
    subject: Reference
    encounter: Reference | UnsetType = UNSET
    reason_code: tuple[Concept, ...]
    reason_reference: tuple[Reference, ...] | UnsetType = UNSET


class Condition(_Element, frozen=True, kw_only=True, tag="Condition", tag_field="resourceType"):
    """A provisional condition."""

    clinical_status: Concept
    verification_status: Concept
    category: tuple[Concept, ...]
    code: Concept
    subject: Reference
    encounter: Reference | UnsetType = UNSET
    evidence: tuple[Evidence, ...] | UnsetType = UNSET
    note: tuple[Annotation, ...]


SuggestedResource: TypeAlias = ServiceRequest | Condition
"""What a suggestion of ours creates."""
