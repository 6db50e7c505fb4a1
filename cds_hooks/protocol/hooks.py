"""The standard's discovery and request tables: what is offered, and what an EHR asks of it."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Generic, Literal, TypeAlias, TypeVar
from uuid import UUID

from msgspec import UNSET, DecodeError, Meta, Raw, Struct, UnsetType
from msgspec.json import Decoder
from msgspec.structs import fields, force_setattr

from cds_hooks.protocol.cards import Text

VERSION = "2.0.1"
"""The version of CDS Hooks that discovery says is implemented."""

# Wider than FHIR's id, because EHRs in use have longer ones and underscores, and still safe in a
# query. `$(?!\n)` is the end of the text both in Python and in JSON Schema's regular expressions.
PatientId: TypeAlias = Annotated[
    str, Meta(pattern=r"^(Patient/)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$(?!\n)")
]
EncounterId: TypeAlias = Annotated[
    str, Meta(pattern=r"^(Encounter/)?(?!\.{1,2}$)[A-Za-z0-9._-]{0,255}$(?!\n)")
]

SomeEncounterId: TypeAlias = Annotated[
    str, Meta(pattern=r"^(Encounter/)?(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}$(?!\n)")
]

_SERVICE_ID = re.compile(r"[A-Za-z0-9._-]+")


class InvalidRequest(ValueError):
    """Two fields of a request contradict each other; `expression` names the one to mend."""

    def __init__(self, text: str, *, expression: str) -> None:
        super().__init__(text)
        self.expression = expression


class InvalidDiscovery(ValueError):
    """A service was announced in a way that the standard does not allow."""


class AccessToken(str):
    """A bearer token that is not shown by chance: it is read by joining it to another text."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<redacted>"

    def __str__(self) -> str:
        return "<redacted>"

    def __format__(self, _: str) -> str:
        return "<redacted>"


class FHIRAuthorization(Struct, frozen=True, kw_only=True):
    """Access to the EHR's FHIR server, named as in OAuth 2.0; `expires_in` is in seconds."""

    access_token: Text
    token_type: str | UnsetType = UNSET
    expires_in: float | UnsetType = UNSET
    scope: str | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    patient: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        force_setattr(self, "access_token", AccessToken(self.access_token))

    def __repr__(self) -> str:
        return "FHIRAuthorization(<redacted>)"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        # Pretty tracebacks do not ask `__repr__`.
        return [("access_token", "<redacted>")]


class Context(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every hook's context holds: whose chart, by whom, in which encounter.

    Ids are bare, whatever was sent. A hook's own context has further members of its own.
    """

    patient_id: PatientId
    user_id: str | UnsetType = UNSET
    encounter_id: EncounterId | UnsetType = UNSET

    @classmethod
    def encounter_is_required(cls) -> bool:
        """Whether the hook is about an encounter, so that its request must name one."""
        return any(f.required for f in fields(cls) if f.name == "encounter_id")

    def __post_init__(self) -> None:
        force_setattr(self, "patient_id", self.patient_id.removeprefix("Patient/"))
        if self.encounter_id is not UNSET:
            encounter_id = self.encounter_id.removeprefix("Encounter/")
            force_setattr(self, "encounter_id", encounter_id or UNSET)


class PatientViewContext(Context, frozen=True, kw_only=True, rename="camel"):
    """A chart was opened."""


class EncounterStartContext(Context, frozen=True, kw_only=True, rename="camel"):
    """An encounter begins."""

    encounter_id: SomeEncounterId


class EncounterDischargeContext(Context, frozen=True, kw_only=True, rename="camel"):
    """A patient is being discharged from an inpatient encounter."""

    encounter_id: SomeEncounterId


class _Identified(Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    id: str = ""


class _Entry(Struct, frozen=True, rename="camel"):
    resource: _Identified = _Identified()
    full_url: str = ""


_entry = Decoder(_Entry)


class DraftOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    """A Bundle of the orders that a clinician has not signed yet, each entry as it was sent."""

    resource_type: Literal["Bundle"]
    entry: tuple[Raw, ...] = ()

    def names(self) -> Iterator[str]:
        """What a selection may call the drafts: their type with their id, and their fullUrl."""
        for raw in self.entry:
            with suppress(DecodeError, RecursionError):
                entry = _entry.decode(raw)
                yield f"{entry.resource.resource_type}/{entry.resource.id}"
                yield entry.full_url


class OrderSignContext(Context, frozen=True, kw_only=True, rename="camel"):
    """Orders are about to be signed."""

    draft_orders: DraftOrders


class OrderSelectContext(OrderSignContext, frozen=True, kw_only=True, rename="camel"):
    """Orders were selected: references, such as "MedicationRequest/103", to some of the drafts."""

    selections: tuple[Text, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        names = set(self.draft_orders.names())
        for place, selection in enumerate(self.selections):
            if selection not in names:
                where = f"context.selections[{place}]"
                text = f"{where} is not among context.draftOrders"
                raise InvalidRequest(text, expression=where)


CONTEXTS: Mapping[str, type[Context]] = {
    "patient-view": PatientViewContext,
    "order-select": OrderSelectContext,
    "order-sign": OrderSignContext,
    "encounter-start": EncounterStartContext,
    "encounter-discharge": EncounterDischargeContext,
}
"""The hooks that services may answer, each with the context that its requests hold."""

HOOK_VERSION = "1.0"
"""The published version of each of these hooks, which discovery announces as `hookVersion`.

The ballot of CDS Hooks 3.0 defines the member. A 2.0 client passes it over as it does `version`,
which 2.0 does not define either.
"""

AnyContext = TypeVar("AnyContext", bound=Context, covariant=True)


class HookRequest(Struct, Generic[AnyContext], frozen=True, kw_only=True, rename="camel"):
    """One call of a service; `prefetch` holds each value by key as it was sent, `null` included."""

    hook: Text
    hook_instance: UUID
    context: AnyContext
    fhir_server: str | UnsetType = UNSET
    fhir_authorization: FHIRAuthorization | UnsetType = UNSET
    prefetch: dict[str, Raw] = {}

    def __post_init__(self) -> None:
        if self.fhir_authorization is not UNSET and not self.fhir_server:
            # cds-r-1
            raise InvalidRequest(
                "fhirServer is required with fhirAuthorization", expression="fhirServer"
            )


class DiscoveredService(Struct, frozen=True, kw_only=True, rename="camel"):
    """A service as discovery announces it; `prefetch` holds a FHIR query template by key."""

    hook: Text
    id: Text
    description: Text
    title: Text | UnsetType = UNSET
    usage_requirements: Text | UnsetType = UNSET
    prefetch: Annotated[dict[str, Text], Meta(min_length=1)] | UnsetType = UNSET
    version: Text = VERSION
    hook_version: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not _SERVICE_ID.fullmatch(self.id):
            raise InvalidDiscovery(f"the service id {self.id!r} does not fit a URL")
        if self.prefetch == {}:
            raise InvalidDiscovery(f"{self.id}: prefetch is empty")
        texts = [getattr(self, field) for field in self.__struct_fields__ if field != "prefetch"]
        for text in (*texts, *(part for item in (self.prefetch or {}).items() for part in item)):
            if text is not UNSET and not text.strip():
                raise InvalidDiscovery(f"{self.id}: an empty text is announced")


class Discovery(Struct, frozen=True):
    """Every service that is offered."""

    services: tuple[DiscoveredService, ...]
