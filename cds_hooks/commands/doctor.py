"""Checks whether a client and this server can reach and trust each other, each with its remedy."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Annotated

import msgspec

from cds_hooks.auth.jwks import way_to
from cds_hooks.auth.key_set import Key, NoKeySet, UnusableKey, entries
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.service import services
from cds_hooks.fhir_client.addresses import ForbiddenAddress, checked
from cds_hooks.fhir_client.http import get
from cds_hooks.fhir_client.response import Get, JSONResponse, NotFetched, Reason
from cds_hooks.fhir_client.tls import trust
from cds_hooks.fhir_client.url import parse
from cds_hooks.settings.clients import Client, FhirServer
from cds_hooks.settings.per_client import for_client
from cds_hooks.settings.settings import Settings

SECONDS = 10.0
"""How long one answer may take where a person waits for it."""

MOST_BYTES = 20_000_000
"""Capability statements are long."""

EXPIRES = 30
"""From how many days before its end a certificate is told of."""

RENEW = "have it renewed"

READ = {"4": "read in full"} | dict.fromkeys("135", "read as far as it is like R4")
"""How a version of FHIR is read, by its first number."""

REMEDIES: Mapping[Reason, str] = {
    "not registered": "use https, or set plain_http for this server",
    "address": "its address is private: set private = true in fhir_servers, for a base on it",
    "unreachable": "look at name, port, firewall and proxy between here and there",
    "late": "look whether it is slow, or a firewall drops what is sent",
    "status": "look at the address: it may ask for a login, or not be the document",
    "not json": "look at the address: this is a page for people",
    "too long": "look at the address: the document should be far shorter",
    "broken": "its answer broke off: look at its log, and at that of a proxy between",
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing that was tried: what came of it and, where it went wrong, what to do."""

    what: str
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        told = f"{'FAIL' if self.remedy else 'ok  '}  {self.what}: {self.found}"
        return f"{told}\n      do: {self.remedy}" if self.remedy else told


class _Capability(msgspec.Struct):
    fhirVersion: Annotated[str, msgspec.Meta(min_length=1)]  # noqa: N815 - FHIR's own name


def examined(settings: Settings, name: str, *, get: Get = get) -> Iterator[Tried]:
    """Everything that is worth trying for the client of that name."""
    client = settings.clients[name]
    yield from _keys(client, get)
    for server in client.fhir_servers:
        yield from _server(server, client, get)
    if not client.fhir_servers:
        yield Tried("FHIR servers", "none is registered, so nothing is fetched for this client")
    yield from _audiences(settings, client)
    yield from _prefetch(for_client(settings, name))


def _keys(client: Client, get: Get) -> Iterator[Tried]:
    if client.jwks_file:
        with open(client.jwks_file, "rb") as file:
            yield _key_set(client.jwks_file, file.read(), client)
        return
    for jku in client.jkus:
        way = way_to(client, jku)
        yield (secured := _secured(way))
        if _reached(secured):
            yield from _published(jku, way, client, get)


def _published(jku: str, way: FhirServer, client: Client, get: Get) -> Iterator[Tried]:
    found = _got(jku, way, get)
    if isinstance(found, NotFetched):
        yield _unfetched(jku, found)
    else:
        yield _key_set(jku, found.body, client)
        yield from _clock(jku, found, client)


def _key_set(where: str, body: bytes, client: Client) -> Tried:
    try:
        found = list(entries(body))
    except NoKeySet as error:
        return Tried(where, f"no JSON Web Key Set: {error}", "look at the address")
    keys = [each for each in found if isinstance(each, Key)]
    named = [f"{key.kid} ({key.algorithm or ' '.join(key.kind).strip()})" for key in keys]
    left = [str(each) for each in found if isinstance(each, UnusableKey)]
    told = f"{len(keys)} key{'' if len(keys) == 1 else 's'}: {', '.join(named) or 'none'}"
    told += f"; not used: {'; '.join(left)}" if left else ""
    if any(key.fits(each) for key in keys for each in client.algorithms):
        return Tried(where, told)
    wanted = ", ".join(client.algorithms)
    return Tried(where, told, f"none is for {wanted}: widen algorithms, or ask for another key")


