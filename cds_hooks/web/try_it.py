"""Calls services for a chart that a person opens: request, response, and why there is no card."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import msgspec

from cds_hooks.bundles.assessment_report import assessment_line
from cds_hooks.bundles.bundle_calls import hook_body
from cds_hooks.bundles.ehr import UnusableBundle
from cds_hooks.bundles.fhir_search import Resource
from cds_hooks.engine.answer import Answer, IssuedCard
from cds_hooks.engine.call import Call
from cds_hooks.engine.discovery import Offer, OfferedService
from cds_hooks.engine.extension import EXTENSION
from cds_hooks.engine.finding import PURPOSES
from cds_hooks.engine.model_set import Models
from cds_hooks.engine.ranking import rank
from cds_hooks.engine.service import Service
from cds_hooks.protocol.errors import CDSError, operation_outcome
from cds_hooks.protocol.json import encode, read_request
from cds_hooks.settings.settings import DEMO_CLIENT
from cds_hooks.store.recorder import Recorder
from cds_hooks.web.call import answered
from predictors.predictor import Refusal

LARGEST_CHART = 5_000_000
"""Bytes of a chart that a person sends."""

SILENT = "this site lets it compute and record, and shows no card"
NOTHING = "nothing that it looks for is in the chart"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call: the bodies as they were sent and answered, and the answer itself.

    Without an answer the call was refused, and the response says why. `ms` is how long it took.
    """

    service: Service
    request: bytes
    response: bytes
    status: int
    ms: float
    answer: Answer | None

    @property
    def cards(self) -> tuple[IssuedCard, ...]:
        """What is shown."""
        return self.answer.shown if self.answer else ()


@dataclass(frozen=True, slots=True)
class Opened:
    """What came of opening a chart: the calls, and the services that could not be called.

    Of those the chart cannot fill the hook's context; each is with the reason.
    """

    exchanges: tuple[Exchange, ...]
    not_called: tuple[tuple[Service, str], ...]


def asked(offer: Offer, id: str) -> tuple[OfferedService, ...]:
    """The service of that id, or all that answer for themselves; none of one that is off."""
    on = [each for each in offer.services.values() if each.mode != "off"]
    if id:
        return tuple(each for each in on if each.service.id == id)
    return tuple(each for each in on if not each.service.gathers)


def opened(
    held: list[Resource],
    called: Iterable[OfferedService],
    *,
    models: Models,
    recorder: Recorder,
    private: bool,
) -> Opened:
    """Calls each of the services as its hook would on this chart.

    No value of a `private` chart is recorded. Raises UnusableBundle where the chart can fill the
    context of no hook.
    """
    bodies: list[tuple[OfferedService, bytes]] = []
    unfilled: list[tuple[Service, UnusableBundle]] = []
    for each in called:
        try:
            bodies.append((each, hook_body(held, each, hook_instance=str(uuid4()))))
        except UnusableBundle as error:
            unfilled.append((each.service, error))
    if unfilled and not bodies:
        raise unfilled[0][1]
    exchanges = (
        _exchange(each, body, models=models, recorder=recorder, private=private)
        for each, body in bodies
    )
    return Opened(tuple(exchanges), tuple((service, str(error)) for service, error in unfilled))


def _exchange(
    offered: OfferedService, body: bytes, *, models: Models, recorder: Recorder, private: bool
) -> Exchange:
    began = monotonic()
    call = Call(DEMO_CLIENT, str(uuid4()), datetime.now(UTC), began, private)
    answer: Answer | None = None
    try:
        request = read_request(body, offered.service.hook)
        answer = answered(offered, request, models=models, recorder=recorder, call=call)
        response, status = encode(answer.response), 200
    except CDSError as error:
        response, status = encode(operation_outcome(error)), error.status
    took = (monotonic() - began) * 1000
    return Exchange(offered.service, body, response, status, took, answer)


def ranked(exchanges: Iterable[Exchange]) -> list[tuple[Exchange, IssuedCard]]:
    """The cards of all services, in the order of `engine.ranking`; what sums up others is last.

    What services of two hooks both say is shown once.
    """
    shown: dict[str, tuple[Exchange, IssuedCard]] = {}
    for each in exchanges:
        for issued in each.cards:
            shown.setdefault(issued.card.summary, (each, issued))
    return sorted(shown.values(), key=lambda pair: _rank(pair[1]))


def _rank(issued: IssuedCard) -> tuple[bool, int, int]:
    return rank(issued.finding) if issued.finding else (True, len(PURPOSES), 0)


def quiet(opened: Opened) -> list[tuple[Service, str]]:
    """The services that showed no card, each with the reasons."""
    silent = [each for each in opened.exchanges if not each.cards]
    answered = [(each.service, "; ".join(_because(each))) for each in silent]
    return [*answered, *((each, f"not called: {why}") for each, why in opened.not_called)]


def _because(exchange: Exchange) -> Iterator[str]:
    answer = exchange.answer
    if answer is None:
        issues = msgspec.json.decode(exchange.response)["issue"]
        yield from (issue["details"]["text"] for issue in issues)
        return
    if answer.mode != "live":
        yield SILENT
        return
    told = _told(answer)
    reasons = [
        *(f"withheld: {each['reason']}" for each in told.get("withheld", ())),
        *(each["text"] for each in told.get("notAssessed", ())),
        *_assessed(answer),
    ]
    yield from reasons or [NOTHING]


def _told(answer: Answer) -> dict[str, Any]:
    extension = answer.response.extension
    told: dict[str, Any] = dict(extension or {}).get(EXTENSION, {})
    return told


def _assessed(answer: Answer) -> Iterator[str]:
    """What was computed, and calls for nothing."""
    own = answer.evaluations[0]
    for each in own.assessments:
        if not isinstance(each, Refusal):
            yield assessment_line(own.service, each)
