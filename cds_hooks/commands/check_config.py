"""What keeps a site from being served as it is configured: a line for each reason."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from ssl import SSLError
from urllib.parse import urlsplit

from sqlalchemy import make_url

from cds_hooks.auth.key_set import ExposedKey, Key, NoKeySet, entries
from cds_hooks.auth.limits import Limits
from cds_hooks.engine.discovery import offered
from cds_hooks.engine.gathering import DEADLINE
from cds_hooks.engine.prefetch_templates import COUNTS
from cds_hooks.engine.service import services
from cds_hooks.fhir_client.tls import trust
from cds_hooks.settings.clients import Client, FhirServer
from cds_hooks.settings.file import load
from cds_hooks.settings.server import LimitSettings
from cds_hooks.settings.services import ServiceSettings
from cds_hooks.settings.settings import Settings, demo_settings
from cds_hooks.settings.store import StoreSettings
from cds_hooks.settings.validation import ConfigError
from cds_hooks.store.connections import opened

SANDBOX = "https://sandbox.cds-hooks.org"
"""The public sandbox: anyone may sign as it, with the key in its repository."""

NO_CLIENTS = "clients: there is none, so nobody could call; the demo is served by serve --demo"
NO_PUBLIC_URL = "public_url: the base URL that clients call is needed, which their tokens name"


def servable(path: Path) -> Settings:
    """The settings of `cds.toml`, which can be served outside the demo; raises ConfigError."""
    settings = load(path)
    if found := [f"{path.name}: {line}" for line in problems(settings)]:
        raise ConfigError("\n".join(found))
    return settings


def problems(settings: Settings) -> Iterator[str]:
    """A line for each reason not to serve, with the key it is about; files are looked at."""
    if settings.demo:
        yield "demo: it is chosen by serve --demo alone"
    if not settings.clients:
        yield NO_CLIENTS
    if not settings.public_url:
        yield NO_PUBLIC_URL
    yield from _of_limits(settings.limits)
    yield from _of_store(settings.store)
    folder = settings.models.folder
    if folder and not Path(folder).is_dir():
        yield f"models.folder: there is no folder {folder}"
    yield from _unknown(settings.fetch.keys, "fetch.keys", ("patient", *COUNTS))
    yield from _of_services(settings.services, "services")
    for name, client in settings.clients.items():
        yield from (f"clients.{name}.{line}" for line in _of_client(client))
    for (one, first), (other, second) in combinations(settings.clients.items(), 2):
        if first.issuer == second.issuer and not _told_apart(first, second):
            yield (
                f"clients.{other}: its tokens could be those of clients.{one}: with one issuer"
                " they need different tenants, sub or jkus"
            )


def _of_client(client: Client) -> Iterator[str]:
    if client.issuer.rstrip("/") == SANDBOX:
        yield f"issuer: anyone can sign as {SANDBOX}; it is for the demo alone"
    for jku in client.jkus:
        if urlsplit(jku).hostname == urlsplit(SANDBOX).hostname:
            yield "jkus: the private key of the public sandbox is published; it is for the demo"
    if client.jwks_file:
        yield from (f"jwks_file: {line}" for line in _of_key_file(Path(client.jwks_file), client))
    yield from _of_servers(client.fhir_servers, "fhir_servers")
    if smart := client.smart:
        files = {key: getattr(smart, key) for key in ("secret_file", "key_file")}
        yield from _missing(files, "smart")
        yield from _of_servers(smart.authorization_servers, "smart.authorization_servers")
    yield from _of_services(client.services, "services")


def _of_servers(servers: Iterable[FhirServer], key: str) -> Iterator[str]:
    for number, server in enumerate(servers):
        names = ("ca_file", "client_cert", "client_key")
        within = f"{key}[{number}]"
        missing = list(_missing({each: getattr(server, each) for each in names}, within))
        yield from missing or _unread(server, within)


def _unread(server: FhirServer, within: str) -> Iterator[str]:
    try:
        trust(server)
    except OSError as error:
        # OpenSSL does not say which of the files it is.
        why = "not in PEM, or not of each other" if isinstance(error, SSLError) else error.strerror
        yield f"{within}: ca_file, client_cert or client_key cannot be used: {why}"


def _missing(files: Mapping[str, str], within: str) -> Iterator[str]:
    """A line for each file that is named and not there; whoever asks may not be who serves."""
    for key, name in files.items():
        if name and not os.path.isfile(name):
            yield f"{within}.{key}: there is no file {name}, or you may not look at it"


def _of_limits(limits: LimitSettings) -> Iterator[str]:
    """What is wrong with where calls are counted; a variable may be set only where it is served."""
    if limits.storage_env and limits.storage_env not in os.environ:
        return
    try:
        Limits(limits)
    except ConfigError as error:
        yield str(error)


def _of_store(store: StoreSettings) -> Iterator[str]:
    """What is wrong with where records are kept, as far as that is told without connecting."""
    try:
        embedded = opened(store).embedded
    except ConfigError as error:
        yield str(error)
        return
    files = {"spool_file": store.spool_file}
    files |= {"url": str(make_url(store.url).database)} if embedded else {}
    for key, name in files.items():
        if not Path(name).parent.is_dir():
            yield f"store.{key}: there is no folder {Path(name).parent}"
    if not (embedded or store.secret_env):
        yield from _missing({"secret_file": store.secret_file}, "store")


def _of_key_file(path: Path, client: Client) -> Iterator[str]:
    try:
        found = list(entries(path.read_bytes()))
    except OSError as error:
        yield f"{path}: {error.strerror}"
        return
    except NoKeySet as error:
        yield f"{path}: not a JSON Web Key Set: {error}"
        return
    keys = [each for each in found if isinstance(each, Key)]
    for number, each in enumerate(found):
        if isinstance(each, ExposedKey):
            yield f"{path}: keys[{number}]: {each}"
    if not any(key.fits(algorithm) for key in keys for algorithm in client.algorithms):
        yield f"{path}: no key in it is for one of {', '.join(client.algorithms)}"


def _of_services(named: Mapping[str, ServiceSettings], key: str) -> Iterator[str]:
    """A name that nothing asks for would leave the service as it is, and nobody would notice."""
    yield from _unknown(named, key, services())
    for id in named.keys() & services():
        own, service = named[id], services()[id]
        keys = offered(service, demo_settings()).templates
        yield from _unknown(own.prefetch, f"{key}.{id}.prefetch", keys)
        names = {*service.thresholds, DEADLINE}
        yield from _unknown(own.thresholds, f"{key}.{id}.thresholds", names)
        yield from _unknown(own.rules, f"{key}.{id}.rules", service.rules)


def _unknown(named: Iterable[str], key: str, known: Collection[str]) -> Iterator[str]:
    listed = ", ".join(sorted(known))
    for name in named:
        if name not in known:
            yield f"{key}.{name}: there is none of that name; there are {listed}"


def _told_apart(one: Client, other: Client) -> bool:
    """Whether no token can be for both."""
    return (
        _disjoint(one.tenants, other.tenants)
        or _disjoint(one.jkus, other.jkus)
        or _disjoint((one.sub,) * bool(one.sub), (other.sub,) * bool(other.sub))
    )


def _disjoint(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return bool(one and other) and not set(one) & set(other)
