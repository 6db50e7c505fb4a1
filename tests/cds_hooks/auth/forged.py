"""Headers that prove nothing: a valid one with one thing changed, and the rule that it breaks."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256, sha384, sha512
from time import time
from typing import Any, TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA384
from jwt.algorithms import ECAlgorithm

from cds_hooks.auth.tokens import Reason
from cds_hooks.settings.clients import Client
from tests.callers import BASE, claims, jwk, jwks, private_key, signed

ISSUER = "https://ehr.north.example"
JKU = "https://ehr.north.example/jwks.json"
URL = f"{BASE}/cds-services/lab-safety"
CLIENT = Client(issuer=ISSUER, jkus=(JKU,), tenants=("north",), sub="client-1")
EC, RSA = private_key("P-384"), private_key("RSA-2048")
KEYS = jwks(
    jwk(EC, "ec"),
    jwk(RSA, "rsa"),
    jwk(private_key("P-256"), "p256"),
    jwk(private_key("Ed25519"), "ed"),
    jwk(private_key("RSA-1024"), "short"),
    jwk(EC, "for encryption", use="enc"),
    jwk(EC, "for another algorithm", alg="ES256"),
)
SHORT = {"alg": "RS384", "typ": "JWT", "kid": "short"}
HEADER = {"alg": "ES384", "typ": "JWT", "kid": "ec", "jku": JKU}

Forgery: TypeAlias = tuple[Callable[[], str], Reason]


def told(**changes: Any) -> dict[str, Any]:
    """What a valid token says, but for the changes."""
    return claims(URL, iss=ISSUER, tenant="north", sub="client-1") | changes


def part(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def raw(header: bytes, payload: bytes) -> str:
    """Whatever it is, signed by the client."""
    text = f"{part(header)}.{part(payload)}"
    signature = ECAlgorithm(ECAlgorithm.SHA384).sign(text.encode(), EC)
    return f"Bearer {text}.{part(signature)}"


def valid(**changes: Any) -> str:
    """A header with these claims changed, and left out where they are None."""
    given = {name: value for name, value in told(**changes).items() if value is not None}
    return raw(json.dumps(HEADER).encode(), json.dumps(given).encode())


def headed(**changes: Any) -> str:
    """A header whose token's header is changed, and signed as it is then."""
    given = {name: value for name, value in (HEADER | changes).items() if value is not None}
    return raw(json.dumps(given).encode(), json.dumps(told()).encode())


def by(algorithm: str, kid: str, key: Any) -> str:
    return f"Bearer {signed(told(), key=key, kid=kid, alg=algorithm)}"


def by_a_short_key() -> str:
    text = ".".join(part(json.dumps(each).encode()) for each in (SHORT, told()))
    signature = private_key("RSA-1024").sign(text.encode(), PKCS1v15(), SHA384())
    return f"Bearer {text}.{part(signature)}"


def shared(algorithm: str, digest: Any) -> str:
    """Signed with the public key as if it were a secret that both know."""
    public = EC.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    header = part(json.dumps(HEADER | {"alg": algorithm}).encode())
    text = f"{header}.{part(json.dumps(told()).encode())}"
    return f"Bearer {text}.{part(hmac.new(public, text.encode(), digest).digest())}"


def parts() -> list[str]:
    return valid().removeprefix("Bearer ").split(".")


def joined(header: str = "", payload: str = "", signature: str = "") -> str:
    """A valid token with some of its parts in place of its own."""
    own = parts()
    return f"Bearer {header or own[0]}.{payload or own[1]}.{signature or own[2]}"


def altered(text: str, place: int) -> str:
    other = "B" if text[place] == "A" else "A"
    return text[:place] + other + text[place:][1:]


def now(seconds: float) -> int:
    return int(time() + seconds)


NESTED = b"[" * 3000 + b"]" * 3000

