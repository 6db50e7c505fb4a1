"""Settings of the server: processes, time limits, trusted proxies, and rate limits for callers."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

Network: TypeAlias = IPv4Network | IPv6Network


def networks(proxies: Sequence[str]) -> tuple[Network, ...]:
    """The networks of these addresses, such as 10.0.0.5 or 10.1.0.0/16; raises ValueError."""
    return tuple(ip_network(each) for each in proxies)


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many calls at a time, how long each may take, and which proxies are believed."""

    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=256,
            description="processes; as many as there are cores. The application is made once,"
            " before they are forked, so a mistake shows at the start and models lie in memory"
            " once. The demo has one",
        ),
    ] = 2
    threads: Annotated[
        int, Meta(ge=1, le=256, description="calls at the same time in each process")
    ] = 8
    request_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=600,
            description="how long a call may keep a thread, from its first byte to the last of the"
            " answer; then its connection is ended",
        ),
    ] = 10
    graceful_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=600,
            description="how long a worker that is replaced may finish what it has begun",
        ),
    ] = 30
    keepalive_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=3600,
            description="how long a connection is kept for another call; longer than the proxy"
            " keeps it",
        ),
    ] = 75
    backlog: Annotated[
        int, Meta(ge=16, le=65_535, description="connections that wait to be taken")
    ] = 512
    proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="addresses or networks, such as `10.1.0.0/16`, whose `X-Forwarded-For`,"
            " `X-Forwarded-Proto` and `X-Client-Certificate` are believed; from anyone else these"
            " headers are taken away"
        ),
    ] = ()

    def __post_init__(self) -> None:
        try:
            networks(self.proxies)
        except ValueError as error:
            raise ValueError(f"proxies: {error}") from None


class LimitSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one caller may ask of us in a minute, and where that is counted; 0: any number."""

    storage: Annotated[
        str,
        Meta(
            description="where it is counted: in each worker by itself, so that the numbers hold"
            " for each; `redis://...` (extra `redis`) counts for all workers and hosts"
        ),
    ] = "memory://"
    storage_env: Annotated[
        str,
        Meta(
            description="the environment variable that holds that URL in its place, where it has a"
            " password"
        ),
    ] = ""
    failed_authentications: Annotated[
        int,
        Meta(
            ge=0,
            description="refusals (401) an address may collect in a minute; then it gets 429"
            " without its token being looked at. An IPv6 address counts as its /64",
        ),
    ] = 300
    calls: Annotated[int, Meta(ge=0, description="calls a client may make in a minute")] = 6000
    launches: Annotated[
        int,
        Meta(
            ge=0,
            description="launches of the SMART app that an address may begin in a minute, and as"
            " many that it may finish",
        ),
    ] = 600
