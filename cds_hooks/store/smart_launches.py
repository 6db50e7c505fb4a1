"""SMART launches in progress: begun by one browser, and finished once."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, delete, insert

from cds_hooks.store.schema import smart_launches
from cds_hooks.store.timestamps import parsed, written


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch under way: of which client, against which FHIR server, and until when (aware)."""

    client: str
    iss: str
    until: datetime


def begin(connection: Connection, launch: Launch, *, state: str, browser: str) -> None:
    """Keeps it; of what the browser holds only digests."""
    row = {
        "client": launch.client,
        "state": _digest(state),
        "iss": launch.iss,
        "browser": _digest(browser),
        "expires_at": written(launch.until),
    }
    connection.execute(insert(smart_launches), row)


def take(connection: Connection, *, state: str, browser: str, now: datetime) -> Launch | None:
    """The launch of that state, which is over with this; None unless it is that browser's, in time.

    Whoever presents the state uses it up: one that is known elsewhere is not to be used at all.
    """
    own = smart_launches
    taken = connection.execute(
        delete(own).where(own.c.state == _digest(state)).returning(*own.columns)
    ).one_or_none()
    if taken is None or not compare_digest(taken.browser, _digest(browser)):
        return None
    launch = Launch(taken.client, taken.iss, parsed(taken.expires_at))
    return launch if now < launch.until else None


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