SPELLINGS: Mapping[str, Forgery] = {
    "no header": (lambda: "", "no token"),
    "only the scheme": (lambda: "Bearer", "malformed"),
    "the scheme and a space": (lambda: "Bearer ", "malformed"),
    "no scheme": (lambda: valid().removeprefix("Bearer "), "malformed"),
    "another scheme": (lambda: valid().replace("Bearer", "Basic"), "malformed"),
    "something after the token": (lambda: valid() + " x", "malformed"),
    "two headers": (lambda: f"{valid()},{valid()}", "malformed"),
    "two parts": (lambda: valid().rpartition(".")[0], "malformed"),
    "four parts": (lambda: valid() + ".AAAA", "malformed"),
    "five parts": (lambda: valid() + ".AAAA.AAAA", "malformed"),
    "a dot at the end": (lambda: valid() + ".", "malformed"),
    "padding": (lambda: valid() + "==", "malformed"),
    "the other base64": (lambda: joined(signature="+/" + parts()[2][2:]), "malformed"),
    "a space in it": (lambda: valid()[:40] + " " + valid()[40:], "malformed"),
    "not ASCII": (lambda: valid() + "\xe9", "malformed"),
    "too long": (lambda: valid(more="x" * 8192), "malformed"),
    "another spelling of the signature": (
        lambda: joined(header=parts()[0], signature=parts()[2] + "A"),
        "malformed",
    ),
    "another spelling of the header": (
        lambda: joined(header=part(json.dumps(HEADER | {"x": "1"}).encode()).rstrip("Q") + "R"),
        "malformed",
    ),
}

SIGNATURES: Mapping[str, Forgery] = {
    "another token's signature": (lambda: joined(signature=parts()[2]), "signature"),
    "the first byte of the signature": (
        lambda: altered(valid(), len(valid().rpartition(".")[0]) + 1),
        "signature",
    ),
    "a byte within the signature": (lambda: altered(valid(), -60), "signature"),
    "half of the signature": (lambda: valid()[:-64], "signature"),
    "the signature twice": (lambda: f"{valid()}{parts()[2]}", "signature"),
    "a signature of zeros": (lambda: joined(signature=part(bytes(96))), "signature"),
    "a signature of one byte": (lambda: joined(signature="AA"), "signature"),
    "another token's claims": (
        lambda: joined(payload=part(json.dumps(told()).encode())),
        "signature",
    ),
    "a key of the same kind that is not the client's": (
        lambda: by("ES384", "ec", private_key("P-384", 1)),
        "signature",
    ),
    "an RSA key that is not the client's": (
        lambda: by("RS384", "rsa", private_key("RSA-2048", 1)),
        "signature",
    ),
    "another of the client's keys": (lambda: headed(kid="rsa"), "key"),
}

ALGORITHMS: Mapping[str, Forgery] = {
    "none without a signature": (
        lambda: f"{headed(alg='none').rpartition('.')[0]}.",
        "malformed",
    ),
    "none with a signature": (lambda: headed(alg="none"), "algorithm"),
    "None with a signature": (lambda: headed(alg="None"), "algorithm"),
    "NONE with a signature": (lambda: headed(alg="NONE"), "algorithm"),
    "nOnE with a signature": (lambda: headed(alg="nOnE"), "algorithm"),
    "HS256 with the public key": (lambda: shared("HS256", sha256), "algorithm"),
    "HS384 with the public key": (lambda: shared("HS384", sha384), "algorithm"),
    "HS512 with the public key": (lambda: shared("HS512", sha512), "algorithm"),
    "ES256, which is not the client's": (
        lambda: by("ES256", "p256", private_key("P-256")),
        "algorithm",
    ),
    "RS256, which is not the client's": (lambda: by("RS256", "rsa", RSA), "algorithm"),
    "RS512, which is not the client's": (lambda: by("RS512", "rsa", RSA), "algorithm"),
    "PS384, which is not the client's": (lambda: by("PS384", "rsa", RSA), "algorithm"),
    "EdDSA, which is not the client's": (
        lambda: by("EdDSA", "ed", private_key("Ed25519")),
        "algorithm",
    ),
    "in small letters": (lambda: headed(alg="es384"), "algorithm"),
    "empty": (lambda: headed(alg=""), "algorithm"),
    "RS384 with the other key": (lambda: headed(alg="RS384"), "key"),
    "missing": (lambda: headed(alg=None), "malformed"),
    "a number": (lambda: headed(alg=384), "malformed"),
    "a list": (lambda: headed(alg=["ES384"]), "malformed"),
}

