"""The link from a card to its detail: a SMART launch from an EHR, in the demo a page of ours."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import msgspec

from cds_hooks.engine.answer import Answer, Made
from cds_hooks.protocol.cards import Link
from cds_hooks.risk_detail.detail import tells_of_a_risk
from cds_hooks.settings.clients import Dialect
from cds_hooks.settings.settings import Settings

LABEL = "Open this risk in detail"

CONTEXT_LOST = frozenset[Dialect]({"cerner"})
"""EHRs that do not pass `appContext` on: the app could not tell which card it was opened from."""

ToDetail: TypeAlias = Callable[[str], Link]
"""The link for the card with that uuid."""


def to_detail(settings: Settings, client: str) -> ToDetail | None:
    """How cards for that client link to their detail; None where they do not.

    The context is the card's uuid: it tells nothing to who has not the store.
    """
    base = settings.public_url.rstrip("/")
    if not base:
        return None
    if settings.demo:
        return lambda uuid: Link(label=LABEL, url=f"{base}/detail/{uuid}", type="absolute")
    registered = settings.clients.get(client)
    if registered is None or registered.smart is None or registered.dialect in CONTEXT_LOST:
        return None
    return lambda uuid: Link(
        label=LABEL, url=f"{base}/smart/launch", type="smart", app_context=uuid
    )


def linked(answer: Answer, to_detail: ToDetail | None) -> Answer:
    """The answer with links on those of its cards that tell of a risk.

    They come after the uuids, which are of the content: a retry still has the same.
    """
    if to_detail is None:
        return answer
    made = tuple(_linked(each, to_detail) for each in answer.made)
    cards = tuple(each.card for each in made if not each.withheld)
    return replace(
        answer, made=made, response=msgspec.structs.replace(answer.response, cards=cards)
    )


def _linked(made: Made, to_detail: ToDetail) -> Made:
    if not tells_of_a_risk(made):
        return made
    links = (to_detail(str(made.card.uuid)),)
    return replace(made, card=msgspec.structs.replace(made.card, links=links))
