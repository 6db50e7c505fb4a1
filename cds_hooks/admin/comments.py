"""Override comments: what clinicians wrote, as they wrote it."""

from sqlalchemy import Connection, select

from cds_hooks.admin.period import Period
from cds_hooks.store.schema import Row, feedback, plain
from cds_hooks.store.timestamps import written

MOST = 200
"""Comments of one page: more are had by a shorter period."""


def comments(connection: Connection, period: Period, *, service: str) -> tuple[Row, ...]:
    """The feedback of that time with a comment, newest first; of one service, or of all."""
    own = feedback.c
    sought = select(feedback).where(
        own.comment.is_not(None),
        own.comment != "",
        own.received_at >= written(period.since),
        own.received_at < written(period.until),
        *([own.service == service] if service else []),
    )
    found = connection.execute(sought.order_by(own.received_at.desc(), own.id).limit(MOST))
    return tuple(map(plain, found))
