"""Recent history, for alert fatigue: what a user has answered, and what a client was shown."""

from collections.abc import Iterator

from sqlalchemy import Connection, and_, func, select

from cds_hooks.engine.answer import Answer
from cds_hooks.engine.call import Call
from cds_hooks.engine.fatigue import LIMITED, Answered, Past, most_an_hour
from cds_hooks.store.pseudonyms import Keys
from cds_hooks.store.schema import cards, feedback
from cds_hooks.store.timestamps import parsed, written


def past(connection: Connection, answer: Answer, call: Call, *, keys: Keys) -> Past:
    """What may withhold a card of the answer."""
    return Past(
        answered=dict(_answered(connection, answer, call, keys=keys)),
        decided=_decided(connection, answer, call),
        shown=_shown(connection, answer, call),
    )


def _answered(
    connection: Connection, answer: Answer, call: Call, *, keys: Keys
) -> Iterator[tuple[str, Answered]]:
    """The newest answer to a card of each topic last; none where it is not said who the user is."""
    context, client = answer.request.context, call.client
    if not context.user_id:
        return
    # What does not fit the card may have been meant for another one.
    fits = and_(
        feedback.c.client == cards.c.client,
        feedback.c.card_uuid == cards.c.uuid,
        feedback.c.service == cards.c.service,
        feedback.c.mismatch.is_(False),
    )
    # The client's clock may be wrong, but no answer comes before it is given.
    at = func.coalesce(feedback.c.outcome_at, feedback.c.received_at)
    columns = (cards.c.topic, cards.c.indicator, cards.c.over, at, feedback.c.received_at)
    sought = select(*columns).join(feedback, fits)
    sought = sought.where(
        cards.c.client == client,
        cards.c.patient_id.in_(keys.every("patient", context.patient_id, client=client)),
        cards.c.user_id.in_(keys.every("user", context.user_id, client=client)),
        cards.c.topic.in_({each.topic for each in answer.issued}),
        cards.c.shown,
    )
    found = [(name, shown, over, min(at)) for name, shown, over, *at in connection.execute(sought)]
    for name, indicator, over, moment in sorted(found, key=lambda each: each[-1]):
        yield name, Answered(indicator, over, parsed(moment))


def _decided(connection: Connection, answer: Answer, call: Call) -> dict[str, str]:
    sought = select(cards.c.uuid, cards.c.withheld_reason).where(
        cards.c.client == call.client,
        cards.c.hook_instance == str(answer.request.hook_instance),
    )
    return {uuid: reason or "" for uuid, reason in connection.execute(sought)}


def _shown(connection: Connection, answer: Answer, call: Call) -> int:
    most = most_an_hour(answer.service, answer.chart.settings)
    if not most:
        return 0
    sought = select(cards.c.uuid).where(
        cards.c.client == call.client,
        cards.c.service == answer.service.id,
        cards.c.issued_at > written(call.at - LIMITED),
        cards.c.indicator != "critical",
        cards.c.shown,
    )
    return connection.scalar(select(func.count()).select_from(sought.limit(most).subquery())) or 0
