from contextlib import suppress
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.auth.jwks import among
from cds_hooks.auth.key_set import Jwk, Key, key, key_set
from cds_hooks.auth.tokens import Presented, TokenRefused, unverified, verified
from cds_hooks.settings.clients import Client
from tests.callers import jwk
from tests.cds_hooks.auth.forged import CLIENT, EC, HEADER, URL, headed, valid

SPECIFICATION = (
    "Bearer "
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6ImV4YW1wbGUta2lkIiwiamt1IjoiaHR0cHM6Ly9maGlyLWVo"
    "ci5leGFtcGxlLmNvbS9qd2tfdXJpIn0.eyJpc3MiOiJodHRwczovL2ZoaXItZWhyLmV4YW1wbGUuY29tLyIsImF1ZCI6"
    "Imh0dHBzOi8vY2RzLmV4YW1wbGUub3JnL2Nkcy1zZXJ2aWNlcy9zb21lLXNlcnZpY2UiLCJleHAiOjE0MjI1Njg4NjAs"
    "ImlhdCI6MTMxMTI4MDk3MCwianRpIjoiZWUyMmIwMjEtZTFiNy00NjExLWJhNWItOGVlYzZhMzNhYzFlIiwidGVuYW50"
    "IjoiMmRkZDZjM2EtOGU5YS00NGM2LWEzMDUtNTIxMTFhZDMwMmEyIn0.d1WfLjGRKlcWB94l9do4cM8REXeYJLL6SGUB"
    "O8VHZhfM8mwKYP70EMxJ67War4TQblEpaQrp11wx5p7oPFm2ETYgCicS84vXWEIYTdjooZdooCSDf2L8-i4awdoUwiEb"
)
"""The token of CDS Hooks 2.0, section JWT Signing Algorithm."""

SPECIFICATIONS_KEY: Jwk = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "example-kid",
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
    "alg": "ES384",
}
SANDBOX = (
    "Bearer "
    "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCIsImtpZCI6IjQ0ODIzZjNkLTBiMDEtNGE2Yy1hODBlLWI5ZDNlOGE3MjI2"
    "ZiIsImprdSI6Imh0dHBzOi8vc2FuZGJveC5jZHMtaG9va3Mub3JnLy53ZWxsLWtub3duL2p3a3MuanNvbiJ9.eyJpc3Mi"
    "OiJodHRwczovL3NhbmRib3guY2RzLWhvb2tzLm9yZyIsImF1ZCI6Imh0dHA6Ly8xMjcuMC4wLjE6ODAwMC9jZHMtc2Vy"
    "dmljZXMiLCJleHAiOjE1OTQyMzA5MDAsImlhdCI6MTU5NDIzMDYwMCwianRpIjoiZWZiMzc3M2QtM2EyOC00M2UyLTlm"
    "YmMtYjkzNmE5YWUzODhiIn0.Cbey3n5NkDRoCLHZ2WMFc1z_RY8Rlq5oGxdAYfbrBPMiJXLCwjbYoU0av2CQj-Olhbnp"
    "e7Vs8vzJ5oHP5gc2-0ooc5J49t4Uz9iYKpiM9KLUrqaJe0umc_klM2-ynHAI"
)
"""A token that the public sandbox made in July 2020."""

SANDBOXS_KEY: Jwk = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}
KNOWN = {
    SPECIFICATION: (
        SPECIFICATIONS_KEY,
        Client(
            issuer="https://fhir-ehr.example.com/",
            jkus=("https://fhir-ehr.example.com/jwk_uri",),
            tenants=("2ddd6c3a-8e9a-44c6-a305-52111ad302a2",),
        ),
        "https://cds.example.org/cds-services/some-service",
    ),
    SANDBOX: (
        SANDBOXS_KEY,
        Client(
            issuer="https://sandbox.cds-hooks.org",
            jkus=("https://sandbox.cds-hooks.org/.well-known/jwks.json",),
        ),
        "http://127.0.0.1:8000/cds-services",
    ),
}


