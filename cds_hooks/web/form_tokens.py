"""CSRF tokens of feedback forms: signed by the site's secret, for one card and some hours."""

from dataclasses import dataclass

import msgspec
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from cds_hooks.protocol.errors import BadRequest
from cds_hooks.store.pseudonyms import Keys

HOURS = 8
"""A shift: after it the page is to be opened again."""

_SALT = "card feedback"


@dataclass(frozen=True, slots=True)
class Answerable:
    """A card that may be answered: whose it is, and which service was called for it."""

    client: str
    service: str
    card: str


def signed(card: Answerable, keys: Keys) -> str:
    """The token for that card's form; what it names is no one's data."""
    return str(_serializer(keys).dumps((card.client, card.service, card.card)))


def answerable(token: str, keys: Keys) -> Answerable:
    """The card that the token is for; raises BadRequest."""
    try:
        named = _serializer(keys).loads(token, max_age=HOURS * 3600)
    except SignatureExpired:
        raise BadRequest("this page was opened too long ago: open it from the card again") from None
    except BadSignature:
        raise BadRequest("this form was not made by this server") from None
    return Answerable(*msgspec.convert(named, tuple[str, str, str]))


def _serializer(keys: Keys) -> URLSafeTimedSerializer:
    # The newest is the last here, and signs; those before it are still read.
    return URLSafeTimedSerializer(list(reversed(keys.secrets)), salt=_SALT)
