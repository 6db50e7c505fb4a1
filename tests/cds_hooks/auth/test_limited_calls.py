from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from structlog.testing import capture_logs

from cds_hooks.settings.server import LimitSettings, ServerSettings
from cds_hooks.settings.settings import Settings, demo_settings
from tests.callers import BASE, TESTER, Caller, claims, known, signed
from tests.cds_hooks.auth.test_proxies import OF_THREE_ZERO_BYTES, PEM
from tests.stores import served

PROXY = "10.0.0.5"
ADDRESS, OTHER = "198.51.100.7", "198.51.100.8"
WRONG = {"Authorization": "Bearer a.b.c"}
URL = "/cds-services"


def limited(**limits: Any) -> Flask:
    """A site with one client, behind a proxy."""
    server = ServerSettings(proxies=(PROXY,))
    return served(Settings(server=server, limits=LimitSettings(**limits)))


def status(client: FlaskClient, peer: str, **headers: str) -> int:
    answer = client.get(URL, environ_overrides={"REMOTE_ADDR": peer}, headers=headers)
    return answer.status_code


def test_an_address_that_failed_too_often_is_refused_whatever_it_brings() -> None:
    client = limited(failed_authentications=2).test_client()
    assert [status(client, ADDRESS, **WRONG) for _ in range(4)] == [401, 401, 429, 429]
    assert status(client, ADDRESS) == 429
    assert status(client, OTHER) == 200


def test_a_refusal_says_when_to_come_back_and_who_was_refused_is_in_the_log() -> None:
    client = limited(calls=1).test_client()
    with capture_logs() as logged:
        assert status(client, ADDRESS) == 200
        answer = client.get(URL)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.get_json()["issue"][0]["code"] == "throttled"
    (told,) = logged
    assert (told["event"], told["client"], told["status"]) == ("refused", TESTER, 429)


def test_behind_a_listed_proxy_the_callers_own_address_counts() -> None:
    client = limited(failed_authentications=1).test_client()
    assert status(client, PROXY, **WRONG, **{"X-Forwarded-For": ADDRESS}) == 401
    assert status(client, PROXY, **{"X-Forwarded-For": ADDRESS}) == 429
    assert status(client, PROXY, **{"X-Forwarded-For": OTHER}) == 200


def test_nobody_else_can_say_that_he_is_another() -> None:
    client = limited(failed_authentications=1).test_client()
    assert status(client, ADDRESS, **WRONG, **{"X-Forwarded-For": OTHER}) == 401
    assert status(client, OTHER) == 200
    assert status(client, ADDRESS, **{"X-Forwarded-For": OTHER}) == 429


def test_the_demo_has_no_limits() -> None:
    settings = replace(demo_settings(), limits=LimitSettings(failed_authentications=1, calls=1))
    client = served(settings).test_client()
    assert [status(client, ADDRESS, **WRONG) for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        (PROXY, {"X-Client-Certificate": PEM.replace("\n", "%0A")}, 200),
        (PROXY, {"X-Client-Certificate": PEM.replace("AAAA", "BBBB").replace("\n", "%0A")}, 401),
        (PROXY, {}, 401),
        (ADDRESS, {"X-Client-Certificate": PEM.replace("\n", "%0A")}, 401),
    ],
    ids=["its own", "another's", "none", "not by a proxy"],
)
def test_a_client_with_certificates_shows_one_of_them_beside_its_token(
    peer: str, headers: Any, expected: int
) -> None:
    assert status(bound(), peer, **headers) == expected


def test_a_token_that_is_shown_without_the_certificate_is_not_used_up() -> None:
    client = bound(replay="strict")
    token = {"Authorization": f"Bearer {signed(claims(f'{BASE}{URL}'))}"}
    assert status(client, PROXY, **token) == 401
    own = {"X-Client-Certificate": PEM.replace("\n", "%0A")}
    assert status(client, PROXY, **token, **own) == 200
    assert status(client, PROXY, **token, **own) == 401


def bound(**changes: Any) -> FlaskClient:
    """A client of a site that knows its certificate."""
    settings = known(Settings(server=ServerSettings(proxies=(PROXY,))))
    client = replace(settings.clients[TESTER], certificates=(OF_THREE_ZERO_BYTES,), **changes)
    site = served(replace(settings, clients={TESTER: client}))
    site.test_client_class = Caller
    return site.test_client()
