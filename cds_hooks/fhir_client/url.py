"""SSRF protection by URL: one plain spelling is accepted, no ambiguous one."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

LONGEST_URL = 16_000
"""Characters of a URL; a search by a hundred codes has some 2,000."""

# No user, no fragment, no percent sign but in the query: nothing that two readers take differently.
_SPELLED = re.compile(
    r"(?P<scheme>[Hh][Tt][Tt][Pp][Ss]?)://"
    r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~$:=,+-]+)*)/?"
    r"(?:\?(?P<query>(?:[A-Za-z0-9._~$:=,;+!'()*&/?-]|%[0-9A-Fa-f]{2})*))?"
)
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[Xx][0-9A-Fa-f]*)")
_PORTS = {"http": 80, "https": 443}


class NotAUrl(ValueError):
    """It is no URL, or spelled in a way that not everyone reads the same; says nothing of it."""


@dataclass(frozen=True, slots=True)
class Url:
    """An absolute URL by HTTP: the host in lower case, the path without a slash at its end."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def text(self) -> str:
        """Its one spelling; a default port is left out."""
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{self.host}{port}{self.path}{query}"

    @property
    def place(self) -> tuple[str, str, int, str]:
        """Everything but the query."""
        return self.scheme, self.host, self.port, self.path

    def under(self, base: "Url") -> bool:
        """Whether it is the base, or a path below it, on the same host."""
        below = self.path == base.path or self.path.startswith(f"{base.path}/")
        return below and self.place[:3] == base.place[:3]


def parse(text: str) -> Url:
    """Reads an absolute URL; raises NotAUrl for what is not spelled plainly."""
    found = _SPELLED.fullmatch(text) if len(text) <= LONGEST_URL else None
    if found is None or any(part in (".", "..") for part in found["path"].split("/")):
        raise NotAUrl("not a plain URL")
    scheme, host = found["scheme"].lower(), _host(found["host"].lower())
    port = int(found["port"] or _PORTS[scheme])
    if port > 65_535:
        raise NotAUrl("not a port")
    return Url(scheme, host, port, found["path"], found["query"] or "")


def _host(host: str) -> str:
    """A name, or an address in the one spelling that is not also another's."""
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        if _NUMBER.fullmatch(host):  # 0177.1, 2130706433 and 0x7f.1 are addresses to some
            return str(IPv4Address(host))
    except AddressValueError:
        raise NotAUrl("not an address") from None
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise NotAUrl("not a host name")
    return host
