"""The straight line from a hook request to its answer: read, evaluate, issue cards."""

from collections.abc import Callable, Iterator
from datetime import datetime
from time import monotonic
from typing import TypeAlias
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
from msgspec import UNSET

from cds_hooks.engine import prefetch
from cds_hooks.engine.answer import Answer, IssuedCard
from cds_hooks.engine.chart import Chart
from cds_hooks.engine.discovery import OfferedService
from cds_hooks.engine.evaluation import Evaluation, evaluate
from cds_hooks.engine.finding import topic_of
from cds_hooks.engine.gathering import gather, on_trial
from cds_hooks.engine.model_set import NO_MODELS, Models
from cds_hooks.protocol.cards import Card, Link
from cds_hooks.protocol.errors import NotFound
from cds_hooks.protocol.hooks import Context, HookRequest
from cds_hooks.protocol.json import encode
from cds_hooks.protocol.override_reasons import override_reasons
from cds_hooks.protocol.prefetch import Fetch, nothing
from cds_hooks.settings.settings import Settings
from fhir_adapters.facts import facts
from fhir_adapters.record import PatientRecord

ToDetail: TypeAlias = Callable[[str], Link]
"""The link to the detail of the card with that uuid."""


def respond(
    offered: OfferedService,
    request: HookRequest[Context],
    *,
    now: datetime,
    began: float | None = None,
    models: Models = NO_MODELS,
    fetch: Fetch = nothing,
    to_detail: ToDetail | None = None,
) -> Answer:
    """Answers a hook request.

    `now` is when the call came (aware), `began` the same in seconds of the monotonic clock, from
    which its deadline counts. Cards that tell of a risk link to its detail where `to_detail` makes
    links. Raises NotFound if the site has turned the service off, and what `opened` raises.
    """
    if offered.mode == "off":
        raise NotFound("no such service")
    began = monotonic() if began is None else began
    chart = opened(offered, request, now=now, models=models, fetch=fetch)
    if offered.mode == "shadow":
        chart = chart.challenged()
    gathered = gather(offered, chart, began=began)
    own = evaluate(offered.service, chart, gathered=gathered)
    tried = on_trial(offered, chart, began=began) if offered.mode == "live" else ()
    issued = _issued(offered, request, chart, (own, *gathered), to_detail)
    return Answer(offered, request, chart, (own, *gathered, *tried), tuple(issued))


def opened(
    offered: OfferedService,
    request: HookRequest[Context],
    *,
    now: datetime,
    models: Models = NO_MODELS,
    fetch: Fetch = nothing,
) -> Chart:
    """The chart as it was prefetched or is fetched.

    Raises PreconditionFailed if a key that the service cannot do without was had in no way, and
    what `prefetch.read` raises.
    """
    settings = offered.settings
    reading = prefetch.read(offered.templates, request, site=settings.site_map, fetch=fetch)
    prefetch.require(offered.service, reading)
    return Chart(
        record=reading.record,
        as_of=as_of(reading.record, settings, now),
        context=request.context,
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


def _issued(
    offered: OfferedService,
    request: HookRequest[Context],
    chart: Chart,
    evaluations: tuple[Evaluation, ...],
    to_detail: ToDetail | None,
) -> Iterator[IssuedCard]:
    """The called service's cards as they are sent, or would be in another mode than `live`."""
    seed = f"{request.hook_instance}|{offered.service.id}"
    withheld = "" if offered.mode == "live" else offered.mode
    for finding in evaluations[0].findings:
        card = dated(finding.card, chart) if offered.settings.demo else finding.card
        rests_on = _rests_on(finding.card, evaluations)
        uuid = str(uuid5(NAMESPACE_URL, f"{seed}|{encode(card).decode()}"))
        issued = IssuedCard(card, finding.over, rests_on, withheld)
        link = to_detail(uuid) if to_detail and issued.tells_of_a_risk else None
        yield IssuedCard(identified(card, uuid, link), finding.over, rests_on, withheld)


def _rests_on(card: Card, evaluations: tuple[Evaluation, ...]) -> tuple[Evaluation, ...]:
    """The evaluations that found a card of that topic; a card that only sums up rests on all."""
    topic, (_, *gathered) = topic_of(card), evaluations
    found = (part for part in gathered if topic in [each.topic for each in part.findings])
    return tuple(found) or evaluations


def dated(card: Card, chart: Chart) -> Card:
    """The card with the moment it was assessed at: in the demo not the time of the call."""
    moment = f"_Demo: assessed as of {chart.as_of.date()}, the newest datum of this record._"
    return msgspec.structs.replace(card, detail=f"{card.detail}\n\n{moment}")


def identified(card: Card, uuid: str, link: Link | None) -> Card:
    """The card as it is sent: with override reasons, its uuid, and uuids of its suggestions.

    The uuid is made of the hook instance and the content: a retry of the same hook instance gets
    the same uuids, changed content gets others.
    """
    namespace = UUID(uuid)
    suggestions = tuple(
        msgspec.structs.replace(each, uuid=str(uuid5(namespace, each.label)))
        for each in card.suggestions or ()
    )
    return msgspec.structs.replace(
        card,
        uuid=uuid,
        override_reasons=override_reasons(),
        suggestions=suggestions or UNSET,
        links=(link,) if link else UNSET,
    )
