"""Feedback rows: checked against the cards that were issued, each event once (idempotency)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select, update
from sqlalchemy import Row as Found

from cds_hooks.protocol.feedback import Outcome, idempotency_key
from cds_hooks.store.database import insert
from cds_hooks.store.schema import Batch, Row, cards, feedback, plain
from cds_hooks.store.timestamps import written


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
    _locked(connection, alone=False)
    named = {outcome.card for outcome in received.outcomes}
    issued = _issued(connection, named, received.client)
    foreign = _foreign(connection, named - set(issued), received.client)
    if foreign:
        items = enumerate(received.outcomes)
        raise ForeignCard(tuple(item for item, outcome in items if outcome.card in foreign))
    # In one order, because two posts of the same events would otherwise wait for each other.
    insert(connection, {"feedback": sorted(rows(received, issued), key=lambda row: str(row["id"]))})


def arrive(connection: Connection, batch: Batch) -> None:
    """Inserts a call that waited elsewhere; feedback that came meanwhile is no orphan any more."""
    _locked(connection, alone=True)
    insert(connection, batch)
    for client in {str(row["client"]) for row in batch.get("cards", ())}:
        named = {str(row["uuid"]) for row in batch["cards"] if row["client"] == client}
        issued = _issued(connection, named, client)
        sought = select(feedback).where(
            feedback.c.client == client, feedback.c.card_uuid.in_(named), feedback.c.orphan
        )
        for row in connection.execute(sought).all():
            _link(connection, row, issued[row.card_uuid])


def feedback_on(connection: Connection, card: str, *, client: str) -> tuple[Row, ...]:
    """The rows of feedback on that client's card, in the order in which they came."""
    own = feedback.c
    sought = select(feedback).where(own.client == client, own.card_uuid == card)
    found = connection.execute(sought.order_by(own.received_at, own.id))
    return tuple(map(plain, found))


def _link(connection: Connection, row: Found[Any], card: Issued) -> None:
    named = msgspec.json.decode(row.suggestions, type=tuple[str, ...])
    own = (feedback.c.client == row.client, feedback.c.id == row.id)
    mismatch = not _fits(named, row.service, card=card)
    connection.execute(update(feedback).where(*own).values(orphan=False, mismatch=mismatch))


def _locked(connection: Connection, *, alone: bool) -> None:
    """Keeps until its end another transaction from looking for what this one is about to insert.

    Otherwise a card and its feedback that come at once would not see each other. Posts may be
    under way together. SQLite has one writer anyway.
    """
    if connection.dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        connection.execute(select(lock(func.hashtext("feedback"))))


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
            "mismatch": card is not None
            and not _fits(outcome.suggestions, received.service, card=card),
            "dialect": outcome.dialect,
            "received_at": written(received.at),
        }


def _fits(named: Iterable[str], service: str, *, card: Issued) -> bool:
    return card.service == service and card.suggestions >= set(named)


def _issued(connection: Connection, named: Iterable[str], client: str) -> dict[str, Issued]:
    own = cards.c
    found = select(own.uuid, own.service, own.suggestions).where(
        own.client == client, own.uuid.in_(named)
    )
    return {
        uuid: Issued(service, msgspec.json.decode(offered, type=frozenset[str]))
        for uuid, service, offered in connection.execute(found)
    }


def _foreign(connection: Connection, unknown: Iterable[str], client: str) -> set[str]:
    found = select(cards.c.uuid).where(cards.c.uuid.in_(unknown), cards.c.client != client)
    return set(connection.scalars(found))
