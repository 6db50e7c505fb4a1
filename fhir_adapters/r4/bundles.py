"""What a FHIR server answers with around its resources: a Bundle, or what went wrong."""

from msgspec import Raw

from fhir_adapters.r4.datatypes import Part, Resource


class Issue(Part):
    """One issue of an OperationOutcome."""

    severity: str | None = None
    code: str | None = None


class OperationOutcome(Resource, tag_field="resourceType", tag="OperationOutcome"):
    """What a server says went wrong, or merely worth knowing."""

    issue: list[Issue] | None = None


class Issues(Part):
    """R5: what went wrong with a Bundle, as an OperationOutcome."""

    issue: list[Issue] | None = None


class BundleLink(Part):
    """A link of a Bundle: `relation` "next" is the next page."""

    relation: str | None = None
    url: str | None = None


class Bundle(Resource, tag_field="resourceType", tag="Bundle"):
    """A page of resources; its entries are left undecoded, so that each can fail alone."""

    link: list[BundleLink] | None = None
    total: int | None = None
    entry: list[Raw] | None = None
    issues: Issues | None = None
