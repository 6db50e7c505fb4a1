"""A client's side of authentication: a token for each call, signed with the client's own key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from cds_hooks.auth.key_set import KINDS

LIFETIME = timedelta(minutes=5)

_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class UnusableSigner(ValueError):
    """The key, or what is said of it, cannot sign tokens; the message holds nothing of the key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: a private key, its id and algorithm, and what each token says beside the usual.

    `audience` is what the tokens are for ("": the address that is called).
    """

    key: Any = field(repr=False)
    kid: str
    algorithm: str
    issuer: str
    audience: str = ""
    jku: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)

    def token(self, url: str, now: datetime) -> str:
        """A token for one call of that address."""
        claims: dict[str, object] = {
            "iss": self.issuer,
            "aud": self.audience or url,
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
            "jti": str(uuid4()),
            **self.claims,
        }
        header = {"kid": self.kid} | ({"jku": self.jku} if self.jku else {})
        try:
            return jwt.encode(claims, self.key, algorithm=self.algorithm, headers=header)
        except (NotImplementedError, TypeError, ValueError, jwt.PyJWTError):
            raise UnusableSigner(f"the key does not sign with {self.algorithm}") from None


def private_key(text: bytes) -> tuple[Any, str]:
    """The private key of a JWK or of a PEM file without a password, and its id if it has one.

    Raises UnusableSigner.
    """
    try:
        if text.lstrip().startswith(b"{"):
            jwk = msgspec.json.decode(text, type=dict[str, Any])
            return jwt.PyJWK(jwk).key, str(jwk.get("kid", ""))
        return load_pem_private_key(text, None), ""
    except (ValueError, TypeError, msgspec.DecodeError, jwt.PyJWTError):
        raise UnusableSigner("not a private key as a JWK or as PEM without a password") from None


def usual_algorithm(key: Any) -> str:
    """The algorithm that a key of that type signs with; raises UnusableSigner."""
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, RSAPrivateKey):
        return "RS384"
    if isinstance(key, Ed25519PrivateKey):
        return "EdDSA"
    raise UnusableSigner("no algorithm of CDS Hooks clients uses such a private key")


def public_set(key: Any, kid: str) -> dict[str, Any]:
    """The public half as a JSON Web Key Set, which the service is given."""
    algorithm = usual_algorithm(key)
    writers: Any = {"EC": ECAlgorithm, "RSA": RSAAlgorithm, "OKP": OKPAlgorithm}
    jwk = writers[KINDS[algorithm][0]].to_jwk(key.public_key(), as_dict=True)
    named = {name: value for name, value in jwk.items() if name != "key_ops"}
    return {"keys": [named | {"kid": kid, "use": "sig", "alg": algorithm}]}
