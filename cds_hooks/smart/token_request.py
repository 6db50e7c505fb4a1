"""SMART App Launch 2.2, the token request: a code is exchanged for an access token and a patient.

https://hl7.org/fhir/smart-app-launch/app-launch.html
"""

from base64 import b64encode
from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote_plus
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import fields

from cds_hooks.protocol.hooks import CONTEXTS, Context, HookRequest
from cds_hooks.settings.clients import Smart
from cds_hooks.smart.app import App, LaunchRefused
from cds_hooks.smart.authorization import verifier
from cds_hooks.store.pseudonyms import Keys

ASSERTED = timedelta(minutes=5)
"""For how long our signed assertion of who we are is good: the most that the standard allows."""

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenResponse(Struct, frozen=True, rename={"app_context": "appContext"}):
    """What is read of a token response."""

    access_token: Annotated[str, Meta(min_length=1, max_length=20_000)]
    token_type: str
    patient: str
    scope: str | UnsetType = UNSET
    encounter: str | UnsetType = UNSET
    app_context: str | UnsetType = UNSET
    expires_in: float | UnsetType = UNSET

    def __repr__(self) -> str:
        return "TokenResponse(<redacted>)"


def token_request(
    app: App,
    endpoint: str,
    *,
    code: str,
    state: str,
    redirect: str,
    keys: Keys,
    secret: str,
    now: datetime,
) -> tuple[dict[str, str], dict[str, str]]:
    """The form and the headers that exchange a code; `secret` is the app's, or its key in PEM."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier(state, keys),
    }
    headers = {"Accept": "application/json"}
    if not secret:
        return form | {"client_id": app.smart.client_id}, headers
    if app.smart.key_file:
        assertion = _assertion(app.smart, endpoint, key=secret, now=now)
        return form | {"client_assertion_type": _ASSERTION, "client_assertion": assertion}, headers
    # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
    pair = f"{quote_plus(app.smart.client_id)}:{quote_plus(secret)}"
    return form, headers | {"Authorization": "Basic " + b64encode(pair.encode()).decode()}


def _assertion(smart: Smart, endpoint: str, *, key: str, now: datetime) -> str:
    private: Any = load_pem_private_key(key.encode(), None)
    claims = {
        "iss": smart.client_id,
        "sub": smart.client_id,
        "aud": endpoint,
        "iat": now,
        "exp": now + ASSERTED,
        "jti": str(uuid4()),
    }
    algorithm = "ES384" if isinstance(private, EllipticCurvePrivateKey) else "RS384"
    return jwt.encode(claims, private, algorithm=algorithm, headers={"kid": smart.key_id})


def token_response(body: bytes) -> TokenResponse:
    """The token response, if it can be used; raises LaunchRefused."""
    try:
        response = msgspec.json.decode(body, type=TokenResponse)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise LaunchRefused("token response") from None
    if response.token_type.lower() != "bearer":
        raise LaunchRefused("token type")
    if not response.app_context:
        raise LaunchRefused("no card in context")
    return response


def hook_request(response: TokenResponse, app: App, hook: str) -> HookRequest[Context]:
    """The chart to open, as a call of that hook, so that it is read by the same line.

    Raises LaunchRefused, also where the hook's context holds more than a token response names: an
    encounter that it leaves out, or draft orders.
    """
    context = {"patientId": response.patient} | (
        {"encounterId": response.encounter} if response.encounter else {}
    )
    kind = CONTEXTS[hook]
    if any(each.required and each.encode_name not in context for each in fields(kind)):
        raise LaunchRefused("hook context")
    access = {
        "access_token": response.access_token,
        "token_type": "Bearer",
        "scope": response.scope or " ".join(app.smart.scopes),
        "patient": response.patient,
    }
    if response.expires_in is not UNSET:
        access["expires_in"] = response.expires_in  # type: ignore[assignment] # a number among texts
    try:
        return msgspec.convert(
            {
                "hook": hook,
                "hookInstance": str(uuid4()),
                "context": context,
                "fhirServer": app.server.base,
                "fhirAuthorization": access,
            },
            HookRequest[kind],  # type: ignore[valid-type] # made at run time
        )
    except msgspec.ValidationError:
        raise LaunchRefused("context") from None
