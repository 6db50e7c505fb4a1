"""SSRF protection by address: all that a host resolves to are checked before any is used."""

import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from typing import TypeAlias

Resolve: TypeAlias = Callable[[str], Sequence[str]]
"""The addresses of a host name; raises OSError if there are none."""

RESOLVING = 8
"""How many names are looked up at once in one process."""

METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # AWS, Azure, Google, OpenStack, Oracle
            "169.254.170.2",  # AWS: credentials of containers
            "169.254.170.23",
            "168.63.129.16",  # Azure: its own agent, on a public address
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",
            "fd20:ce::254",  # Google
        ),
    )
)
"""Where clouds hand out credentials to whoever asks from inside: never called."""

_TRANSLATED = IPv6Network("64:ff9b::/96")


class ForbiddenAddress(Exception):
    """The host resolves to an address that we do not connect to; does not say which."""


def resolve(host: str) -> Sequence[str]:
    """What the operating system says; an address is itself."""
    found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def checked(host: str, *, private: bool, until: float, resolve: Resolve = resolve) -> Sequence[str]:
    """The host's addresses, looked up once, if every one of them may be connected to.

    `private` allows this computer's and the site's own. Raises Refused, OSError if there is none,
    and TimeoutError if the answer is not there by `until`, of the monotonic clock.
    """
    asked = _resolvers().submit(resolve, host)
    try:
        found = asked.result(timeout=max(0.0, until - monotonic()))
    except TooLate:
        asked.cancel()
        raise TimeoutError("the name was not resolved in time") from None
    if not found:
        raise OSError("the name has no address")
    if not all(allowed(each, private=private) for each in found):
        raise ForbiddenAddress("an address of this host is not allowed")
    return found


def allowed(address: str, *, private: bool) -> bool:
    """Whether that address may be connected to, whatever other address it stands for included."""
    if "%" in address:  # an interface of this computer: what it means depends on where it is read
        return False
    return all(_allowed(each, private) for each in _meant(ip_address(address)))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """The address, and those of version 4 that it carries, however it carries them."""
    if isinstance(address, IPv4Address):
        return [address]
    carried = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    low = int(address) & 0xFFFFFFFF
    if address in _TRANSLATED or int(address) == low > 1:
        carried.append(IPv4Address(low))
    return [address, *(each for each in carried if each is not None)]


def _allowed(address: IPv4Address | IPv6Address, private: bool) -> bool:
    if address in METADATA or address.is_multicast or address.is_unspecified:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return True  # judged by what it carries
    return address.is_global or (private and not _of_nobody(address))


def _of_nobody(address: IPv4Address | IPv6Address) -> bool:
    """Reserved, broadcast, "this network": not an address that a server of the site can have."""
    if isinstance(address, IPv4Address):
        return address.is_reserved or int(address) >> 24 == 0
    return address.is_reserved and not address.is_loopback


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of its own, because a lookup knows no deadline and cannot be ended."""
    return ThreadPoolExecutor(RESOLVING, thread_name_prefix="resolve")