def reason(
    header: str,
    client: Client,
    *,
    endpoint: str = URL,
    now: datetime | None = None,
    jwks: tuple[Jwk, ...] = (),
    used: bool = False,
) -> str:
    """Why the header proves nothing; "" if it proves who calls."""
    clients = {"ehr": client}
    keys = list(map(key, jwks or (jwk(EC, "ec"),)))

    def find(client: str, jku: str, *, kid: str, algorithm: str) -> Key | None:
        assert client == "ehr"
        assert not jku or jku in clients[client].jkus
        return among(keys, kid, algorithm)

    try:
        name = verified(
            header,
            endpoint=endpoint,
            now=now or datetime.now(UTC),
            clients=clients,
            find=find,
            spend=lambda _: not used,
        )
    except TokenRefused as refused:
        return refused.reason
    assert name == "ehr"
    return ""


@pytest.mark.parametrize("token", KNOWN, ids=["specification", "sandbox"])
def test_std_41_a_published_token_verifies_with_its_key_and_is_refused_for_its_age(
    token: str,
) -> None:
    public, client, endpoint = KNOWN[token]
    assert reason(token, client, endpoint=endpoint, jwks=(public,)) == "expired"
    other = dict(public) | {"x": jwk(EC, "")["x"], "y": jwk(EC, "")["y"]}
    assert reason(token, client, endpoint=endpoint, jwks=(other,)) == "signature"


def test_the_sandboxs_token_was_good_when_it_was_made() -> None:
    public, client, endpoint = KNOWN[SANDBOX]
    then = datetime(2020, 7, 8, 17, 51, tzinfo=UTC)
    assert reason(SANDBOX, client, endpoint=endpoint, now=then, jwks=(public,)) == ""


@pytest.mark.parametrize("public", [SANDBOXS_KEY, SPECIFICATIONS_KEY])
def test_a_key_whose_private_half_is_published_is_in_no_set_that_is_used(public: Jwk) -> None:
    assert key_set(msgspec.json.encode({"keys": [public]})) == ()


def test_a_valid_token_proves_who_calls() -> None:
    assert reason(valid(), CLIENT) == ""


def test_a_token_that_was_used_is_told_as_such_after_every_other_rule() -> None:
    assert reason(valid(), CLIENT, used=True) == "replayed"
    assert reason(valid(aud="other"), CLIENT, used=True) == "audience"


def test_a_token_counts_until_its_leeway_is_over() -> None:
    presented: list[Presented] = []

    def spend(each: Presented) -> bool:
        presented.append(each)
        return True

    public = key(jwk(EC, "ec"))
    token = valid(exp=1_800_000_300, iat=1_800_000_000, jti="once")
    now = datetime.fromtimestamp(1_800_000_010, UTC)
    verified(
        token,
        endpoint=URL,
        now=now,
        clients={"ehr": CLIENT},
        find=lambda *_, **__: public,
        spend=spend,
    )
    until = datetime.fromtimestamp(1_800_000_360, UTC)
    assert presented == [Presented("ehr", "once", until)]


def test_the_refusal_names_the_client_that_the_token_names_for_our_log() -> None:
    with pytest.raises(TokenRefused) as refused:
        verified(
            valid(aud="x"),
            endpoint=URL,
            now=datetime.now(UTC),
            clients={"ehr": CLIENT},
            find=lambda *_, **__: key(jwk(EC, "ec")),
            spend=lambda _: True,
        )
    assert (refused.value.reason, refused.value.client) == ("audience", "ehr")


def test_no_key_is_looked_for_while_the_jku_is_not_the_clients() -> None:
    def fetch(*_: object, **__: object) -> Key | None:
        raise AssertionError("a key was looked for")

    with pytest.raises(TokenRefused, match="jku"):
        verified(
            headed(jku="https://evil.example/jwks.json"),
            endpoint=URL,
            now=datetime.now(UTC),
            clients={"ehr": CLIENT},
            find=fetch,
            spend=lambda _: True,
        )


@given(st.one_of(st.text(), st.text("abc.-_=+/ ", max_size=60).map("Bearer {}".format)))
def test_whatever_is_sent_is_read_or_refused(header: str) -> None:
    with suppress(TokenRefused):
        assert unverified(header).text in header


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_a_header_field_of_any_type_is_refused_or_read(value: object) -> None:
    for name in HEADER:
        try:
            changed = headed(**{name: value})
        except (TypeError, UnicodeEncodeError):
            continue
        assert reason(changed, CLIENT) in {
            "",
            "malformed",
            "algorithm",
            "key",
            "type",
            "jku",
            "signature",
        }
