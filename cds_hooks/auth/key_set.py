"""A JSON Web Key Set, and the keys in it that may verify a token (RFC 7517, RFC 7518)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from jwt.exceptions import InvalidKeyError

MOST_BYTES = 256 * 1024
MOST_KEYS = 100
SHORTEST_RSA = 2048

RSA, EC, OKP = "RSA", "EC", "OKP"
KINDS: Mapping[str, tuple[str, str]] = {
    "EdDSA": (OKP, "Ed25519"),
    "ES256": (EC, "P-256"),
    "ES384": (EC, "P-384"),
    "ES512": (EC, "P-521"),
    **dict.fromkeys(("PS256", "PS384", "PS512", "RS256", "RS384", "RS512"), (RSA, "")),
}
"""The type and curve of the keys that an algorithm is used with."""

PUBLISHED: Mapping[str, str] = {
    "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB": "the public sandbox",
    "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk": "the specification",
}
"""Keys whose private halves anyone can read, by their `x`, and where: they prove nothing."""

_READERS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    RSA: RSAAlgorithm.from_jwk,
    EC: ECAlgorithm.from_jwk,
    OKP: OKPAlgorithm.from_jwk,
}

Jwk: TypeAlias = Mapping[str, Any]


class NoKeySet(ValueError):
    """Not a JSON Web Key Set that can be used; the message holds nothing of it."""


class UnusableKey(ValueError):
    """A key that may not verify tokens; the message says why."""


class ExposedKey(UnusableKey):
    """A key whose private half others have, or may have."""


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: its id, its type and curve, and the one algorithm that it is for ("": any)."""

    kid: str
    kind: tuple[str, str]
    algorithm: str
    public: Any = field(repr=False)

    def fits(self, algorithm: str) -> bool:
        """Whether it may verify that algorithm's signatures."""
        return KINDS.get(algorithm) == self.kind and self.algorithm in ("", algorithm)


def key_set(body: bytes) -> tuple[Key, ...]:
    """The keys of a set that may be used; the others are left out. Raises NoKeySet."""
    return tuple(each for each in entries(body) if isinstance(each, Key))


def entries(body: bytes) -> Iterator[Key | UnusableKey]:
    """Every entry of a set, or why it may not be used; raises NoKeySet."""
    if len(body) > MOST_BYTES:
        raise NoKeySet(f"longer than {MOST_BYTES} bytes")
    try:
        told = msgspec.json.decode(body)
    except (ValueError, msgspec.DecodeError, RecursionError):
        raise NoKeySet("not JSON") from None
    jwks = told.get("keys") if isinstance(told, dict) else None
    if not isinstance(jwks, list) or len(jwks) > MOST_KEYS:
        raise NoKeySet(f"without an array of at most {MOST_KEYS} keys")
    return map(_entry, jwks)


def key(jwk: Jwk) -> Key:
    """The key, whoever else may have it; raises UnusableKey."""
    kid, kind = jwk.get("kid"), (str(jwk.get("kty")), str(jwk.get("crv", "")))
    if not isinstance(kid, str) or not kid:
        raise UnusableKey("it has no kid")
    if "d" in jwk or "k" in jwk:
        raise ExposedKey("it is not a public key")
    if kind not in KINDS.values():
        raise UnusableKey("no algorithm of ours uses a key of its type and curve")
    ops = jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or (isinstance(ops, list) and "verify" not in ops):
        raise UnusableKey("it is not for signatures")
    return Key(kid, kind, str(jwk.get("alg", "")), _public(jwk))


def _entry(jwk: object) -> Key | UnusableKey:
    try:
        if not isinstance(jwk, dict):
            raise UnusableKey("it is not an object")
        if where := PUBLISHED.get(str(jwk.get("x"))):
            raise ExposedKey(f"its private half is published by {where}")
        return key(jwk)
    except UnusableKey as why:
        return why


def _public(jwk: Jwk) -> Any:
    try:
        public = _READERS[str(jwk["kty"])](dict(jwk))
    except (InvalidKeyError, ValueError, TypeError, KeyError):
        raise UnusableKey("it cannot be read") from None
    if isinstance(public, RSAPublicKey) and public.key_size < SHORTEST_RSA:
        raise UnusableKey(f"it is shorter than {SHORTEST_RSA} bits")
    return public
