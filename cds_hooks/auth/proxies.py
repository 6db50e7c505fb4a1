"""Trusted reverse proxies: the caller's address, scheme and certificate as they say."""

import ssl
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote

from cds_hooks.settings.server import Network, networks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CERTIFICATE = "cds_hooks.certificate_sha256"
"""The key of the WSGI environment: SHA-256 of the caller's certificate in hex, if it showed one."""

_FOR = "HTTP_X_FORWARDED_FOR"
_SCHEME = "HTTP_X_FORWARDED_PROTO"
_CERTIFICATE = "HTTP_X_CLIENT_CERTIFICATE"


def behind(wsgi: "WSGIApplication", proxies: Sequence[str]) -> "WSGIApplication":
    """The application with `REMOTE_ADDR` and the scheme as these proxies tell them.

    The headers themselves are taken away, whoever sent them: nothing behind this can believe them.
    """
    believed = networks(proxies)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        said = {name: environ.pop(name, "") for name in (_FOR, _SCHEME, _CERTIFICATE)}
        if listed(environ.get("REMOTE_ADDR", ""), believed):
            _believe(environ, said, believed)
        return wsgi(environ, start_response)

    return answer


def _believe(
    environ: "WSGIEnvironment", said: Mapping[str, str], believed: Sequence[Network]
) -> None:
    environ["REMOTE_ADDR"] = _caller(environ["REMOTE_ADDR"], said[_FOR], believed)
    if said[_SCHEME] in ("http", "https"):
        environ["wsgi.url_scheme"] = said[_SCHEME]
    if said[_CERTIFICATE]:
        environ[CERTIFICATE] = _digest(said[_CERTIFICATE])


def _caller(proxy: str, chain: str, believed: Sequence[Network]) -> str:
    """Of the addresses that proxies appended, the last that is no proxy of ours."""
    caller = proxy
    for hop in reversed(chain.split(",")):
        try:
            caller = str(ip_address(hop.strip()))
        except ValueError:
            return caller
        if not listed(caller, believed):
            return caller
    return caller


def listed(address: str, among: Sequence[Network]) -> bool:
    """Whether the address is in one of these networks; a text that is none is in no network."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in among)


def _digest(escaped: str) -> str:
    """The digest of a certificate in PEM, percent-encoded; "" if it is none."""
    try:
        return sha256(ssl.PEM_cert_to_DER_cert(unquote(escaped))).hexdigest()
    except ValueError:
        return ""
