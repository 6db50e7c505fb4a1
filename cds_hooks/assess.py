"""The straight line from a hook request to the cards: read, assess, present, identify."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

import msgspec

from cds_hooks import prefetch
from cds_hooks.account import EXTENSION, account
from cds_hooks.cards import URGENCY, Card, CDSResponse
from cds_hooks.config import Settings
from cds_hooks.eligibility import expected, ruled_out
from cds_hooks.explain import not_assessed_card
from cds_hooks.hooks import HookRequest
from cds_hooks.outcomes import NotFound
from cds_hooks.override_reasons import override_reasons
from cds_hooks.patient import Assessed
from cds_hooks.service import Service
from cds_hooks.wire import encode
from fhir_adapters import facts
from fhir_adapters.record import PatientRecord
from predictors.predictor import NotAssessed, Reason


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one service made of one patient: cards, most urgent first, and why not more."""

    cards: tuple[Card, ...]
    reasons: tuple[Reason, ...] = ()


def respond(
    service: Service, request: HookRequest, *, settings: Settings, now: datetime
) -> CDSResponse:
    """Answers a hook request. `now` is the time of the call (aware).

    Raises NotFound if the site has turned the service off, and what `prefetch.read` raises.
    """
    mode = service.mode(settings)
    if mode == "off":
        raise NotFound("no such service")
    record = prefetch.read(service, request, settings)
    patient = Assessed(
        record=record,
        as_of=as_of(record, settings, now),
        patient_id=request.context.patient_id,
        encounter_id=request.context.encounter_id or "",
        declared={declared.name: declared for declared in service.also},
        site=settings.site,
        thresholds=settings.of(service.id).thresholds,
    )
    evaluation = evaluate(service, patient)
    if mode == "silent":
        return CDSResponse(cards=())
    seed = f"{request.hook_instance}|{service.id}"
    cards = [dated(card, patient) if settings.demo else card for card in evaluation.cards]
    told = account(record, evaluation.reasons)
    return CDSResponse(
        cards=tuple(identify(card, seed) for card in cards),
        extension={EXTENSION: told} if told else msgspec.UNSET,
    )


def as_of(record: PatientRecord, settings: Settings, now: datetime) -> datetime:
    """The moment to assess at: the time of the call, or in the demo the record's newest datum.

    Sample records age; dated by their newest datum they still show what they were written for.
    """
    if not settings.demo:
        return now
    return facts.newest(record, not_after=now) or now


def evaluate(service: Service, patient: Assessed) -> Evaluation:
    """Runs the service on the patient, unless they are deceased, not eligible, or excluded."""
    if (reason := ruled_out(service, patient)) is not None:
        return Evaluation((), (reason,))
    cards, refusals = _presented(service, patient)
    cards += [
        not_assessed_card(service, each) for each in refusals if expected(service, patient, each)
    ]
    cards.sort(key=lambda card: URGENCY.index(card.indicator))
    return Evaluation(tuple(cards), tuple(reason for each in refusals for reason in each.reasons))


def dated(card: Card, patient: Assessed) -> Card:
    """The card with the moment it was assessed at: in the demo not the time of the call."""
    moment = f"_Demo: assessed as of {patient.as_of.date()}, the newest datum of this record._"
    return msgspec.structs.replace(card, detail=f"{card.detail}\n\n{moment}")


def identify(card: Card, seed: str) -> Card:
    """The card as it is sent: with override reasons, and uuids for it and its suggestions.

    A retry of the same hook instance gets the same uuids; changed content gets others.
    """
    uuid = uuid5(NAMESPACE_URL, f"{seed}|{encode(card).decode()}")
    sent = msgspec.structs.replace(card, uuid=str(uuid), override_reasons=override_reasons())
    if card.suggestions is msgspec.UNSET:
        return sent
    suggestions = tuple(
        msgspec.structs.replace(each, uuid=str(uuid5(uuid, each.label)))
        for each in card.suggestions
    )
    return msgspec.structs.replace(sent, suggestions=suggestions)


def _presented(service: Service, patient: Assessed) -> tuple[list[Card], list[NotAssessed]]:
    cards: list[Card] = []
    refusals: list[NotAssessed] = []
    try:
        for item in service.present(patient):
            if isinstance(item, NotAssessed):
                refusals.append(item)
            else:
                cards.append(item)
    except NotAssessed as refusal:
        refusals.append(refusal)
    return cards, refusals
