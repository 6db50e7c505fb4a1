"""Who may call us: what a site registers of each client, the EHRs and their FHIR servers."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from cds_hooks.service_settings import ServiceSettings
from fhir_adapters.site import SiteMap

Algorithm: TypeAlias = Literal[
    "ES384", "RS384", "ES256", "RS256", "PS256", "PS384", "PS512", "ES512", "RS512", "EdDSA"
]
"""Signatures that can be told to be a client's own: never a shared secret, never none."""

Replay: TypeAlias = Literal["strict", "same-body", "off"]
"""Whether a token is good for one call, for repetitions of it, or until it expires."""

Dialect: TypeAlias = Literal["standard", "epic", "cerner", "sandbox"]

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=2000)]

SMART_SCOPES = (
    "launch",
    "patient/Patient.rs",
    "patient/Observation.rs",
    "patient/Condition.rs",
    "patient/MedicationRequest.rs",
    "patient/Encounter.rs",
)
"""What the app asks for unless the site says otherwise: to read what the services read."""

_PLAIN = re.compile(r"[!-~]+")
_READ_DIFFERENTLY = re.compile(r"[\\@#%?]")
"""Characters that programs disagree about in an address."""


class FhirServer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A FHIR server that we may fetch from, and how it is reached.

    `private` says that its addresses may be private or this computer's own; `ca_file` holds the
    authority that it is trusted by, `client_cert` and `client_key` are what we show it (PEM files).
    """

    base: Text
    private: bool = False
    plain_http: bool = False
    ca_file: str = ""
    client_cert: str = ""
    client_key: str = ""

    def __post_init__(self) -> None:
        _require_url(self.base, "base", plain_http=self.plain_http)
        if bool(self.client_cert) != bool(self.client_key):
            raise ValueError("client_cert and client_key are given together or not at all")


class Smart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the client's EHR knows our SMART app, which shows a card's risk in detail.

    With a secret (`secret_env` names an environment variable, `secret_file` a file) or a private
    key (`key_file` in PEM, by `key_id` in what was registered) the app is a confidential one, else
    a public one. `authorization_servers` are where it may authorize beside the FHIR server's host.
    """

    client_id: Text
    secret_env: str = ""
    secret_file: str = ""
    key_file: str = ""
    key_id: str = ""
    scopes: Annotated[tuple[Text, ...], Meta(min_length=1)] = SMART_SCOPES
    authorization_servers: tuple[FhirServer, ...] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.secret_env, self.secret_file, self.key_file))) > 1:
            raise ValueError("only one of secret_env, secret_file and key_file can be given")
        if bool(self.key_file) != bool(self.key_id):
            raise ValueError("key_file and key_id are given together or not at all")


class Client(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One client: how its tokens are recognised, what it may ask of us and we of it.

    Its keys are those of `jwks_file`, or else fetched from `jkus`; a token that names a `jku` names
    one of them. `audiences` are what its tokens may say beside the address that is called; of
    `tenants` one, and `sub`, must be in the token where they are given. `max_lifetime` and `leeway`
    are in seconds; `on_store_error` is what becomes of a call while replays cannot be told.
    `site_map` is the whole map for this client (None: the site's). `certificates` are SHA-256 of
    those of which it shows one by mutual TLS, in hex; (): it need not.
    """

    issuer: Text
    jkus: tuple[Text, ...] = ()
    jwks_file: str = ""
    algorithms: Annotated[tuple[Algorithm, ...], Meta(min_length=1)] = ("ES384", "RS384")
    audiences: tuple[Text, ...] = ()
    tenants: tuple[Text, ...] = ()
    sub: str = ""
    certificates: tuple[Annotated[str, Meta(pattern="^[0-9a-f]{64}$")], ...] = ()
    max_lifetime: Annotated[int, Meta(ge=1, le=86_400)] = 900
    leeway: Annotated[int, Meta(ge=0, le=600)] = 60
    replay: Replay = "strict"
    on_store_error: Literal["reject", "accept"] = "reject"
    fhir_servers: tuple[FhirServer, ...] = ()
    cors_origins: tuple[Text, ...] = ()
    dialect: Dialect = "standard"
    services: dict[str, ServiceSettings] = {}
    smart: Smart | None = None
    site_map: SiteMap | None = None

    def __post_init__(self) -> None:
        if not self.jkus and not self.jwks_file:
            raise ValueError("its keys are nowhere: jkus or jwks_file is needed")
        for jku in self.jkus:
            server = server_of(self, jku)
            _require_url(jku, "jkus", plain_http=server is not None and server.plain_http)
        for origin in self.cors_origins:
            require_origin(origin)


def server_of(client: Client, url: str) -> FhirServer | None:
    """The registered server at the URL's own origin, if there is one: how that host is reached."""
    return next((each for each in client.fhir_servers if origin(each.base) == origin(url)), None)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host in lower case, and port; ValueError if there are none."""
    parts = urlsplit(url)
    ports = {"https": 443, "http": 80}
    return parts.scheme, parts.hostname or "", parts.port or ports.get(parts.scheme)


def require_origin(origin: str) -> None:
    """Raises ValueError unless it is spelled as browsers send it: scheme, host and port alone."""
    if not re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", origin):
        raise ValueError(f"cors_origins: {origin!r} is not scheme://host[:port] in lower case")


def require_public_url(url: str) -> None:
    """Raises ValueError unless it is a base URL by HTTPS, or by HTTP on this computer."""
    _require_url(url, "public_url", plain_http=is_loopback(urlsplit(url).hostname or ""))


def is_loopback(host: str) -> bool:
    """Whether the name or address is this computer's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_url(url: str, key: str, *, plain_http: bool) -> None:
    schemes = ("https", "http") if plain_http else ("https",)
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        scheme = host = ""
    if (
        scheme not in schemes
        or not host
        or not _PLAIN.fullmatch(url)
        or _READ_DIFFERENTLY.search(url)
    ):
        raise ValueError(f"{key}: {url!r} is not an address by {' or '.join(schemes)}")
