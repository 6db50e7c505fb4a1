"""Replay protection: the first use of a token's `jti` wins, whichever process it is sent to."""

from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import TypedDict

from sqlalchemy import Connection, select

from cds_hooks.store.database import absent
from cds_hooks.store.retention import CLOCKS
from cds_hooks.store.schema import Row, replay_ids
from cds_hooks.store.timestamps import written

MOST = 200_000
"""Tokens that one process remembers: an hour and a quarter of 40 calls a second."""


class TokenUse(TypedDict):
    """A client's token by its `jti`, until when it counts (aware), and for which call it is used.

    `call` is the digest of a call that may be repeated with the token, "" for none.
    """

    client: str
    jti: str
    until: datetime
    call: str


class WindowFull(Exception):
    """More tokens are in use than a process can remember."""


def spent(connection: Connection, client: str, *, jti: str, until: datetime, call: str) -> bool:
    """Marks a client's token as used, by its `jti`; whether it may be used for this call.

    After `until` (aware) the token has expired, and its row may be deleted. `call` is the digest of
    a call that may be repeated with the token, "" for none. It must be in a transaction that is
    committed before the call is answered.
    """
    row = used(client, jti=jti, until=until, call=call)
    # Not by the number of rows, which PostgreSQL's driver does not always tell.
    inserted = absent(connection, replay_ids).returning(replay_ids.c.jti)
    if connection.execute(inserted, row).first() is not None:
        return True
    return bool(call) and _used_for(connection, client, str(row["jti"])) == call


def used(client: str, *, jti: str, until: datetime, call: str) -> Row:
    """The row that says that the token was used."""
    return {
        "client": client,
        "jti": _digest(jti),
        "expires_at": written(until),
        "call_digest": call or None,
    }


def _digest(jti: str) -> str:
    # An id may be as long as the caller likes, and hold what a database cannot keep.
    return sha256(jti.encode()).hexdigest()


class Window:
    """The tokens that this process has seen used: what is known while the database is away.

    Each is remembered until `CLOCKS` after it has expired. A token that was used with another
    process, or before this one began, is not known.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._used: dict[tuple[str, str], tuple[datetime, str]] = {}
        self._lock = Lock()

    def spend(self, client: str, *, jti: str, until: datetime, call: str) -> bool:
        """Marks the token as used, as `spent` does; whether it may be used for this call.

        Raises WindowFull if more tokens are remembered than there is room for.
        """
        key, new = (client, _digest(jti)), (until, call)
        with self._lock:
            if key not in self._used and len(self._used) >= self._most:
                self._forget()
            known = self._used.setdefault(key, new)
        return known is new or (bool(call) and known[1] == call)

    def _forget(self) -> None:
        before = datetime.now(UTC) - CLOCKS
        self._used = {key: held for key, held in self._used.items() if held[0] >= before}
        if len(self._used) >= self._most:
            raise WindowFull


def _used_for(connection: Connection, client: str, jti: str) -> str | None:
    own = replay_ids.c
    found = select(own.call_digest).where(own.client == client, own.jti == jti)
    return connection.scalar(found)
