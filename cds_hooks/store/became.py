"""What is kept of what became of one card."""

from sqlalchemy import Connection, select

from cds_hooks.store.schema import Row, feedback, plain


def became(connection: Connection, card: str, *, client: str) -> tuple[Row, ...]:
    """The rows of feedback on that client's card, in the order in which they came."""
    own = feedback.c
    sought = select(feedback).where(own.client == client, own.card_uuid == card)
    found = connection.execute(sought.order_by(own.received_at, own.id))
    return tuple(map(plain, found))
