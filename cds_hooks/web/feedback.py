"""The standard's feedback endpoint: outcomes of cards are stored before they are acknowledged."""

from flask import Blueprint, Response

from cds_hooks.engine.service import services
from cds_hooks.protocol.errors import (
    Forbidden,
    NotFound,
    Problem,
    StoreUnavailable,
    acknowledgement,
)
from cds_hooks.protocol.feedback import outcomes
from cds_hooks.protocol.json import read_feedback
from cds_hooks.store.database import Unavailable
from cds_hooks.store.feedback_rows import ForeignCard, Received, keep
from cds_hooks.web.application import application
from cds_hooks.web.authenticated import require_client
from cds_hooks.web.bodies import in_json, read_body
from cds_hooks.web.incoming import incoming

FEEDBACK_SECONDS = 5.0
"""Seconds in which a post must be in the database; after them the client is to send it again."""

LONGEST_POST = 250_000
"""Bytes of a post: more is not looked through for what is wrong in it."""

feedback = Blueprint("feedback", __name__)
feedback.before_request(require_client)


@feedback.post("/cds-services/<id>/feedback")
def receive(id: str) -> Response:
    """Stores the feedback on a service's cards, also when the site has turned the service off."""
    if id not in services():
        raise NotFound("there is no such service")
    coming = incoming()
    coming.tell(service=id, client=coming.client)
    sent = outcomes(read_feedback(read_body(coming.request, LONGEST_POST)))
    coming.tell(outcomes=len(sent))
    kept(Received(sent, client=coming.client, service=id, at=coming.at))
    return in_json(acknowledgement(f"outcomes kept: {len(sent)}"))


def kept(received: Received) -> None:
    """Returns once everything is on the disk; nothing is kept where it raises CDSError."""
    try:
        application().recorder.store.within(
            FEEDBACK_SECONDS, lambda connection: keep(connection, received), insist=True
        )
    except Unavailable:
        raise StoreUnavailable("the feedback could not be kept, and is to be sent again") from None
    except ForeignCard as error:
        raise _forbidden(error.items) from None


def _forbidden(items: tuple[int, ...]) -> Forbidden:
    text = "this card was not issued to this client"
    first, *others = (Problem(text, f"feedback[{item}].card") for item in items)
    return Forbidden(text, expression=first.expression, further=tuple(others))
