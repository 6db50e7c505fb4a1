from typing import Any

import pytest

from cds_hooks.settings.clients import (
    Client,
    FhirServer,
    is_loopback,
    require_origin,
    require_public_url,
    server_of,
)

JKU = "https://ehr.example/jwks.json"
WRONG = [
    "ehr.example",
    "ftp://ehr.example/x",
    "http://ehr.example/x",
    "https:///x",
    "https://ehr.example\\@evil.example/x",
    "https://ehr@evil.example/x",
    "https://ehr.example/#x",
    "https://ehr.example/?x",
    "https://ehr.example/%2e%2e",
    "https://ehr.example/ x",
    "https://ehr.example/\n",
    "https://ehr.example:port/x",
    "",
]


def client(**changes: Any) -> Client:
    return Client(**({"issuer": "https://ehr.example", "jkus": (JKU,)} | changes))


def test_what_a_client_may_do_unless_it_is_registered_otherwise() -> None:
    usual = client()
    assert usual.algorithms == ("ES384", "RS384")
    assert (usual.max_lifetime, usual.leeway, usual.replay) == (900, 60, "strict")
    assert usual.on_store_error == "accept"
    assert usual.fhir_servers == ()
    assert usual.cors_origins == ()


@pytest.mark.parametrize("url", WRONG)
def test_an_address_is_one_that_every_program_reads_the_same(url: str) -> None:
    with pytest.raises(ValueError, match="jkus"):
        client(jkus=(url,))
    with pytest.raises(ValueError, match="base"):
        FhirServer(base=url)
    with pytest.raises(ValueError, match="public_url"):
        require_public_url(url)


def test_keys_must_be_somewhere() -> None:
    with pytest.raises(ValueError, match="jkus or jwks_file"):
        client(jkus=())
    assert client(jkus=(), jwks_file="jwks.json").jkus == ()


def test_plain_http_is_for_who_registered_it_and_for_this_computer() -> None:
    plain = FhirServer(base="http://ehr.example/fhir", plain_http=True)
    client(jkus=("http://ehr.example/jwks",), fhir_servers=(plain,))
    with pytest.raises(ValueError, match="jkus"):
        client(jkus=("http://other.example/jwks",), fhir_servers=(plain,))
    require_public_url("http://127.0.0.1:8000")
    require_public_url("http://localhost:8000")


def test_a_certificate_has_its_key() -> None:
    with pytest.raises(ValueError, match="together"):
        FhirServer(base="https://ehr.example", client_cert="cert.pem")


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "ehr.example",
        "https://ehr.example/",
        "https://EHR.example",
        "null",
        "https://*.example",
    ],
)
def test_an_origin_is_spelled_as_browsers_send_it(origin: str) -> None:
    with pytest.raises(ValueError, match="cors_origins"):
        require_origin(origin)


def test_a_server_is_known_by_scheme_host_and_port() -> None:
    server = FhirServer(base="https://EHR.example:443/fhir")
    registered = client(fhir_servers=(server,))
    assert server_of(registered, JKU) is server
    for other in ("https://ehr.example:8443/x", "http://ehr.example/x", "https://x.ehr.example/"):
        assert server_of(registered, other) is None


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - it is no loopback address
        ("10.0.0.1", False),
        ("localhost.example", False),
    ],
)
def test_this_computers_own_addresses(host: str, own: bool) -> None:
    assert is_loopback(host) is own
