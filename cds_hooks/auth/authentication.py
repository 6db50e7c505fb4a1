"""Authentication of a call: in the demo none, else a client's valid token or a 401."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import structlog

from cds_hooks.auth.tokens import FindKey, Presented, TokenRefused, verified
from cds_hooks.protocol.errors import StoreUnavailable
from cds_hooks.settings.settings import Settings
from cds_hooks.store.database import Resting, Unavailable
from cds_hooks.store.recorder import Recorder
from cds_hooks.store.used_tokens import TokenUse, Window, WindowFull, spent, used

REPLAY_CHECK_SECONDS = 0.5
"""Seconds that the database may take to tell whether a token was used, or more where the site
lets a call wait longer for it: an answer's whole time."""

_UNKNOWN = "who calls cannot be told now: the call is to be made again"

log = structlog.get_logger("cds_hooks")


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a caller shows of itself: its `Authorization` header, its address and certificate.

    `path` is that of the endpoint it calls, `digest` tells what it asks: the same for the same body
    at the same address.
    """

    authorization: str
    path: str
    address: str
    certificate: str | None
    digest: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Authentication:
    """The clients that may call, how their keys are found, and where used tokens are remembered.

    That is the database; the `window` of this process takes its place while it is away.
    """

    settings: Settings
    find: FindKey
    recorder: Recorder
    window: Window = field(default_factory=Window)

    def client(self, attempt: Attempt) -> str:
        """The name of the client that calls; raises TokenRefused and StoreUnavailable."""
        return verified(
            attempt.authorization,
            endpoint=self.settings.public_url.rstrip("/") + attempt.path,
            now=datetime.now(UTC),
            clients=self.settings.clients,
            find=self.find,
            spend=partial(self.spend, attempt),
        )

    def spend(self, attempt: Attempt, presented: Presented) -> bool:
        """Whether the token may be used for this call; raises TokenRefused and StoreUnavailable."""
        client = self.settings.clients[presented.client]
        if client.certificates and attempt.certificate not in client.certificates:
            raise TokenRefused("certificate")  # a token that another shows is not used up
        if client.replay == "off":
            return True
        call = attempt.digest() if client.replay == "same-body" else ""
        token: TokenUse = {
            "client": presented.client,
            "jti": presented.jti,
            "until": presented.until,
            "call": call,
        }
        try:
            patience = max(REPLAY_CHECK_SECONDS, self.settings.store.patience_ms / 1000)
            allowed = self.recorder.store.within(patience, partial(spent, **token))
        except Unavailable as error:
            if not isinstance(error, Resting):
                log.error("replays unknown", cause=str(error), client=presented.client)
            if client.on_store_error == "accept":
                return self._spend_here(token)
            raise StoreUnavailable(_UNKNOWN) from None
        with suppress(WindowFull):
            self.window.spend(**token)
        return allowed

    def _spend_here(self, token: TokenUse) -> bool:
        """As `spend`, by what this process knows; the database is told when it is back."""
        try:
            allowed = self.window.spend(**token)
        except WindowFull:
            raise StoreUnavailable(_UNKNOWN) from None
        if allowed:
            self.recorder.keep_for_later({"replay_ids": [used(**token)]})
        return allowed
