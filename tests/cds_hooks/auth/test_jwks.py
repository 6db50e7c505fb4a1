import os
from pathlib import Path
from threading import Barrier, Thread
from time import sleep

import pytest
from msgspec.structs import replace

from cds_hooks.auth.jwks import InFile, KeyRing, Published, fresh_for, way_to
from cds_hooks.fhir_client.response import JSONResponse, NotFetched
from cds_hooks.settings.clients import Client, FhirServer
from tests.callers import jwk, jwks, private_key

KEY = private_key("P-384")
URL = "https://ehr.example/jwks.json"


class Site:
    """A server of keys that counts how often it is asked, and the clock of the tests."""

    def __init__(self, *kids: str, headers: dict[str, str] | None = None) -> None:
        self.kids = kids
        self.headers = headers or {}
        self.asked = 0
        self.now = 1000.0
        self.down = False

    def fetch(self) -> JSONResponse:
        self.asked += 1
        if self.down:
            raise NotFetched("unreachable")
        return JSONResponse(jwks(*(jwk(KEY, kid) for kid in self.kids)), self.headers)

    def clock(self) -> float:
        return self.now

    def keys(self) -> Published:
        return Published(self.fetch, self.clock)


def has(keys: Published, kid: str) -> bool:
    return keys.find(kid, "ES384") is not None


def settled(site: Site, asked: int) -> bool:
    """Whether what is fetched beside the calls has been fetched so often, within a second."""
    for _ in range(100):
        if site.asked == asked:
            sleep(0.01)
            return site.asked == asked
        sleep(0.01)
    return False


def test_keys_are_fetched_once_and_used_while_they_are_fresh() -> None:
    site = Site("a")
    keys = site.keys()
    for _ in range(10):
        assert has(keys, "a")
        site.now += 20
    assert site.asked == 1


def test_a_rotated_key_is_found_by_its_id_without_a_restart() -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.kids, site.now = ("a", "b"), site.now + 31
    assert has(keys, "b")
    assert site.asked == 2


def test_a_removed_key_stops_working_within_the_time_that_keys_are_fresh() -> None:
    site = Site("a", "b")
    keys = site.keys()
    assert has(keys, "a")
    site.kids, site.now = ("b",), site.now + 300
    assert not has(keys, "a")


def test_keys_are_fetched_beside_the_calls_before_their_time_is_over() -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.now += 241
    assert has(keys, "a")
    assert settled(site, 2)


@pytest.mark.parametrize("down", [False, True])
def test_unknown_ids_make_us_ask_at_most_every_half_minute_whatever_becomes_of_it(
    down: bool,
) -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.down = down
    for number in range(1000):
        site.now += 0.25
        assert not has(keys, f"unknown-{number}")
        assert has(keys, "a")
    assert settled(site, 1 + 8)


def test_a_server_that_is_down_from_the_start_is_asked_at_most_every_half_minute() -> None:
    site = Site("a")
    site.down = True
    keys = site.keys()
    for _ in range(61):
        assert not has(keys, "a")
        site.now += 1
    assert site.asked == 3


def test_a_key_that_comes_just_after_they_were_fetched_is_found_half_a_minute_later() -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.kids = ("b",)
    assert not has(keys, "b")
    site.now += 30
    assert has(keys, "b")


def test_an_id_that_is_not_there_makes_us_ask_once_in_five_minutes() -> None:
    site = Site("a", headers={"cache-control": "max-age=3600"})
    keys = site.keys()
    for _ in range(29):
        assert not has(keys, "x")
        site.now += 10
    assert site.asked == 1
    site.now += 20
    assert not has(keys, "x")
    assert site.asked == 2


def test_keys_are_used_for_a_day_while_their_server_is_down_and_no_longer() -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.down, site.now = True, site.now + 24 * 3600 - 1
    assert has(keys, "a")
    site.now += 31
    assert not has(keys, "a")
    site.down, site.now = False, site.now + 31
    assert has(keys, "a")


