"""Verification of a call's JSON Web Token: each rule in its order, its reason for our log only.

Rules of CDS Hooks 2.0 (Trusting CDS Clients) and RFC 7515, 7518 and 7519.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, NoReturn, Protocol, TypeAlias

import msgspec
from jwt import PyJWS
from jwt.exceptions import PyJWTError
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from cds_hooks.auth.key_set import KINDS, Key
from cds_hooks.settings.clients import Client

LONGEST_HEADER = 8192
"""Characters of the header with the token."""

Reason: TypeAlias = Literal[
    "no token",
    "malformed",
    "type",
    "forbidden header",
    "issuer",
    "jku",
    "tenant",
    "sub",
    "algorithm",
    "key",
    "signature",
    "audience",
    "expired",
    "not yet valid",
    "lifetime",
    "jti",
    "replayed",
    "certificate",
]
"""The rule that a token breaks."""

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]

_FORM = re.compile(r"bearer +([\w-]+)\.([\w-]+)\.([\w-]+)", re.ASCII | re.IGNORECASE)
_JWS = PyJWS(algorithms=tuple(KINDS))


class TokenRefused(Exception):
    """The caller is not who it may be; `client` is who it says it is, if there is such a client."""

    def __init__(self, reason: Reason, client: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.client = client


class FindKey(Protocol):
    """How a client's key is found."""

    def __call__(self, client: str, jku: str, *, kid: str, algorithm: str) -> Key | None:
        """That client's key, by its id; `jku` is a registered one or ""."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A token that is good but for having been used: whose it is, its id, until when it counts."""

    client: str
    jti: str
    until: datetime


Spend: TypeAlias = Callable[[Presented], bool]
"""Marks a token as used; false if it may not be used (again)."""


class Header(Struct, frozen=True):
    """The header of a token, as far as we read it."""

    alg: str
    kid: Id
    typ: str
    jku: str = ""
    crit: Raw | UnsetType = UNSET
    jwk: Raw | UnsetType = UNSET
    x5u: Raw | UnsetType = UNSET
    x5c: Raw | UnsetType = UNSET


class Claims(Struct, frozen=True):
    """What a token says, as far as we read it. Times are in seconds since 1970."""

    iss: str
    aud: str | tuple[str, ...]
    exp: int | float
    iat: int | float
    jti: str
    nbf: int | float | None = None
    tenant: str = ""
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that can be read and is not believed yet."""

    text: str
    header: Header
    claims: Claims


def verified(
    authorization: str,
    *,
    endpoint: str,
    now: datetime,
    clients: Mapping[str, Client],
    find: FindKey,
    spend: Spend,
) -> str:
    """The name of the client that a call's Authorization header proves; raises TokenRefused.

    `endpoint` is the public address that is called, `now` the time of the call (aware).
    """
    token = unverified(authorization)
    name = _said(token, clients)
    client = clients[name]
    try:
        _require_key(token, name, client, find=find)
        _require_claims(token.claims, client, endpoint=endpoint, now=now.timestamp())
        until = datetime.fromtimestamp(token.claims.exp + client.leeway, UTC)
        if not spend(Presented(name, token.claims.jti, until)):
            _refuse("replayed")
    except TokenRefused as refused:
        raise TokenRefused(refused.reason, name) from None
    return name


def unverified(authorization: str) -> Token:
    """The token of an Authorization header, unverified; raises TokenRefused."""
    if not authorization:
        _refuse("no token")
    form = _FORM.fullmatch(authorization) if len(authorization) <= LONGEST_HEADER else None
    if not form:
        _refuse("malformed")
    try:
        header, payload, _ = map(_decoded, form.groups())
        unverified = msgspec.json.decode(header, type=Header)
        claims = msgspec.json.decode(payload, type=Claims)
    except (ValueError, msgspec.DecodeError, RecursionError):
        _refuse("malformed")
    if unverified.typ != "JWT":
        _refuse("type")
    if not unverified.crit is unverified.jwk is unverified.x5u is unverified.x5c is UNSET:
        _refuse("forbidden header")
    return Token(".".join(form.groups()), unverified, claims)


def _decoded(part: str) -> bytes:
    decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # One signature has one spelling.
    if urlsafe_b64encode(decoded).rstrip(b"=").decode() != part:
        raise ValueError("not canonical")
    return decoded


def _said(token: Token, clients: Mapping[str, Client]) -> str:
    """Who the token says it is from. Several clients may share an issuer."""
    last = TokenRefused("issuer")
    for name, client in clients.items():
        if client.issuer == token.claims.iss:
            misfit = _misfit(token, client)
            if misfit is None:
                return name
            last = TokenRefused(misfit, name)
    raise last


def _misfit(token: Token, client: Client) -> Reason | None:
    if token.header.jku and token.header.jku not in client.jkus:
        return "jku"
    if client.tenants and token.claims.tenant not in client.tenants:
        return "tenant"
    return "sub" if client.sub and token.claims.sub != client.sub else None


def _require_key(token: Token, name: str, client: Client, *, find: FindKey) -> None:
    algorithm = token.header.alg
    if algorithm not in client.algorithms:
        _refuse("algorithm")
    key = find(name, token.header.jku, kid=token.header.kid, algorithm=algorithm)
    if key is None or not key.fits(algorithm):
        _refuse("key")
    try:
        _JWS.decode(token.text, key.public, algorithms=[algorithm])
    except (PyJWTError, ValueError, TypeError):
        _refuse("signature")


def _require_claims(claims: Claims, client: Client, *, endpoint: str, now: float) -> None:
    audiences = (claims.aud,) if isinstance(claims.aud, str) else claims.aud
    if not {endpoint, *client.audiences} & set(audiences):
        _refuse("audience")
    if claims.exp + client.leeway <= now:
        _refuse("expired")
    if max(claims.iat, claims.nbf or claims.iat) > now + client.leeway:
        _refuse("not yet valid")
    if not 0 < claims.exp - claims.iat <= client.max_lifetime:
        _refuse("lifetime")
    if not 1 <= len(claims.jti) <= 255:
        _refuse("jti")


def _refuse(reason: Reason) -> NoReturn:
    raise TokenRefused(reason)
