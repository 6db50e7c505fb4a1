"""Registered clients: how an EHR's tokens are recognised, its FHIR servers, its own settings."""

import re
from ipaddress import ip_address
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from cds_hooks.settings.services import ServiceSettings
from fhir_adapters.terminology.site import SiteMap

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
    """A FHIR server that we may fetch from, and how it is reached; from nowhere else."""

    base: Annotated[Text, Meta(description="its base URL, as the client sends it in `fhirServer`")]
    private: Annotated[
        bool, Meta(description="whether its addresses may be private or this computer's own")
    ] = False
    plain_http: Annotated[
        bool, Meta(description="whether it may be reached without TLS: for tests alone")
    ] = False
    ca_file: Annotated[
        str,
        Meta(
            description="the authority that signs its certificate, a file in PEM; empty: those that"
            " browsers trust"
        ),
    ] = ""
    client_cert: Annotated[
        str, Meta(description="the certificate that we show it, a file in PEM; with `client_key`")
    ] = ""
    client_key: Annotated[str, Meta(description="its private key, a file in PEM")] = ""

    def __post_init__(self) -> None:
        _require_url(self.base, "base", plain_http=self.plain_http)
        if bool(self.client_cert) != bool(self.client_key):
            raise ValueError("client_cert and client_key are given together or not at all")


class Smart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Our SMART app as the client's EHR knows it, which shows a card's risk in detail.

    With a secret or a private key the app is a confidential one, else a public one.
    """

    client_id: Annotated[Text, Meta(description="the app's own id at this EHR")]
    secret_env: Annotated[
        str, Meta(description="the environment variable that holds the app's secret")
    ] = ""
    secret_file: Annotated[str, Meta(description="the file that holds it, in its place")] = ""
    key_file: Annotated[
        str, Meta(description="the app's private key, a file in PEM, in place of a secret")
    ] = ""
    key_id: Annotated[str, Meta(description="the `kid` that the key was registered by")] = ""
    scopes: Annotated[
        tuple[Text, ...],
        Meta(min_length=1, description="what the app asks for: to read what the services read"),
    ] = SMART_SCOPES
    authorization_servers: Annotated[
        tuple[FhirServer, ...],
        Meta(description="where it may authorize beside the host of its FHIR servers"),
    ] = ()

    def __post_init__(self) -> None:
        if sum(map(bool, (self.secret_env, self.secret_file, self.key_file))) > 1:
            raise ValueError("only one of secret_env, secret_file and key_file can be given")
        if bool(self.key_file) != bool(self.key_id):
            raise ValueError("key_file and key_id are given together or not at all")


class Client(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One client: how its tokens are recognised, what it may ask of us and we of it.

    NAME is what it is called in logs, tables and exports.
    """

    issuer: Annotated[Text, Meta(description="the `iss` of its tokens, letter by letter")]
    jkus: Annotated[
        tuple[Text, ...],
        Meta(
            description="where its keys are published; a token that names a `jku` names one of"
            " them. This or `jwks_file` is needed"
        ),
    ] = ()
    jwks_file: Annotated[
        str, Meta(description="its keys, a JSON Web Key Set; then nothing is fetched")
    ] = ""
    algorithms: Annotated[
        tuple[Algorithm, ...], Meta(min_length=1, description="of the signatures of its tokens")
    ] = ("ES384", "RS384")
    audiences: Annotated[
        tuple[Text, ...],
        Meta(description="what its tokens may be for, beside the address that is called"),
    ] = ()
    tenants: Annotated[
        tuple[Text, ...],
        Meta(description="one of them must be in the token; empty: any or none"),
    ] = ()
    sub: Annotated[str, Meta(description="must be in the token; empty: anything")] = ""
    certificates: Annotated[
        tuple[Annotated[str, Meta(pattern="^[0-9a-f]{64}$")], ...],
        Meta(
            description="SHA-256 in hex of certificates, of which it must show one by mutual TLS;"
            " empty: none"
        ),
    ] = ()
    max_lifetime: Annotated[
        int, Meta(ge=1, le=86_400, description="seconds from `iat` to `exp` of a token")
    ] = 900
    leeway: Annotated[
        int, Meta(ge=0, le=600, description="seconds by which its clock may differ from ours")
    ] = 60
    replay: Annotated[
        Replay,
        Meta(
            description="whether a token is good for one call, for repetitions of it, or until it"
            " expires"
        ),
    ] = "strict"
    on_store_error: Annotated[
        Literal["reject", "accept"],
        Meta(
            description="what becomes of a call while the database cannot tell whether its token"
            " was used: 503 with `Retry-After`, or an answer if this process has not seen the token"
        ),
    ] = "accept"
    fhir_servers: Annotated[
        tuple[FhirServer, ...], Meta(description="where we may fetch from for it")
    ] = ()
    cors_origins: Annotated[
        tuple[Text, ...],
        Meta(
            description="its own pages that may call, and may hold the detail app in a frame, as"
            " `https://host[:port]`"
        ),
    ] = ()
    dialect: Annotated[Dialect, Meta(description="the EHR whose ways it has")] = "standard"
    services: Annotated[
        dict[str, ServiceSettings], Meta(description="on top of the site's own")
    ] = {}
    smart: Annotated[Smart | None, Meta(description="needs `public_url`")] = None
    site_map: Annotated[SiteMap | None, Meta(description="on top of the site's own")] = None

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