def _server(server: FhirServer, client: Client, get: Get) -> Iterator[Tried]:
    yield (secured := _secured(server))
    if _reached(secured):
        yield from _metadata(server, client, get)


def _metadata(server: FhirServer, client: Client, get: Get) -> Iterator[Tried]:
    url = f"{server.base.rstrip('/')}/metadata"
    found = _got(url, server, get)
    if isinstance(found, NotFetched):
        yield _unfetched(url, found)
        return
    yield from _clock(url, found, client)
    try:
        version = msgspec.json.decode(found.body, type=_Capability).fhirVersion
    except (msgspec.DecodeError, RecursionError):
        yield Tried(url, "no CapabilityStatement", "base is to be the server's FHIR base URL")
        return
    how = READ.get(version.partition(".")[0], "")
    yield Tried(url, f"FHIR {version}, {how or 'not read'}", "" if how else "use an R4 server")


def _got(url: str, way: FhirServer, get: Get) -> JSONResponse | NotFetched:
    until = monotonic() + SECONDS
    accept = {"Accept": "application/fhir+json, application/json"}
    try:
        return get(url, way, headers=accept, until=until, most_bytes=MOST_BYTES)
    except NotFetched as error:
        return error


def _unfetched(url: str, error: NotFetched) -> Tried:
    return Tried(url, str(error), REMEDIES.get(error.reason, "try again"))


def _reached(secured: Tried) -> bool:
    """Whether what is behind the handshake can be tried: it would fail for the same reason."""
    return secured.remedy in ("", RENEW)


def _secured(server: FhirServer) -> Tried:
    """The handshake by itself: what is wrong with it is told nowhere else."""
    target = parse(server.base)
    what = f"TLS of {target.host}:{target.port}"
    if target.scheme != "https":
        return Tried(what, "none, as plain_http allows")
    try:
        addresses = checked(target.host, private=server.private, until=monotonic() + SECONDS)
        return _certified(what, _certificate(server, addresses[0]))
    except ssl.SSLCertVerificationError as error:
        remedy = "name the authority that signed it in ca_file, or have the certificate mended"
        return Tried(what, error.verify_message, remedy)
    except ssl.SSLError as error:
        return Tried(what, f"refused: {error.reason}", "it may ask for client_cert and client_key")
    except ForbiddenAddress:
        return Tried(what, "not tried", REMEDIES["address"])
    except OSError as error:
        return Tried(what, error.strerror or "no connection", REMEDIES["unreachable"])


def _certificate(server: FhirServer, address: str) -> dict[str, object]:
    target = parse(server.base)
    with (
        socket.create_connection((address, target.port), SECONDS) as plain,
        trust(server).wrap_socket(plain, server_hostname=target.host.strip("[]")) as secure,
    ):
        return dict(secure.getpeercert() or {})


def _certified(what: str, certificate: dict[str, object]) -> Tried:
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    left = (ends - datetime.now(UTC)).days
    told = f"trusted until {ends.date()}"
    return Tried(what, told, RENEW if left < EXPIRES else "")


def _clock(where: str, answer: JSONResponse, client: Client) -> Iterator[Tried]:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return
    apart = (datetime.now(UTC) - theirs).total_seconds()
    remedy = "" if abs(apart) <= client.leeway else "set the clock here, or there, by NTP"
    side = "behind ours" if apart > 0 else "before ours"
    yield Tried(f"clock of {where}", f"{abs(apart):.0f} s {side}", remedy)


def _audiences(settings: Settings, client: Client) -> Iterator[Tried]:
    base = f"{settings.public_url.rstrip('/')}/cds-services"
    first = next(iter(services()))
    for place in ("", f"/{first}", f"/{first}/feedback"):
        yield Tried("aud that a token may have", f"{base}{place}")
    for each in client.audiences:
        yield Tried("aud that a token may have", each)


def _prefetch(settings: Settings) -> Iterator[Tried]:
    on = [each for each in services().values() if each.mode(settings) != "off"]
    for service in on:
        for key, template in offered(service, settings).templates.items():
            yield Tried(f"prefetch of {service.id}", f"{key} = {template}")
