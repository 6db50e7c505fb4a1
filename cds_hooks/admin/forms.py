"""CSRF tokens of the admin app's forms: signed by the site's secret, for one person and a shift."""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from cds_hooks.protocol.errors import BadRequest
from cds_hooks.store.pseudonyms import Keys

SECONDS = 8 * 3600

_SALT = "admin form"


def token(person: str, keys: Keys) -> str:
    """The token for the forms of that person's pages."""
    return str(_serializer(keys).dumps(person))


def require_token(sent: str, person: str, keys: Keys) -> None:
    """Raises BadRequest unless the form was made here, for that person, in the last hours."""
    try:
        named = _serializer(keys).loads(sent, max_age=SECONDS)
    except BadSignature:  # one that has expired is one, too
        named = None
    if named != person:
        raise BadRequest("this form was not made here for you, or is too old: open the page again")


def _serializer(keys: Keys) -> URLSafeTimedSerializer:
    # The newest is the last here, and signs; those before it are still read.
    return URLSafeTimedSerializer(list(reversed(keys.secrets)), salt=_SALT)
