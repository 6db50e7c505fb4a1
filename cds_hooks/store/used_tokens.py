"""Tokens that were used: the first insertion of an id wins, wherever else it is presented."""

from hashlib import sha256

from sqlalchemy import Connection, select

from cds_hooks.auth.tokens import Presented
from cds_hooks.store.database import absent
from cds_hooks.store.schema import replay_ids
from cds_hooks.store.timestamps import written


def spent(connection: Connection, presented: Presented, call: str = "") -> bool:
    """Marks the token as used; whether it may be used for this call.

    `call` is the digest of a call that may be repeated with the token, "" for none. It must be in a
    transaction that is committed before the call is answered.
    """
    # An id may be as long as the caller likes, and hold what a database cannot keep.
    jti = sha256(presented.jti.encode()).hexdigest()
    row = {
        "client": presented.client,
        "jti": jti,
        "expires_at": written(presented.until),
        "call_digest": call or None,
    }
    # Not by the number of rows, which PostgreSQL's driver does not always tell.
    inserted = absent(connection, replay_ids).returning(replay_ids.c.jti)
    if connection.execute(inserted, row).first() is not None:
        return True
    return bool(call) and _used_for(connection, presented.client, jti) == call


def _used_for(connection: Connection, client: str, jti: str) -> str | None:
    own = replay_ids.c
    found = select(own.call_digest).where(own.client == client, own.jti == jti)
    return connection.scalar(found)
