"""FHIR's data types, of which resources are made, with only the members that are read.

Lenient: what is not read may be anything, so that no version of FHIR is refused for it.
"""

from typing import TypeAlias

from msgspec import Raw, Struct


class Part(Struct, gc=False, rename="camel"):
    """A FHIR element: unknown members are ignored, every field may be missing or null."""


NOTHING = Raw(b"")
"""The value of a member that is kept as it was sent and was not sent."""


class Present(Part):
    """An element of which only its presence matters."""


class Coding(Part):
    """A code of a system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None
    extension: "list[Extension] | None" = None


class CodeableConcept(Part):
    """Codings of one concept, and its text."""

    coding: list[Coding] | None = None
    text: str | None = None
    extension: "list[Extension] | None" = None


Code: TypeAlias = CodeableConcept | str | None
"""A status: a plain code in one FHIR version, a CodeableConcept in another."""


class Period(Part):
    """From `start` to `end`, either of which may be open."""

    start: str | None = None
    end: str | None = None


class Repeat(Part):
    """The bounds of a Timing that names no events."""

    bounds_period: Period | None = None


class Timing(Part):
    """When something happened more than once."""

    event: list[str] | None = None
    repeat: Repeat | None = None


class Quantity(Part):
    """A number with its unit: `code` of `system` for machines, `unit` for people."""

    value: float | None = None
    comparator: str | None = None
    unit: str | None = None
    system: str | None = None
    code: str | None = None


class Range(Part):
    """Two Quantities that bound a third."""

    low: Quantity | None = None
    high: Quantity | None = None


class Identifier(Part):
    """A business identifier."""

    system: str | None = None
    value: str | None = None


class Reference(Part):
    """A pointer to a resource: relative, absolute, `urn:uuid:` or `#contained`."""

    reference: str | None = None
    type: str | None = None
    display: str | None = None


class CodeableReference(Part):
    """R5: a concept, or a reference to where it is described."""

    concept: CodeableConcept | None = None
    reference: Reference | None = None


class Extension(Part):
    """An extension, of which codes are read."""

    url: str | None = None
    value_code: str | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None
    extension: "list[Extension] | None" = None


class Element(Part):
    """The `_name` sibling of a primitive."""

    extension: list[Extension] | None = None


class Meta(Part):
    """Which version of a resource this is, and how much of it is shown."""

    version_id: str | int | None = None
    last_updated: str | None = None
    tag: list[Coding] | None = None
    security: list[Coding] | None = None


class Backbone(Part):
    """What a resource, and a part of one, may carry."""

    id: str | None = None
    modifier_extension: list[Present] | None = None


class Resource(Backbone):
    """What every resource may carry."""

    meta: Meta | None = None
    implicit_rules: str | None = None
    contained: list[Raw] | None = None
