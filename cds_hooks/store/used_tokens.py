"""Replay protection: the first use of a token's `jti` wins, whichever process it is sent to."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, select

from cds_hooks.store.database import absent
from cds_hooks.store.schema import replay_ids
from cds_hooks.store.timestamps import written


def spent(connection: Connection, client: str, *, jti: str, until: datetime, call: str) -> bool:
    """Marks a client's token as used, by its `jti`; whether it may be used for this call.

    After `until` (aware) the token has expired, and its row may be deleted. `call` is the digest of
    a call that may be repeated with the token, "" for none. It must be in a transaction that is
    committed before the call is answered.
    """
    # An id may be as long as the caller likes, and hold what a database cannot keep.
    digest = sha256(jti.encode()).hexdigest()
    row = {
        "client": client,
        "jti": digest,
        "expires_at": written(until),
        "call_digest": call or None,
    }
    # Not by the number of rows, which PostgreSQL's driver does not always tell.
    inserted = absent(connection, replay_ids).returning(replay_ids.c.jti)
    if connection.execute(inserted, row).first() is not None:
        return True
    return bool(call) and _used_for(connection, client, digest) == call


def _used_for(connection: Connection, client: str, jti: str) -> str | None:
    own = replay_ids.c
    found = select(own.call_digest).where(own.client == client, own.jti == jti)
    return connection.scalar(found)
