"""Feedback as it is kept: checked against the cards that were issued, each event once."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from cds_hooks.feedback import Outcome, idempotency_key
from cds_hooks.store.moments import written
from cds_hooks.store.schema import Row, cards, suggestions
from cds_hooks.store.store import insert


@dataclass(frozen=True, slots=True)
class Received:
    """What one post told: whose it is, of which service, and when it came (aware)."""

    outcomes: tuple[Outcome, ...]
    client: str
    service: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A card as it was issued: by which service, and the uuids of its suggestions."""

    service: str
    suggestions: frozenset[str]


class ForeignCard(Exception):
    """Cards of another client are answered; `items` are the places in the post, from 0 on."""

    def __init__(self, items: tuple[int, ...]) -> None:
        super().__init__("a card of another client")
        self.items = items


def keep(connection: Connection, received: Received) -> None:
    """Inserts what is not there yet; what is repeated changes nothing. Raises ForeignCard."""
    named = {outcome.card for outcome in received.outcomes}
    issued = _issued(connection, named, received.client)
    foreign = _foreign(connection, named - set(issued), received.client)
    if foreign:
        items = enumerate(received.outcomes)
        raise ForeignCard(tuple(item for item, outcome in items if outcome.card in foreign))
    # In one order, because two posts of the same events would otherwise wait for each other.
    insert(connection, {"feedback": sorted(rows(received, issued), key=lambda row: str(row["id"]))})


def rows(received: Received, issued: Mapping[str, Issued]) -> Iterator[Row]:
    """A row for each outcome. `issued` holds those of its cards that are known.

    An outcome of a card that is not known is an orphan; one that the card does not fit, because
    another service issued it or without such a suggestion, is marked as a mismatch.
    """
    for outcome in received.outcomes:
        card = issued.get(outcome.card)
        yield {
            "client": received.client,
            "id": idempotency_key(outcome, received.client, service=received.service),
            "service": received.service,
            "card_uuid": outcome.card,
            "outcome": outcome.kind,
            "outcome_at": written(outcome.at),
            "suggestions": msgspec.json.encode(outcome.suggestions).decode(),
            "reason_code": outcome.code or None,
            "reason_system": outcome.system or None,
            "reason_display": outcome.display or None,
            "comment": outcome.comment or None,
            "orphan": card is None,
            "mismatch": card is not None and not _fits(outcome, received.service, card=card),
            "dialect": outcome.dialect,
            "received_at": written(received.at),
        }


def _fits(outcome: Outcome, service: str, *, card: Issued) -> bool:
    return card.service == service and card.suggestions >= set(outcome.suggestions)


def _issued(connection: Connection, named: Iterable[str], client: str) -> dict[str, Issued]:
    its, own = suggestions.c, cards.c
    offered: dict[str, set[str]] = {}
    sought = select(its.card_uuid, its.uuid).where(its.client == client, its.card_uuid.in_(named))
    for card, suggestion in connection.execute(sought):
        offered.setdefault(card, set()).add(suggestion)
    found = select(own.uuid, own.service).where(own.client == client, own.uuid.in_(named))
    return {
        uuid: Issued(service, frozenset(offered.get(uuid, ())))
        for uuid, service in connection.execute(found)
    }


def _foreign(connection: Connection, unknown: Iterable[str], client: str) -> set[str]:
    found = select(cards.c.uuid).where(cards.c.uuid.in_(unknown), cards.c.client != client)
    return set(connection.scalars(found))
