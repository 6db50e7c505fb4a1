"""The rows for an audit: every call, and every feedback on a card with whom it was about."""

from collections.abc import Iterator

from sqlalchemy import and_, select

from cds_hooks.store.database import Store
from cds_hooks.store.schema import Row, calls, cards, feedback, plain

_ANSWERS = (
    select(feedback, cards.c.patient_id, cards.c.user_id, cards.c.encounter_id)
    .outerjoin(
        cards, and_(cards.c.client == feedback.c.client, cards.c.uuid == feedback.c.card_uuid)
    )
    .order_by(feedback.c.received_at, feedback.c.id)
)
_CALLS = select(*(column for column in calls.c if column.name != "assessments")).order_by(
    calls.c.recorded_at, calls.c.id
)


def audited(store: Store, *, client: str = "", patient: tuple[str, ...] = ()) -> Iterator[Row]:
    """The rows of the calls, then those of the feedback, with the subject of its card if known.

    With a patient, whose id may be kept as any of these, those of that client's patient alone.
    Raises Unavailable.
    """
    made, answers = _CALLS, _ANSWERS
    if patient:
        own, its = calls.c, cards.c
        made = made.where(own.client == client, own.patient_id.in_(patient))
        answers = answers.where(its.client == client, its.patient_id.in_(patient))
    with store.reading() as connection:
        for rows in (made, answers):
            for row in connection.execution_options(yield_per=500).execute(rows):
                yield plain(row)