HEADERS: Mapping[str, Forgery] = {
    "kid missing": (lambda: headed(kid=None), "malformed"),
    "kid empty": (lambda: headed(kid=""), "malformed"),
    "kid a number": (lambda: headed(kid=1), "malformed"),
    "kid too long": (lambda: headed(kid="k" * 256), "malformed"),
    "kid unknown": (lambda: headed(kid="other"), "key"),
    "kid a path": (lambda: headed(kid="../../ec"), "key"),
    "kid with a zero": (lambda: headed(kid="ec\0"), "key"),
    "kid of a key that is too short": (
        by_a_short_key,
        "key",
    ),
    "kid of a key for encryption": (lambda: headed(kid="for encryption"), "key"),
    "kid of a key for another algorithm": (lambda: headed(kid="for another algorithm"), "key"),
    "typ missing": (lambda: headed(typ=None), "malformed"),
    "typ in small letters": (lambda: headed(typ="jwt"), "type"),
    "typ of an access token": (lambda: headed(typ="at+jwt"), "type"),
    "typ a number": (lambda: headed(typ=1), "malformed"),
    "jku unlisted": (lambda: headed(jku="https://evil.example/jwks.json"), "jku"),
    "jku under the listed one": (lambda: headed(jku=f"{JKU}/"), "jku"),
    "jku with a query": (lambda: headed(jku=f"{JKU}?a"), "jku"),
    "jku by HTTP": (lambda: headed(jku=JKU.replace("https", "http")), "jku"),
    "jku in capitals": (lambda: headed(jku=JKU.upper()), "jku"),
    "jku with a user": (lambda: headed(jku=JKU.replace("//", "//ehr@")), "jku"),
    "jku a list": (lambda: headed(jku=[JKU]), "malformed"),
    "crit": (lambda: headed(crit=["exp"]), "forbidden header"),
    "crit of an unencoded payload": (lambda: headed(crit=["b64"], b64=False), "forbidden header"),
    "a key of its own": (lambda: headed(jwk=jwk(EC, "ec")), "forbidden header"),
    "a certificate": (lambda: headed(x5c=["MII"]), "forbidden header"),
    "a certificate's address": (lambda: headed(x5u=JKU), "forbidden header"),
    "not an object": (lambda: raw(b'["ES384"]', json.dumps(told()).encode()), "malformed"),
    "not JSON": (lambda: raw(b"ES384", json.dumps(told()).encode()), "malformed"),
    "not UTF-8": (lambda: raw(b'{"alg":"\xff"}', json.dumps(told()).encode()), "malformed"),
    "nested": (lambda: raw(b'{"x":' + NESTED + b"}", b"{}"), "malformed"),
}

