"""SMART App Launch 2.2, the authorization request: where the EHR authorizes, and PKCE (RFC 7636).

https://hl7.org/fhir/smart-app-launch/app-launch.html
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from cds_hooks.fhir_client import url as urls
from cds_hooks.fhir_client.url import NotAUrl
from cds_hooks.settings.clients import FhirServer
from cds_hooks.smart.app import App, LaunchRefused
from cds_hooks.store.pseudonyms import Keys


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


def endpoints(document: bytes, app: App) -> Endpoints:
    """The endpoints of a SMART configuration, if they lie where they may; raises LaunchRefused."""
    try:
        told = msgspec.json.decode(document, type=Configuration)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        raise LaunchRefused("configuration") from None
    if "S256" not in told.code_challenge_methods_supported:
        raise LaunchRefused("no S256")
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
        raise LaunchRefused("endpoint") from None


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


def _base64url(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()
