"""A card that was issued, and the assessments that it may rest on."""

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, and_, select

from cds_hooks.store.assessments import KeptAssessment, KeptAssessments, unpack
from cds_hooks.store.database import Store
from cds_hooks.store.schema import Row, calls, cards, plain


class UnknownCard(LookupError):
    """No such card is kept of that client."""


def recall(store: Store, card: str, *, client: str) -> tuple[Row, KeptAssessments]:
    """The card's row, and what it rests on of the assessments of its call, with their facts.

    Without any where the call is not kept any more. Raises UnknownCard and Unavailable.
    """
    own, its = cards.c, calls.c
    sought = (
        select(cards, its.assessments)
        .outerjoin(calls, and_(its.client == own.client, its.id == own.call_id))
        .where(own.client == client, own.uuid == card)
    )
    with store.reading() as connection:
        found = connection.execute(sought).one_or_none()
    if found is None:
        raise UnknownCard(card)
    row = dict(plain(found))
    kept = unpack(found.assessments or b"")
    del row["assessments"]
    return row, replace(kept, assessments=_of_card(row, kept))


def clients_of(connection: Connection, card: str) -> tuple[str, ...]:
    """The clients that the card was issued to: one, unless two had the same content and id."""
    own = cards.c
    sought = select(own.client).where(own.uuid == card).order_by(own.client)
    return tuple(connection.scalars(sought))


def _of_card(row: Row, kept: KeptAssessments) -> tuple[KeptAssessment, ...]:
    places = msgspec.json.decode(str(row["rests_on"]), type=tuple[int, ...])
    return tuple(kept.assessments[place] for place in places if place < len(kept.assessments))
