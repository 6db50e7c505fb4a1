from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from cds_hooks.auth.proxies import CERTIFICATE, behind

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PROXY = "10.0.0.5"
LISTED = (PROXY, "10.1.0.0/16", "fd00::/8")
PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
OF_THREE_ZERO_BYTES = "709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c"


def told(peer: str, **headers: str) -> dict[str, Any]:
    """The environment that the application gets when the peer sends these headers."""
    got: dict[str, Any] = {}

    def application(environ: "WSGIEnvironment", _: object) -> Iterable[bytes]:
        got.update(environ)
        return []

    sent = {f"HTTP_X_{name}": value for name, value in headers.items()}
    environ = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"} | sent
    behind(application, LISTED)(environ, lambda *_: lambda _: None)
    return got


@pytest.mark.parametrize(
    ("chain", "caller"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("10.1.9.9, 10.1.2.3", "10.1.9.9"),
        ("2001:db8::7,fd00::1", "2001:db8::7"),
        ("unknown", PROXY),
        ("198.51.100.7, unknown, 10.1.2.3", "10.1.2.3"),
        ("", PROXY),
        (",,", PROXY),
    ],
)
def test_of_the_addresses_the_last_that_is_no_proxy_is_the_callers(chain: str, caller: str) -> None:
    assert told(PROXY, FORWARDED_FOR=chain)["REMOTE_ADDR"] == caller


@pytest.mark.parametrize("peer", ["198.51.100.7", "10.0.0.6", "127.0.0.1", "", "unix:"])
def test_who_is_not_listed_is_not_believed(peer: str) -> None:
    environ = told(
        peer,
        FORWARDED_FOR="203.0.113.9",
        FORWARDED_PROTO="https",
        CLIENT_CERTIFICATE=quote(PEM),
    )
    assert environ == {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http"}


@pytest.mark.parametrize(
    ("said", "scheme"), [("https", "https"), ("http", "http"), ("", "http"), ("gopher", "http")]
)
def test_a_listed_proxy_says_by_which_scheme_it_was_called(said: str, scheme: str) -> None:
    assert told(PROXY, FORWARDED_PROTO=said)["wsgi.url_scheme"] == scheme


def test_a_certificate_that_a_listed_proxy_saw_is_known_by_the_digest_of_its_bytes() -> None:
    assert told(PROXY, CLIENT_CERTIFICATE=quote(PEM))[CERTIFICATE] == OF_THREE_ZERO_BYTES


@pytest.mark.parametrize("said", ["none", quote(PEM[:-5]), quote(PEM.replace("AAAA", "A"))])
def test_what_is_no_certificate_is_known_by_nothing(said: str) -> None:
    assert told(PROXY, CLIENT_CERTIFICATE=said)[CERTIFICATE] == ""


@pytest.mark.parametrize("peer", [PROXY, "198.51.100.7"])
def test_no_forwarded_header_reaches_the_application(peer: str) -> None:
    environ = told(peer, FORWARDED_FOR="203.0.113.9", FORWARDED_PROTO="https")
    assert not [name for name in environ if name.startswith("HTTP_")]


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.5/8", "10.0.0.0/33", "*"])
def test_a_proxy_is_an_address_or_a_network(wrong: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        behind(lambda *_: [], [wrong])
