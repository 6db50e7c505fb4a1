"""Rate limits per minute: failed authentications and launches by address, calls by client."""

import os
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic, time
from typing import TypeAlias

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from cds_hooks.protocol.errors import TooManyRequests
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.validation import ConfigError

PAUSE = 1.0
"""Seconds for which counters that did not answer are not asked again."""

COUNTER_SECONDS = 0.1
"""Seconds that counters on another host may take to connect, and to answer."""

FAILURES = "authentication failed too often from this address"
CALLS = "this client calls too often"
LAUNCHES = "Too many open this page from this address. Wait a minute, and open it again."

Ask: TypeAlias = Callable[..., bool]
Key: TypeAlias = tuple[str, str]

log = structlog.get_logger("cds_hooks")


class Limits:
    """Counts in the storage of these settings; while that cannot be reached nothing is refused."""

    def __init__(self, settings: LimitSettings, environ: Mapping[str, str] = os.environ) -> None:
        """Raises ConfigError if there is no such storage."""
        self._counters = FixedWindowRateLimiter(_named(settings, environ))
        self._failures = _a_minute(settings.failed_authentications)
        self._calls = _a_minute(settings.calls)
        self._launches = _a_minute(settings.launches)
        self._again = 0.0

    def admit(self, address: str) -> None:
        """Raises TooManyRequests if authentication failed too often from there in this minute."""
        self._require(self._counters.test, self._failures, ("failed", _site(address)), FAILURES)

    def failed(self, address: str) -> None:
        """Counts that a caller at this address did not prove who it is."""
        if self._failures:
            self._asked(self._counters.hit, self._failures, ("failed", _site(address)))

    def called(self, client: str) -> None:
        """Counts a call of that client; raises TooManyRequests if it is one too many."""
        self._require(self._counters.hit, self._calls, ("called", client), CALLS)

    def launched(self, step: str, address: str) -> None:
        """Counts that step of a launch; raises TooManyRequests if it is one too many from there."""
        self._require(self._counters.hit, self._launches, (step, _site(address)), LAUNCHES)

    def _require(self, ask: Ask, limit: RateLimitItem | None, key: Key, text: str) -> None:
        if limit and not self._asked(ask, limit, key):
            raise TooManyRequests(text, retry_after=self._wait(limit, key))

    def _asked(self, ask: Ask, limit: RateLimitItem, key: Key) -> bool:
        if monotonic() < self._again:
            return True
        try:
            return ask(limit, *key)
        except StorageError as error:
            self._again = monotonic() + PAUSE
            log.warning("limits unavailable", exception=type(error.storage_error).__name__)
            return True

    def _wait(self, limit: RateLimitItem, key: Key) -> int:
        try:
            ends = self._counters.get_window_stats(limit, *key).reset_time
        except StorageError:
            return limit.get_expiry()
        return max(1, min(ceil(ends - time()), limit.get_expiry()))


def _named(settings: LimitSettings, environ: Mapping[str, str]) -> Storage:
    if not settings.storage_env:
        return _storage(settings.storage, "limits.storage")
    key = "limits.storage_env"
    if not (url := environ.get(settings.storage_env)):
        raise ConfigError(f"{key}: the variable {settings.storage_env} is not set here")
    return _storage(url, key)


def _storage(url: str, key: str) -> Storage:
    timed = ("socket_timeout", "socket_connect_timeout") if url.startswith("redis") else ()
    try:
        made = storage_from_string(
            url, wrap_exceptions=True, **dict.fromkeys(timed, COUNTER_SECONDS)
        )
    except ConfigurationError as error:
        raise ConfigError(f"{key}: {error}") from None
    except ValueError:
        # Its message may hold a part of the URL, such as a password.
        raise ConfigError(f"{key}: it is not a URL that can be read") from None
    if not isinstance(made, Storage):
        raise ConfigError(f"{key}: an asynchronous storage cannot be used")
    return made


def _a_minute(most: int) -> RateLimitItem | None:
    return RateLimitItemPerMinute(most) if most else None


def _site(address: str) -> str:
    """The address, or of an IPv6 one its /64: one caller may have every address of that."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return address
