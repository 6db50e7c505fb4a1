"""The link from a card to its detail: a SMART launch from an EHR, in the demo a page of ours."""

from cds_hooks.engine.respond import ToDetail
from cds_hooks.protocol.cards import Link
from cds_hooks.settings.clients import Dialect
from cds_hooks.settings.settings import Settings

LABEL = "Open this risk in detail"

CONTEXT_LOST = frozenset[Dialect]({"cerner"})
"""EHRs that do not pass `appContext` on: the app could not tell which card it was opened from."""


def to_detail(settings: Settings, client: str) -> ToDetail | None:
    """How cards for that client link to their detail; None where they do not.

    The context is the card's uuid: it tells nothing to who has not the store.
    """
    base = settings.public_url.rstrip("/")
    if not base:
        return None
    if settings.demo:
        return lambda uuid: Link(label=LABEL, url=f"{base}/detail/{uuid}", type="absolute")
    registered = settings.clients.get(client)
    if registered is None or registered.smart is None or registered.dialect in CONTEXT_LOST:
        return None
    return lambda uuid: Link(
        label=LABEL, url=f"{base}/smart/launch", type="smart", app_context=uuid
    )
