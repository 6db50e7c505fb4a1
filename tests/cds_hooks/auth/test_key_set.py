import msgspec
import pytest

from cds_hooks.auth.key_set import MOST_BYTES, MOST_KEYS, ExposedKey, NoKeySet, entries, key_set
from tests.callers import jwk, jwks, private_key

EC = jwk(private_key("P-384"), "ec")
RSA = jwk(private_key("RSA-2048"), "rsa")


def ids(*keys: object) -> list[str]:
    return [each.kid for each in key_set(msgspec.json.encode({"keys": keys}))]


def test_keys_that_can_verify_are_read() -> None:
    ec, rsa, ed = key_set(jwks(EC, RSA, jwk(private_key("Ed25519"), "ed")))
    assert ec.fits("ES384")
    assert not ec.fits("ES256")
    assert rsa.fits("RS384")
    assert rsa.fits("PS256")
    assert ed.fits("EdDSA")


def test_a_key_that_says_its_algorithm_fits_no_other() -> None:
    (rsa,) = key_set(jwks(RSA | {"alg": "RS384"}))
    assert rsa.fits("RS384")
    assert not rsa.fits("RS256")


@pytest.mark.parametrize(
    "unusable",
    [
        EC | {"kid": ""},
        {name: value for name, value in EC.items() if name != "kid"},
        EC | {"kid": 1},
        EC | {"use": "enc"},
        EC | {"key_ops": ["sign"]},
        EC | {"crv": "P-256"},
        EC | {"crv": "secp256k1"},
        EC | {"kty": "RSA"},
        EC | {"x": "AAAA"},
        EC | {"x": 1},
        EC | {"d": "AAAA"},
        RSA | {"n": "AQAB"},
        RSA | {"n": ""},
        jwk(private_key("RSA-1024"), "short"),
        {"kty": "oct", "kid": "shared", "k": "AAAA"},
        {"kty": ["EC"], "kid": "ec"},
        "a text",
        None,
    ],
)
def test_what_may_not_verify_is_left_out_and_the_others_stay(unusable: object) -> None:
    assert ids(unusable, EC) == ["ec"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"keys":{}}',
        b"\xff",
        b'{"keys":' + b"[" * 5000,
        b'{"keys":[]}' + b" " * MOST_BYTES,
        jwks(*[EC] * (MOST_KEYS + 1)),
    ],
)
def test_what_is_no_set_of_keys_is_refused(body: bytes) -> None:
    with pytest.raises(NoKeySet):
        key_set(body)


def test_a_private_key_in_a_set_is_told() -> None:
    (found,) = entries(jwks(EC | {"d": "AAAA"}))
    assert isinstance(found, ExposedKey)
    assert "not a public key" in str(found)


def test_a_key_does_not_print_itself() -> None:
    assert "object" not in repr(key_set(jwks(EC)))