CLAIMS: Mapping[str, Forgery] = {
    "iss missing": (lambda: valid(iss=None), "malformed"),
    "iss empty": (lambda: valid(iss=""), "issuer"),
    "iss unknown": (lambda: valid(iss="https://evil.example"), "issuer"),
    "iss with a slash": (lambda: valid(iss=f"{ISSUER}/"), "issuer"),
    "iss in capitals": (lambda: valid(iss=ISSUER.upper()), "issuer"),
    "iss a list": (lambda: valid(iss=[ISSUER]), "malformed"),
    "aud missing": (lambda: valid(aud=None), "malformed"),
    "aud empty": (lambda: valid(aud=""), "audience"),
    "aud an empty list": (lambda: valid(aud=[]), "audience"),
    "aud of the base": (lambda: valid(aud=BASE), "audience"),
    "aud of the discovery": (lambda: valid(aud=f"{BASE}/cds-services"), "audience"),
    "aud of the feedback": (lambda: valid(aud=f"{URL}/feedback"), "audience"),
    "aud of another service": (lambda: valid(aud=f"{BASE}/cds-services/kidney-risk"), "audience"),
    "aud with a slash": (lambda: valid(aud=f"{URL}/"), "audience"),
    "aud by HTTP": (lambda: valid(aud=URL.replace("https", "http")), "audience"),
    "aud in capitals": (lambda: valid(aud=URL.upper()), "audience"),
    "aud with more": (lambda: valid(aud=f"{URL} {URL}"), "audience"),
    "aud of another server": (lambda: valid(aud=["https://evil.example/cds-services"]), "audience"),
    "aud a number": (lambda: valid(aud=1), "malformed"),
    "aud an object": (lambda: valid(aud={URL: True}), "malformed"),
    "aud a list with a number": (lambda: valid(aud=[URL, 1]), "malformed"),
    "exp missing": (lambda: valid(exp=None), "malformed"),
    "exp past": (lambda: valid(iat=now(-400), exp=now(-62)), "expired"),
    "exp zero": (lambda: valid(exp=0), "expired"),
    "exp negative": (lambda: valid(exp=-1), "expired"),
    "exp a text": (lambda: valid(exp=str(now(300))), "malformed"),
    "exp true": (lambda: valid(exp=True), "malformed"),
    "exp too late": (lambda: valid(iat=now(0), exp=now(902)), "lifetime"),
    "exp in the year 9999": (lambda: valid(exp=253402300799), "lifetime"),
    "exp beyond any date": (lambda: valid(exp=10**18), "lifetime"),
    "exp that is no number of a computer": (
        lambda: raw(json.dumps(HEADER).encode(), b'{"exp":1e400}'),
        "malformed",
    ),
    "exp before iat": (lambda: valid(iat=now(30), exp=now(20)), "lifetime"),
    "iat missing": (lambda: valid(iat=None), "malformed"),
    "iat to come": (lambda: valid(iat=now(62), exp=now(300)), "not yet valid"),
    "iat long ago": (lambda: valid(iat=now(-3600), exp=now(60)), "lifetime"),
    "iat a text": (lambda: valid(iat=str(now(0))), "malformed"),
    "nbf to come": (lambda: valid(nbf=now(62)), "not yet valid"),
    "nbf a text": (lambda: valid(nbf=str(now(0))), "malformed"),
    "jti missing": (lambda: valid(jti=None), "malformed"),
    "jti empty": (lambda: valid(jti=""), "jti"),
    "jti too long": (lambda: valid(jti="j" * 256), "jti"),
    "jti a number": (lambda: valid(jti=1), "malformed"),
    "tenant missing": (lambda: valid(tenant=None), "tenant"),
    "tenant of another": (lambda: valid(tenant="south"), "tenant"),
    "tenant a list": (lambda: valid(tenant=["north"]), "malformed"),
    "sub missing": (lambda: valid(sub=None), "sub"),
    "sub of another": (lambda: valid(sub="client-2"), "sub"),
    "not an object": (lambda: raw(json.dumps(HEADER).encode(), b"[]"), "malformed"),
    "not JSON": (lambda: raw(json.dumps(HEADER).encode(), b"claims"), "malformed"),
    "not a number of JSON": (
        lambda: raw(json.dumps(HEADER).encode(), json.dumps(told(x=float("nan"))).encode()),
        "malformed",
    ),
    "half a character": (
        lambda: raw(json.dumps(HEADER).encode(), json.dumps(told(jti="\ud800")).encode()),
        "malformed",
    ),
    "nested": (lambda: raw(json.dumps(HEADER).encode(), b'{"x":' + NESTED + b"}"), "malformed"),
}

FORGED: Mapping[str, Forgery] = {
    f"{kind}: {name}": forgery
    for kind, forgeries in {
        "spelling": SPELLINGS,
        "signature": SIGNATURES,
        "alg": ALGORITHMS,
        "header": HEADERS,
        "claims": CLAIMS,
    }.items()
    for name, forgery in forgeries.items()
}
"""Every forgery by what is wrong with it."""
