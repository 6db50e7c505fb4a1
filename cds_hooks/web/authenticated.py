"""Before a call of the standard's endpoints: whose call it is, or the one refusal there is."""

from hashlib import sha256

from flask import Request

from cds_hooks.auth.authentication import Attempt
from cds_hooks.auth.proxies import CERTIFICATE
from cds_hooks.auth.tokens import TokenRefused
from cds_hooks.protocol.errors import TooManyRequests, Unauthorized
from cds_hooks.settings.settings import DEMO_CLIENT
from cds_hooks.web.application import Application, application
from cds_hooks.web.incoming import Incoming, incoming


def require_client() -> None:
    """From here on the request's client and settings are known.

    Raises Unauthorized, always the same, TooManyRequests and StoreUnavailable.
    """
    app, call = application(), incoming()
    if app.settings.demo:
        call.client = DEMO_CLIENT
        return
    call.client = _proved(app, call)
    try:
        app.limits.called(call.client)
    except TooManyRequests:
        call.tell(client=call.client)
        raise
    call.settings = app.offers[call.client].settings


def _proved(app: Application, call: Incoming) -> str:
    attempt = _attempt(call.request)
    app.limits.admit(attempt.address)
    try:
        return app.authentication.client(attempt)
    except TokenRefused as refused:
        app.limits.failed(attempt.address)
        call.tell(reason=refused.reason, client=refused.client or None)
        raise Unauthorized("the call is not authenticated") from None


def _attempt(request: Request) -> Attempt:
    return Attempt(
        authorization=request.headers.get("Authorization", ""),
        path=request.path,
        address=request.remote_addr or "",
        certificate=request.environ.get(CERTIFICATE),
        digest=lambda: _digest(request),
    )


def _digest(request: Request) -> str:
    asked = f"{request.method} {request.path}\n".encode()
    return sha256(asked + request.get_data()).hexdigest()
