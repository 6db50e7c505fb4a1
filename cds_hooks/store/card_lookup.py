"""A card that was issued, and the assessments that it may rest on."""

import msgspec
from sqlalchemy import select

from cds_hooks.store.database import Store
from cds_hooks.store.schema import Row, assessments, cards, plain


class UnknownCard(LookupError):
    """No such card is kept of that client."""


def recall(store: Store, card: str, *, client: str) -> tuple[Row, tuple[Row, ...]]:
    """The card's row, and those of its assessments that are still kept, in their order.

    Raises UnknownCard and Unavailable.
    """
    own, its = cards.c, assessments.c
    with store.reading() as connection:
        row = connection.execute(
            select(cards).where(own.client == client, own.uuid == card)
        ).one_or_none()
        if row is None:
            raise UnknownCard(card)
        ids = msgspec.json.decode(row.assessments, type=list[str])
        sought = select(assessments).where(its.client == client, its.id.in_(ids))
        found = [plain(each) for each in connection.execute(sought)]
    return plain(row), tuple(sorted(found, key=lambda each: ids.index(str(each["id"]))))
