from datetime import UTC, datetime
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from jwt.algorithms import ECAlgorithm

from cds_hooks.auth.key_set import key_set
from cds_hooks.auth.signing import Signer, UnusableSigner, private_key, public_set, usual_algorithm
from tests import callers

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
KINDS = {"P-256": "ES256", "P-384": "ES384", "RSA-2048": "RS384", "Ed25519": "EdDSA"}
URL = "https://cds.example.org/cds-services"


def pem(key: Any) -> bytes:
    text: bytes = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return text


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_verified_with_the_public_half_that_was_told(kind: str) -> None:
    key, own = private_key(pem(callers.private_key(kind)))
    algorithm = usual_algorithm(key)
    assert (own, algorithm) == ("", KINDS[kind])
    signer = Signer(key, "k", algorithm, "https://ehr.example", claims={"tenant": "north"})
    (public,) = key_set(msgspec.json.encode(public_set(key, "k")))
    assert public.fits(algorithm)
    said = jwt.decode(
        signer.token(URL, NOW),
        public.public,
        algorithms=[algorithm],
        audience=URL,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert said["iss"] == "https://ehr.example"
    assert said["tenant"] == "north"
    assert said["exp"] - said["iat"] == 300


def test_no_two_tokens_have_one_id() -> None:
    signer = Signer(callers.private_key("P-384"), "k", "ES384", "x")
    tokens = [signer.token(URL, NOW) for _ in range(2)]
    ids = {jwt.decode(each, options={"verify_signature": False})["jti"] for each in tokens}
    assert len(ids) == 2


def test_a_jwk_has_its_own_id() -> None:
    jwk = ECAlgorithm.to_jwk(callers.private_key("P-384"), as_dict=True) | {"kid": "mine"}
    key, own = private_key(msgspec.json.encode(jwk))
    assert (usual_algorithm(key), own) == ("ES384", "mine")


def test_the_header_names_the_key_and_where_it_is() -> None:
    signer = Signer(callers.private_key("P-384"), "k", "ES384", "x", jku="https://x/jwks")
    header = jwt.get_unverified_header(signer.token(URL, NOW))
    assert header == {"alg": "ES384", "typ": "JWT", "kid": "k", "jku": "https://x/jwks"}


@pytest.mark.parametrize("text", [b"", b"{}", b"SECRET", b'{"kty":"EC","d":"SECRET"}'])
def test_what_is_no_private_key_is_refused_and_not_repeated(text: bytes) -> None:
    with pytest.raises(UnusableSigner) as refused:
        private_key(text)
    assert "SECRET" not in str(refused.value)


@pytest.mark.parametrize("algorithm", ["RS384", "HS256", "none", "x"])
def test_a_key_signs_with_no_algorithm_that_is_not_its_own(algorithm: str) -> None:
    with pytest.raises(UnusableSigner):
        Signer(callers.private_key("P-384"), "k", algorithm, "x").token(URL, NOW)


def test_a_public_key_cannot_sign() -> None:
    public = callers.jwk(callers.private_key("P-384"), "k")
    key, _ = private_key(msgspec.json.encode(public))
    with pytest.raises(UnusableSigner):
        usual_algorithm(key)


def test_a_key_is_not_printed() -> None:
    assert "PrivateKey" not in repr(Signer(callers.private_key("P-384"), "k", "ES384", "x"))
