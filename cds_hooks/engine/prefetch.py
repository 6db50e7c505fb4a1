"""From declared inputs to prefetch templates, and from what was sent back to a patient's record."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from cds_hooks.engine.service import Service
from cds_hooks.protocol.errors import BadRequest, PreconditionFailed
from cds_hooks.protocol.hooks import HookRequest
from cds_hooks.settings.settings import Settings
from fhir_adapters.readers.read import WrongPatient, read_record
from fhir_adapters.record import Availability, PatientRecord
from fhir_adapters.terminology import queries
from predictors.predictor import Input

COUNTS: Mapping[str, int] = {
    # Each cadence has a page of its own, so that frequent results cannot crowd out rare ones.
    "vitals": 200,
    "acute-labs": 200,
    "renal-labs": 100,
    "slow-labs": 100,
    "conditions": 300,
    "medications": 200,
    "encounters": 100,
}

HOURLY_COUNT = 1000
"""How many results a page may have where a model reads every hour: more, servers seldom give."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Values by prefetch key, as an EHR sends them; `whole` were searched to their last page.

    `unfetched` says in words of ours, by key, why a key that was not sent was not fetched either.
    """

    values: Mapping[str, bytes]
    whole: frozenset[str] = frozenset()
    unfetched: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """The record of what was sent and fetched, and by key why the rest was not fetched."""

    record: PatientRecord
    unfetched: Mapping[str, str]


Fetch: TypeAlias = Callable[[HookRequest, Mapping[str, str]], Fetched]
"""Fetches what a request lacks of these templates by key, and the further pages of what it has.

Raises PreconditionFailed where the site does not go on without a key that cannot be fetched.
"""

UNREADABLE = (Availability.ABSENT, Availability.UNAVAILABLE)


def templates(service: Service, settings: Settings) -> dict[str, str]:
    """The service's prefetch templates by key: from its inputs, with the site's own on top."""
    asked: dict[str, set[Input]] = {"patient": set()}
    for declared in service.reads(settings):
        for source in queries.read_from(declared.name):
            if cadence := queries.cadence_of(source):
                asked.setdefault(cadence, set()).add(declared)
    derived = {
        key: queries.template(
            key,
            sorted({declared.name for declared in asked[key]}),
            count=_page(key, asked[key]),
            site=settings.site_map,
        )
        for key in sorted(asked, key=["patient", *COUNTS].index)
    }
    return derived | settings.of(service.id).prefetch


def _page(key: str, asked: set[Input]) -> int:
    return HOURLY_COUNT if any(each.hours for each in asked) else COUNTS.get(key, 0)


def nothing(_: HookRequest, __: Mapping[str, str]) -> Fetched:
    """Fetches nothing: for files, and for clients whose servers are not known."""
    return Fetched({})


def read(
    service: Service, request: HookRequest, settings: Settings, *, fetch: Fetch = nothing
) -> Reading:
    """Reads what was prefetched under the service's keys, and what was not and is fetched.

    Raises BadRequest if the Patient or the authorization is not of the patient in context, and
    PreconditionFailed if a key that the service cannot do without can be had in neither way.
    """
    wanted = templates(service, settings)
    patient_id = request.context.patient_id
    _refuse_another_patients_token(request, patient_id)
    request = msgspec.structs.replace(request, prefetch=_named(request.prefetch, wanted))
    given = {key: bytes(value) for key, value in request.prefetch.items()}
    fetched = fetch(request, wanted)
    given |= fetched.values
    # A server that links to pages says by the last of them that a full page was all there is.
    asked = {key: 0 if key in fetched.whole else _count(wanted[key]) for key in wanted}
    try:
        record = read_record(given, patient_id=patient_id, asked=asked, site=settings.site_map)
    except WrongPatient:
        raise BadRequest(
            "the prefetched Patient is not the patient in context", expression="prefetch.patient"
        ) from None
    reading = Reading(record, fetched.unfetched)
    _require(service, reading)
    return reading


def _named(sent: Mapping[str, msgspec.Raw], wanted: Collection[str]) -> dict[str, msgspec.Raw]:
    """What was sent under the wanted keys; others are ignored.

    At Epic people type the keys in, and may have put a suffix to one ("vitals-user"): it counts
    where the key itself was not sent.
    """
    named = {key: value for key, value in sent.items() if key in wanted}
    for name, value in sent.items():
        stems = [key for key in wanted if name.startswith(f"{key}-")]
        if name not in named and stems:
            named.setdefault(max(stems, key=len), value)
    return named


def lacking(service: Service, record: PatientRecord) -> tuple[str, ...]:
    """The prefetch keys that the service cannot begin without and does not have."""
    return tuple(key for key in sorted(service.required) if record.availability[key] in UNREADABLE)


def _refuse_another_patients_token(request: HookRequest, patient_id: str) -> None:
    authorization = request.fhir_authorization
    if authorization is msgspec.UNSET or authorization.patient is msgspec.UNSET:
        return
    if authorization.patient.removeprefix("Patient/") != patient_id:
        raise BadRequest(
            "the access token is for another patient than the one in context",
            expression="fhirAuthorization.patient",
        )


def _require(service: Service, reading: Reading) -> None:
    # std-19, req-054: whatever could be fetched has been.
    for key in lacking(service, reading.record):
        state, why = reading.record.availability[key], reading.unfetched.get(key)
        raise PreconditionFailed(
            f"this service needs the prefetch key {key}, which is {state}",
            expression=f"prefetch.{key}",
            diagnostics=f"not fetched: {why}" if why else "",
        )


def _count(query: str) -> int:
    found = re.search(r"[?&]_count=(\d+)", query)
    return int(found[1]) if found else 0
