"""What a site decides of its server: processes, patience, proxies in front, limits of callers."""

from typing import Annotated

from msgspec import Meta, Struct

from cds_hooks.trust.forwarded import networks


class ServerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many calls at a time, how long each may take, and whose forwarded headers are believed.

    `request_seconds` is how long a call may keep a thread, from its first byte to the last of the
    answer. `graceful_seconds` is how long a worker that is replaced may finish what it has begun,
    `keepalive_seconds` how long a connection is kept for another call. `backlog` is how many
    connections wait to be taken. `proxies` are addresses or networks, such as 10.1.0.0/16.
    """

    workers: Annotated[int, Meta(ge=1, le=256)] = 2
    threads: Annotated[int, Meta(ge=1, le=256)] = 8
    request_seconds: Annotated[int, Meta(ge=1, le=600)] = 10
    graceful_seconds: Annotated[int, Meta(ge=1, le=600)] = 30
    keepalive_seconds: Annotated[int, Meta(ge=1, le=3600)] = 75
    backlog: Annotated[int, Meta(ge=16, le=65_535)] = 512
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        try:
            networks(self.proxies)
        except ValueError as error:
            raise ValueError(f"proxies: {error}") from None


class LimitSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much one caller may ask of us in a minute, and where that is counted; 0: any number.

    `storage` is a URL of the `limits` library; `memory://` counts in each worker by itself.
    """

    storage: str = "memory://"
    failed_authentications: Annotated[int, Meta(ge=0)] = 300
    calls: Annotated[int, Meta(ge=0)] = 6000
