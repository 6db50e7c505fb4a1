"""Who calls: outside the demo a client with a valid token, or else the one refusal there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import structlog
from flask import current_app, g, request
from msgspec.structs import replace

from cds_hooks.auth.limits import Limits
from cds_hooks.auth.proxies import CERTIFICATE
from cds_hooks.auth.tokens import Find, Presented, Refused, verified
from cds_hooks.protocol.errors import StoreUnavailable, TooManyRequests, Unauthorized
from cds_hooks.settings.clients import Client
from cds_hooks.settings.settings import DEMO_CLIENT, Settings, for_client
from cds_hooks.store.database import Unavailable
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.used_tokens import spent

PATIENCE = 0.5
"""Seconds that the database may take to tell whether a token was used, or more where the site
lets a call wait longer for it: an answer's whole time."""

log = structlog.get_logger("cds_hooks")


@dataclass(frozen=True, slots=True)
class Authentication:
    """The clients that may call, how their keys are found, and where used tokens are remembered.

    `views` are the settings of each client's calls, `anyones` those of a call that is no one's yet:
    any client's pages may read its refusal.
    """

    settings: Settings
    find: Find
    recorder: Recorder
    views: Mapping[str, Settings]
    anyones: Settings

    def client(self, authorization: str, endpoint: str) -> str:
        """The client that calls this path; raises tokens.Refused and StoreUnavailable."""
        return verified(
            authorization,
            endpoint=self.settings.public_url.rstrip("/") + endpoint,
            now=datetime.now(UTC),
            clients=self.settings.clients,
            find=self.find,
            spend=self.spend,
        )

    def spend(self, presented: Presented) -> bool:
        """Whether the token may be used for this call; raises Refused and StoreUnavailable."""
        client = self.settings.clients[presented.client]
        _require_certificate(client)  # a token that another shows is not used up
        if client.replay == "off":
            return True
        call = _digest() if client.replay == "same-body" else ""
        try:
            patience = max(PATIENCE, self.settings.store.patience_ms / 1000)
            return self.recorder.store.within(patience, lambda c: spent(c, presented, call))
        except Unavailable as error:
            log.error("replays unknown", cause=str(error), client=presented.client)
            if client.on_store_error == "accept":
                return True
        raise StoreUnavailable("who calls cannot be told now: the call is to be made again")


def authentication(settings: Settings, recorder: Recorder, *, find: Find) -> Authentication:
    """The authentication of these settings' clients."""
    views = {name: for_client(settings, name) for name in settings.clients}
    origins = [origin for each in (settings, *views.values()) for origin in each.cors_origins]
    anyones = replace(settings, cors_origins=tuple(dict.fromkeys(origins)))
    return Authentication(settings, find, recorder, views, anyones)


def require_client() -> None:
    """Before a call: `g.client` and `g.settings` are its client's from here on.

    Raises Unauthorized, always the same, TooManyRequests and StoreUnavailable.
    """
    known: Authentication = current_app.config["AUTHENTICATION"]
    if known.settings.demo:
        g.client, g.settings = DEMO_CLIENT, known.settings
        return
    limits: Limits = current_app.config["LIMITS"]
    g.client = _proved(known, limits)
    try:
        limits.called(g.client)
    except TooManyRequests:
        g.told |= {"client": g.client}
        raise
    g.settings = known.views[g.client]


def _proved(known: Authentication, limits: Limits) -> str:
    address = request.remote_addr or ""
    limits.admit(address)
    try:
        name = known.client(request.headers.get("Authorization", ""), request.path)
    except Refused as refused:
        limits.failed(address)
        g.told |= {"reason": refused.reason, "client": refused.client or None}
        raise Unauthorized("the call is not authenticated") from None
    return name


def _require_certificate(client: Client) -> None:
    if client.certificates and request.environ.get(CERTIFICATE) not in client.certificates:
        raise Refused("certificate")


def _digest() -> str:
    """What the call asks: the same for the same body at the same address."""
    asked = f"{request.method} {request.path}\n".encode()
    return sha256(asked + request.get_data()).hexdigest()
