"""From what was prefetched or is fetched to a patient's record."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec

from cds_hooks.engine.prefetch_templates import page_length
from cds_hooks.engine.service import Service
from cds_hooks.protocol.errors import BadRequest, PreconditionFailed
from cds_hooks.protocol.hooks import Context, HookRequest, OrderSignContext
from cds_hooks.protocol.prefetch import Fetch, nothing
from fhir_adapters.readers.read import WrongPatient, read_record
from fhir_adapters.record import Availability, PatientRecord
from fhir_adapters.terminology.site import SiteMap


@dataclass(frozen=True, slots=True)
class Reading:
    """The record of what was sent and fetched, and by key why the rest was not fetched."""

    record: PatientRecord
    unfetched: Mapping[str, str]


UNREADABLE = (Availability.ABSENT, Availability.UNAVAILABLE)


def read(
    templates: Mapping[str, str],
    request: HookRequest[Context],
    *,
    site: SiteMap,
    fetch: Fetch = nothing,
) -> Reading:
    """Reads what was prefetched under the templates' keys, and what was not and is fetched.

    Raises BadRequest if the Patient or the authorization is not of the patient in context, and what
    `fetch` raises.
    """
    patient_id = request.context.patient_id
    _refuse_another_patients_token(request, patient_id)
    sent = _named(request.prefetch, templates)
    fetched = fetch(msgspec.structs.replace(request, prefetch=sent), templates)
    given = {key: bytes(value) for key, value in sent.items()}
    given |= fetched.values
    # A server that links to pages says by the last of them that a full page was all there is.
    asked = {
        key: 0 if key in fetched.whole else page_length(template)
        for key, template in templates.items()
    }
    try:
        record = read_record(
            given, patient_id=patient_id, asked=asked, site=site, drafts=_drafts(request.context)
        )
    except WrongPatient:
        raise BadRequest(
            "the prefetched Patient is not the patient in context", expression="prefetch.patient"
        ) from None
    return Reading(record, fetched.unfetched)


def _drafts(context: Context) -> tuple[msgspec.Raw, ...]:
    """The entries of the draft orders, on a hook that has any."""
    return context.draft_orders.entry if isinstance(context, OrderSignContext) else ()


def _named(sent: Mapping[str, msgspec.Raw], wanted: Collection[str]) -> dict[str, msgspec.Raw]:
    """What was sent under the wanted keys; others are ignored, and so is what is no resource.

    A string, an error page or a number in the place of a resource is as good as nothing sent, so
    that what it stands for is fetched where that may be.
    At Epic people type the keys in, and may have put a suffix to one ("vitals-user"): it counts
    where the key itself was not sent.
    """
    sent = {name: value for name, value in sent.items() if _is_object_or_null(value)}
    named = {key: value for key, value in sent.items() if key in wanted}
    for name, value in sent.items():
        stems = [key for key in wanted if name.startswith(f"{key}-")]
        if name not in named and stems:
            named.setdefault(max(stems, key=len), value)
    return named


def _is_object_or_null(value: msgspec.Raw) -> bool:
    return bytes(value).lstrip()[:1] in (b"{", b"n")


def lacking(service: Service, record: PatientRecord) -> tuple[str, ...]:
    """The prefetch keys that the service cannot begin without and does not have."""
    return tuple(key for key in sorted(service.required) if record.availability[key] in UNREADABLE)


def _refuse_another_patients_token(request: HookRequest[Context], patient_id: str) -> None:
    authorization = request.fhir_authorization
    if authorization is msgspec.UNSET or authorization.patient is msgspec.UNSET:
        return
    if authorization.patient.removeprefix("Patient/") != patient_id:
        raise BadRequest(
            "the access token is for another patient than the one in context",
            expression="fhirAuthorization.patient",
        )


def require(service: Service, reading: Reading) -> None:
    """Raises PreconditionFailed if a key that the service cannot do without was had in no way."""
    # std-19, req-054: whatever could be fetched has been.
    for key in lacking(service, reading.record):
        state, why = reading.record.availability[key], reading.unfetched.get(key)
        raise PreconditionFailed(
            f"this service needs the prefetch key {key}, which is {state}",
            expression=f"prefetch.{key}",
            diagnostics=f"not fetched: {why}" if why else "",
        )