@pytest.mark.parametrize("body", [b"<html>", b"{}", b'{"keys":['])
def test_what_is_no_set_of_keys_changes_nothing(body: bytes) -> None:
    site = Site("a")
    keys = site.keys()
    assert has(keys, "a")
    site.now += 300
    site.fetch = lambda: JSONResponse(body, {})  # type: ignore[method-assign] # the site's answer
    assert has(keys, "a")


def test_calls_that_come_at_once_fetch_once() -> None:
    site, barrier, found = Site("a"), Barrier(8), list[bool]()

    def slowly() -> JSONResponse:
        sleep(0.05)
        return site.fetch()

    keys = Published(slowly, site.clock)

    def ask() -> None:
        barrier.wait()
        found.append(has(keys, "a"))

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, site.asked) == ([True] * 8, 1)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("", 300),
        ("public, max-age=600", 600),
        ("max-age=5", 30),
        ("max-age=86400", 3600),
        ("max-age=999999999999", 3600),
        ("no-store", 30),
        ("no-cache, max-age=600", 30),
        ("s-maxage=900", 300),
        ("max-age=-1", 300),
    ],
)
def test_keys_are_fresh_for_as_long_as_their_server_says_within_limits(
    told: str, seconds: float
) -> None:
    assert fresh_for({"cache-control": told}) == seconds


def write(path: Path, *kids: str) -> None:
    """Replaces the file as who rotates keys does: at once."""
    new = path.with_suffix(".new")
    new.write_bytes(jwks(*(jwk(KEY, kid) for kid in kids)))
    os.replace(new, path)


def test_a_file_of_keys_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    write(path, "a")
    keys = InFile(path)
    assert keys.find("a", "ES384")
    write(path, "b", "c")
    assert keys.find("b", "ES384")
    assert not keys.find("a", "ES384")


def test_a_file_that_cannot_be_read_changes_nothing_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    write(path, "a")
    keys = InFile(path)
    assert keys.find("a", "ES384")
    path.write_bytes(b'{"keys":[')
    assert keys.find("a", "ES384")
    path.unlink()
    assert keys.find("a", "ES384")
    write(path, "b")
    assert keys.find("b", "ES384")


CLIENT = Client(issuer="https://ehr.example", jkus=(URL, "https://ehr.example/other.json"))


def test_a_key_is_its_clients_alone_and_found_where_the_token_says() -> None:
    asked: list[str] = []

    def fetch(url: str, _: FhirServer) -> JSONResponse:
        asked.append(url)
        return JSONResponse(jwks(jwk(KEY, url)), {})

    ring = KeyRing({"one": CLIENT, "two": replace(CLIENT, jkus=CLIENT.jkus[1:])}, fetch)
    assert ring.find("one", URL, kid=URL, algorithm="ES384")
    assert asked == [URL]
    assert not ring.find("two", "", kid=URL, algorithm="ES384")
    assert not ring.find("two", URL, kid=URL, algorithm="ES384")
    assert ring.find("one", "", kid=CLIENT.jkus[1], algorithm="ES384")


def test_where_there_is_a_file_nothing_is_fetched(tmp_path: Path) -> None:
    write(tmp_path / "jwks.json", "a")
    client = replace(CLIENT, jwks_file=str(tmp_path / "jwks.json"))
    ring = KeyRing({"one": client}, lambda *_: pytest.fail("it was fetched"))
    assert ring.find("one", URL, kid="a", algorithm="ES384")
    assert not ring.find("one", URL, kid="b", algorithm="ES384")


def test_keys_are_reached_as_the_fhir_server_on_their_host_is() -> None:
    server = FhirServer(base="https://ehr.example/fhir", private=True, ca_file="ca.pem")
    client = replace(CLIENT, fhir_servers=(server,))
    assert way_to(client, URL) == replace(server, base=URL)
    assert way_to(CLIENT, URL) == FhirServer(base=URL)
