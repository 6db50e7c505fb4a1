"""SMART App Launch 2.2 from an EHR, without its web: what is asked, and what answers are believed.

https://hl7.org/fhir/smart-app-launch/app-launch.html
"""

import hmac
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote_plus, urlencode
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from msgspec import UNSET, Meta, Struct, UnsetType

from cds_hooks.fhir_client import url as urls
from cds_hooks.fhir_client.url import NotAUrl
from cds_hooks.protocol.hooks import HookRequest, PatientViewContext
from cds_hooks.settings.clients import Client, FhirServer, Smart
from cds_hooks.store.pseudonyms import Keys

ASSERTED = timedelta(minutes=5)
"""For how long our signed assertion of who we are is good: the most that the standard allows."""

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refused(Exception):
    """The page is not opened; `reason` is for our log alone, and a word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class App:
    """Our app as one client's EHR knows it: the settings, and the FHIR server that it launches."""

    name: str
    client: Client
    smart: Smart
    server: FhirServer


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where the EHR authorizes, and where it gives tokens, with how that host is reached."""

    authorize: str
    token: str
    token_server: FhirServer


class Configuration(Struct, frozen=True):
    """What is read of a server's SMART configuration."""

    authorization_endpoint: str
    token_endpoint: str
    code_challenge_methods_supported: tuple[str, ...] = ()


class Answer(Struct, frozen=True, rename={"app_context": "appContext"}):
    """What is read of a token response."""

    access_token: Annotated[str, Meta(min_length=1, max_length=20_000)]
    token_type: str
    patient: str
    scope: str | UnsetType = UNSET
    encounter: str | UnsetType = UNSET
    app_context: str | UnsetType = UNSET
    expires_in: float | UnsetType = UNSET

    def __repr__(self) -> str:
        return "Answer(<redacted>)"


def registered(iss: str, clients: Mapping[str, Client]) -> App:
    """The app at that FHIR server, spelled exactly as it was registered; raises Refused."""
    for name, client in clients.items():
        for server in client.fhir_servers:
            if client.smart and server.base == iss:
                return App(name, client, client.smart, server)
    raise Refused("not registered")


def endpoints(document: bytes, app: App) -> Endpoints:
    """The endpoints of a SMART configuration, if they lie where they may; raises Refused."""
    try:
        told = msgspec.json.decode(document, type=Configuration)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise Refused("configuration") from None
    if "S256" not in told.code_challenge_methods_supported:
        raise Refused("no S256")
    _server(told.authorization_endpoint, app)
    server = _server(told.token_endpoint, app)
    return Endpoints(told.authorization_endpoint, told.token_endpoint, server)


def _server(endpoint: str, app: App) -> FhirServer:
    """How the endpoint is reached: at the FHIR server's own origin, or under a registered base."""
    try:
        target, own = urls.parse(endpoint), urls.parse(app.server.base)
        if target.place[:3] == own.place[:3]:
            root = f"{own.scheme}://{own.host}:{own.port}"
            return msgspec.structs.replace(app.server, base=root)
        allowed = app.smart.authorization_servers
        return next(each for each in allowed if target.under(urls.parse(each.base)))
    except (NotAUrl, StopIteration):
        raise Refused("endpoint") from None


def authorization_url(
    endpoint: str, app: App, *, launch: str, state: str, redirect: str, keys: Keys
) -> str:
    """Where the browser is sent, to come back to `redirect` with a code."""
    asked = {
        "response_type": "code",
        "client_id": app.smart.client_id,
        "redirect_uri": redirect,
        "launch": launch,
        "scope": " ".join(app.smart.scopes),
        "state": state,
        "aud": app.server.base,
        "code_challenge": _base64url(sha256(verifier(state, keys).encode()).digest()),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in endpoint else "?"
    return f"{endpoint}{joint}{urlencode(asked)}"


def verifier(state: str, keys: Keys) -> str:
    """The PKCE verifier of a launch: it leaves this server once, and is kept nowhere."""
    return _base64url(hmac.digest(keys.secrets[0], b"pkce\x1f" + state.encode(), "sha256"))


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


def answered(body: bytes) -> Answer:
    """The token response, if it can be used; raises Refused."""
    try:
        answer = msgspec.json.decode(body, type=Answer)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise Refused("token response") from None
    if answer.token_type.lower() != "bearer":
        raise Refused("token type")
    if not answer.app_context:
        raise Refused("no card in context")
    return answer


def hook_request(answer: Answer, app: App) -> HookRequest[PatientViewContext]:
    """The chart to open, as a hook would say it, so that it is read by the same line.

    Raises Refused.
    """
    context = {"patientId": answer.patient} | (
        {"encounterId": answer.encounter} if answer.encounter else {}
    )
    access = {
        "access_token": answer.access_token,
        "token_type": "Bearer",
        "scope": answer.scope or " ".join(app.smart.scopes),
        "patient": answer.patient,
    }
    if answer.expires_in is not UNSET:
        access["expires_in"] = answer.expires_in  # type: ignore[assignment] # a number among texts
    try:
        return msgspec.convert(
            {
                "hook": "patient-view",
                "hookInstance": str(uuid4()),
                "context": context,
                "fhirServer": app.server.base,
                "fhirAuthorization": access,
            },
            HookRequest[PatientViewContext],
        )
    except msgspec.ValidationError:
        raise Refused("context") from None


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
