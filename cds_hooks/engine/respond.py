"""The straight line from a hook request to the cards: read, assess, present, identify."""

from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import UnsetType

from cds_hooks.engine import prefetch
from cds_hooks.engine.answer import Answer, Made
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.extension import EXTENSION, account
from cds_hooks.engine.gathering import beside, gather
from cds_hooks.engine.model_set import NO_MODELS, Models
from cds_hooks.engine.prefetch import Fetch, nothing
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import Card, CDSResponse, Coding
from cds_hooks.protocol.errors import NotFound
from cds_hooks.protocol.hooks import HookRequest
from cds_hooks.protocol.json import encode
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.settings.settings import Settings
from fhir_adapters.facts import facts
from fhir_adapters.record import PatientRecord


def respond(
    service: Service,
    request: HookRequest,
    *,
    settings: Settings,
    now: datetime,
    models: Models = NO_MODELS,
    fetch: Fetch = nothing,
) -> Answer:
    """Answers a hook request. `now` is the time of the call (aware).

    Raises NotFound if the site has turned the service off, and what `prefetch.read` raises.
    """
    began = monotonic()
    mode = service.mode(settings)
    if mode == "off":
        raise NotFound("no such service")
    chart = opened(service, request, settings=settings, now=now, models=models, fetch=fetch)
    if mode == "shadow":
        chart = chart.challenged()
    gathered = gather(service, chart, began=began)
    evaluation = evaluate(service, chart, gathered=gathered)
    withheld = "" if mode == "live" else mode
    seed = f"{request.hook_instance}|{service.id}"
    made = tuple(_made(chart, evaluation, gathered, seed=seed, withheld=withheld))
    told = {} if withheld else account(chart, evaluation, gathered)
    response = CDSResponse(
        cards=tuple(each.card for each in made if not each.withheld),
        extension={EXTENSION: told} if told else msgspec.UNSET,
    )
    tried = beside(service, chart, began=began) if mode == "live" else ()
    evaluations = (evaluation, *gathered, *tried)
    return Answer(service, request, chart, mode, evaluations, made, response)


def _made(
    chart: Chart, own: Evaluation, gathered: tuple[Evaluation, ...], *, seed: str, withheld: str
) -> Iterator[Made]:
    for finding in own.findings:
        yield Made(
            card=identify(_sent(finding.card, chart), seed),
            over=finding.over,
            rests_on=_rests_on(finding.card, own, gathered),
            withheld=withheld,
        )


def _sent(card: Card, chart: Chart) -> Card:
    return dated(card, chart) if chart.settings.demo else card


def _rests_on(
    card: Card, own: Evaluation, gathered: tuple[Evaluation, ...]
) -> tuple[Evaluation, ...]:
    """The evaluations that found a card of that topic; a card that only sums up rests on all."""
    found = (part for part in gathered if card.source.topic in _topics(part))
    return tuple(found) or (own, *gathered)


def _topics(evaluation: Evaluation) -> list[Coding | UnsetType]:
    return [finding.card.source.topic for finding in evaluation.findings]


def opened(
    service: Service,
    request: HookRequest,
    *,
    settings: Settings,
    now: datetime,
    models: Models = NO_MODELS,
    fetch: Fetch = nothing,
) -> Chart:
    """The chart as it was prefetched or is fetched; raises what `prefetch.read` raises."""
    reading = prefetch.read(service, request, settings, fetch=fetch)
    return Chart(
        record=reading.record,
        as_of=as_of(reading.record, settings, now),
        patient_id=request.context.patient_id,
        encounter_id=request.context.encounter_id or "",
        settings=settings,
        models=models,
        unfetched=reading.unfetched,
    )


def as_of(record: PatientRecord, settings: Settings, now: datetime) -> datetime:
    """The moment to assess at: the time of the call, or in the demo the record's newest datum.

    Sample records age; dated by their newest datum they still show what they were written for.
    """
    if not settings.demo:
        return now
    return facts.newest(record, not_after=now) or now


def dated(card: Card, chart: Chart) -> Card:
    """The card with the moment it was assessed at: in the demo not the time of the call."""
    moment = f"_Demo: assessed as of {chart.as_of.date()}, the newest datum of this record._"
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
