"""Clients with keys of their own, and the tokens that they sign."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from msgspec.structs import replace

from cds_hooks.settings.clients import Client
from cds_hooks.settings.settings import Settings

BASE = "https://cds.example.org"
TESTER = "tester"
ISSUER = "https://tester.example.org"


@cache
def private_key(kind: str = "Ed25519", number: int = 0) -> Any:
    """A private key by its curve, or as RSA-2048; of each kind as many as are asked for."""
    if kind.startswith("RSA"):
        return rsa.generate_private_key(65537, int(kind.partition("-")[2]))
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}[kind])


def jwk(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """The public half of a private key, as a JSON Web Key."""
    readers: Any = {
        rsa.RSAPrivateKey: RSAAlgorithm,
        ec.EllipticCurvePrivateKey: ECAlgorithm,
        ed25519.Ed25519PrivateKey: OKPAlgorithm,
    }
    writer = next(found for kind, found in readers.items() if isinstance(key, kind))
    public: dict[str, Any] = writer.to_jwk(key.public_key(), as_dict=True)
    return {name: value for name, value in public.items() if name != "key_ops"} | {
        "kid": kid,
        **more,
    }


def jwks(*keys: Mapping[str, Any]) -> bytes:
    """The keys as a set."""
    return msgspec.json.encode({"keys": keys})


def claims(url: str, now: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """What a token for that address says; what is changed to None is left out."""
    issued = now or datetime.now(UTC)
    told = {
        "iss": ISSUER,
        "aud": url,
        "iat": int(issued.timestamp()),
        "exp": int((issued + timedelta(minutes=5)).timestamp()),
        "jti": str(uuid4()),
    } | changes
    return {name: value for name, value in told.items() if value is not None}


def signed(told: Mapping[str, Any], *, key: Any = None, kid: str = "k", **header: Any) -> str:
    """The token; the algorithm is EdDSA unless the header says otherwise."""
    algorithm = header.pop("alg", "EdDSA")
    return jwt.encode(
        dict(told), key or private_key(), algorithm=algorithm, headers={"kid": kid, **header}
    )


class Caller(FlaskClient):
    """A client of ours, called `tester`, which signs every call that is not signed already."""

    def open(self, *args: Any, **more: Any) -> Any:
        """Sends the call."""
        given = args[0] if args and isinstance(args[0], str) else more.get("path", "/")
        path = more.get("environ_overrides", {}).get("PATH_INFO", given)
        headers = dict(more.pop("headers", None) or {})
        # A token is for the endpoint, however its address is spelled.
        endpoint = "/".join(filter(None, path.partition("?")[0].split("/")))
        token = signed(claims(f"{BASE}/{endpoint}"))
        headers.setdefault("Authorization", f"Bearer {token}")
        return super().open(*args, headers=headers, **more)


def known(settings: Settings) -> Settings:
    """The settings with the tester as a client, unless they are the demo's or have clients."""
    if settings.demo or settings.clients:
        return settings
    tester = Client(issuer=ISSUER, jwks_file=str(_key_file()), algorithms=("EdDSA",), replay="off")
    return replace(settings, public_url=BASE, clients={TESTER: tester})


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@cache
def _key_file() -> Path:
    path = Path(_folder().name) / "jwks.json"
    path.write_bytes(jwks(jwk(private_key(), "k")))
    return path
