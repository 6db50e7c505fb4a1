import shutil
import subprocess
from collections.abc import Iterator
from time import sleep

import pytest
import time_machine
from redis import Redis
from redis.exceptions import ConnectionError as NotThere
from structlog.testing import capture_logs

from cds_hooks.auth.limits import Limits
from cds_hooks.commands.check_config import problems
from cds_hooks.commands.effective_settings import toml_lines
from cds_hooks.protocol.errors import TooManyRequests
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError
from tests.conftest import missing
from tests.servers import free_port

ADDRESS, OTHER = "198.51.100.7", "198.51.100.8"


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The URL of a Redis server of the tests' own."""
    program = shutil.which("redis-server")
    if program is None:
        missing("no Redis: on Debian, sudo apt-get install redis-server")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen([program, *options], stdout=subprocess.DEVNULL) as started:
        with Redis(port=port) as client:
            while not answers(client):
                sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
        started.terminate()


def answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except NotThere:
        return False


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of counters that hold nothing."""
    if request.param == "memory":
        yield "memory://"
        return
    url: str = request.getfixturevalue("redis")
    with Redis.from_url(url) as client:
        client.flushall()
    yield url


def test_an_address_is_refused_once_authentication_failed_too_often(storage: str) -> None:
    limits = Limits(LimitSettings(storage=storage, failed_authentications=3))
    for _ in range(3):
        limits.admit(ADDRESS)
        limits.failed(ADDRESS)
    with pytest.raises(TooManyRequests) as refused:
        limits.admit(ADDRESS)
    assert 1 <= refused.value.retry_after <= 60
    limits.admit(OTHER)


def test_calls_that_authenticate_do_not_count_against_their_address() -> None:
    limits = Limits(LimitSettings(failed_authentications=1))
    for _ in range(50):
        limits.admit(ADDRESS)


def test_all_addresses_of_one_ipv6_network_count_as_one() -> None:
    limits = Limits(LimitSettings(failed_authentications=2))
    limits.failed("2001:db8:0:1::1")
    limits.failed("2001:db8:0:1:ffff::2")
    with pytest.raises(TooManyRequests):
        limits.admit("2001:db8:0:1::3")
    limits.admit("2001:db8:0:2::1")


def test_a_client_may_call_so_often_and_another_as_well(storage: str) -> None:
    limits = Limits(LimitSettings(storage=storage, calls=2))
    limits.called("epic")
    limits.called("epic")
    with pytest.raises(TooManyRequests):
        limits.called("epic")
    limits.called("cerner")


def test_the_next_minute_is_a_new_one() -> None:
    with time_machine.travel("2026-11-22T12:00:00Z", tick=False) as clock:
        limits = Limits(LimitSettings(calls=1))
        limits.called("epic")
        clock.shift(20)
        with pytest.raises(TooManyRequests) as refused:
            limits.called("epic")
        assert refused.value.retry_after == 40
        clock.shift(41)
        limits.called("epic")


def test_zero_is_no_limit() -> None:
    limits = Limits(LimitSettings(failed_authentications=0, calls=0))
    for _ in range(10):
        limits.admit(ADDRESS)
        limits.failed(ADDRESS)
        limits.called("epic")


def test_two_workers_share_what_is_counted_elsewhere(redis: str) -> None:
    with Redis.from_url(redis) as client:
        client.flushall()
    first, second = (Limits(LimitSettings(storage=redis, calls=2)) for _ in range(2))
    first.called("epic")
    second.called("epic")
    with pytest.raises(TooManyRequests):
        first.called("epic")


def test_while_the_counters_cannot_be_reached_everyone_is_let_in() -> None:
    settings = LimitSettings(storage=f"redis://127.0.0.1:{free_port()}", calls=1)
    limits = Limits(settings)
    with capture_logs() as logged:
        for _ in range(5):
            limits.called("epic")
            limits.failed(ADDRESS)
            limits.admit(ADDRESS)
    # Not asked again at once: each question may take as long as a connection does.
    assert [(each["event"], each["exception"]) for each in logged] == [
        ("limits unavailable", "ConnectionError")
    ]


@pytest.mark.parametrize("url", ["nowhere://", "async+memory://", "", "memory"])
def test_a_storage_that_there_is_not_is_refused_by_its_key(url: str) -> None:
    with pytest.raises(ConfigError, match=r"^limits\.storage: "):
        Limits(LimitSettings(storage=url))


def test_a_storage_that_there_is_not_keeps_the_site_from_being_served() -> None:
    site = Settings(limits=LimitSettings(storage="nowhere://"))
    assert [line for line in problems(site) if line.startswith("limits.storage: ")]


def test_the_password_of_a_storage_is_not_told() -> None:
    site = Settings(limits=LimitSettings(storage="redis://user:hidden@127.0.0.1:6379/0"))
    (line,) = (each for each in toml_lines(site) if each.startswith("limits.storage = "))
    assert "hidden" not in line
    assert "127.0.0.1:6379" in line


def test_a_storage_with_a_password_may_be_in_a_variable_that_is_set_for_the_server_alone() -> None:
    named = LimitSettings(storage_env="LIMITS_OF_THE_TESTS", calls=1)
    Limits(named, {"LIMITS_OF_THE_TESTS": "memory://"}).called("north")
    for set_so in ({}, {"LIMITS_OF_THE_TESTS": "redis://x:SECRET"}):
        with pytest.raises(ConfigError, match=r"^limits\.storage_env: ") as refused:
            Limits(named, set_so)
        assert "SECRET" not in str(refused.value)
    assert not [line for line in problems(Settings(limits=named)) if line.startswith("limits")]
