"""The site's choices, read once from `cds.toml`; nothing here comes from environment variables."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import replace

from cds_hooks.clients import Client, require_origin, require_public_url
from cds_hooks.fetch_settings import FetchSettings
from cds_hooks.mistakes import mistakes
from cds_hooks.server_settings import LimitSettings, ServerSettings
from cds_hooks.service_settings import Mode as Mode
from cds_hooks.service_settings import ServiceSettings as ServiceSettings
from cds_hooks.service_settings import over
from fhir_adapters.site import SiteMap, SiteMapError, site_map

SANDBOX_ORIGINS = ("https://sandbox.cds-hooks.org", "http://sandbox.cds-hooks.org")
"""Where the public CDS Hooks sandbox's pages are served from: allowed by CORS in the demo only."""


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file, the key and what is wrong."""


DEMO_CLIENT = "demo"
"""Who every call of the demo is from: it authenticates no one."""

_SITE_MAP = "site_map"
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Clinical choices that hold for the whole site."""

    cardiovascular_model: Literal["prevent", "score2"] = "prevent"
    score2_region: Literal["low", "moderate", "high", "very_high"] = "low"
    score2_categories: Literal["esc-2021", "esc-2025"] = "esc-2021"
    kfre_calibration: Literal["north_america", "other"] = "other"
    hypertension_definition: Literal["esc-2024", "aha-acc-2025"] = "esc-2024"


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered, where, and for how long; paths are relative to the working directory.

    `secret_env` names an environment variable and comes before `secret_file`; either holds one
    secret a line, the newest first. `spool_max_bytes` is the room that is reserved for what the
    database could not take; `patience_ms` is how long a call waits for the database.
    """

    url: str = "sqlite:///cds-hooks.db"
    ids: Literal["keyed", "plain"] = "keyed"
    secret_env: str = ""
    secret_file: str = "cds-hooks.secret"  # noqa: S105 - a file name
    inputs: Literal["full", "hashed", "none"] = "full"
    card_content: bool = False
    retention_days: Annotated[int, msgspec.Meta(ge=1)] = 90
    spool_file: str = "cds-hooks.spool"
    spool_max_bytes: Annotated[int, msgspec.Meta(ge=100_000)] = 16_000_000
    patience_ms: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 200


class FatigueSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long a card is withheld once its user has answered it; nothing is unless `on`.

    `acute_hours` is for services about hours, `prevention_days` for the others; `most_an_hour` is
    how many cards each service may show in an hour, the critical ones aside (0: any number).
    """

    on: bool = False
    acute_hours: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 12.0
    prevention_days: Annotated[float, msgspec.Meta(ge=0, le=10_000)] = 90.0
    most_an_hour: Annotated[int, msgspec.Meta(ge=0)] = 0


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a site's own versions of models lie ("": it has none), and how they are verified.

    `verdicts` is the file in which is kept what was verified already ("": in the user's cache);
    `patience_seconds` is how long the verification of all models may take at the start.
    """

    folder: str = ""
    verdicts: str = ""
    patience_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 60.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured. `max_body` is in bytes.

    `public_url` is the base under which clients call us, without `/cds-services`: what their tokens
    must be meant for. `clients` are those who may, by the name that they have in what we remember.
    """

    demo: bool = False
    public_url: str = ""
    cors_origins: tuple[str, ...] = ()
    max_body: int = 20_000_000
    site: Site = Site()
    site_map: SiteMap = SiteMap()
    store: StoreSettings = StoreSettings()
    fatigue: FatigueSettings = FatigueSettings()
    models: ModelSettings = ModelSettings()
    fetch: FetchSettings = FetchSettings()
    server: ServerSettings = ServerSettings()
    limits: LimitSettings = LimitSettings()
    services: dict[str, ServiceSettings] = {}
    clients: dict[str, Client] = {}

    def __post_init__(self) -> None:
        if self.public_url:
            require_public_url(self.public_url)
        for origin in self.cors_origins:
            require_origin(origin)
        for name in self.clients:
            if name == DEMO_CLIENT or not _NAME.fullmatch(name):
                raise ValueError(f"clients.{name}: that cannot be the name of a client")
            if self.clients[name].smart and not self.public_url:
                raise ValueError(f"clients.{name}.smart: public_url is needed to come back to")

    def of(self, service: str) -> ServiceSettings:
        """What the site decided about that service, or the defaults."""
        return self.services.get(service, _DEFAULTS)


_DEFAULTS = ServiceSettings()


def demo_settings() -> Settings:
    """The demo: no authentication, open to the sandbox, records dated by their newest datum."""
    return Settings(demo=True, cors_origins=SANDBOX_ORIGINS)


def for_client(settings: Settings, name: str) -> Settings:
    """The settings of a call of that client: the site's with the client's own on top."""
    client = settings.clients[name]
    changed = {
        id: over(own, settings.services.get(id, _DEFAULTS)) for id, own in client.services.items()
    }
    origins = dict.fromkeys((*settings.cors_origins, *client.cors_origins))
    return replace(
        settings,
        services=settings.services | changed,
        site_map=client.site_map or settings.site_map,
        cors_origins=tuple(origins),
    )


def views(settings: Settings) -> tuple[Settings, ...]:
    """The settings of every call that there can be: each client's, or the demo's or a command's."""
    if settings.demo or not settings.clients:
        return (settings,)
    return tuple(for_client(settings, name) for name in settings.clients)


def load(path: Path) -> Settings:
    """Reads `cds.toml`; `[site_map]` tables add local codes, units and time zone.

    Raises ConfigError with a line for each key that is unknown, of the wrong type or out of its
    choices.
    """
    try:
        return read(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not a text in UTF-8") from None
    except (tomllib.TOMLDecodeError, ConfigError) as error:
        told = (f"{path.name}: {line}" for line in str(error).splitlines())
        raise ConfigError("\n".join(told)) from None


def read(tables: Mapping[str, Any]) -> Settings:
    """The settings of parsed TOML; raises ConfigError with a line for each mistake."""
    plain, maps = _apart(tables)
    found, local = list(mistakes(Settings, plain)), dict[str, SiteMap]()
    for key, table in maps.items():
        try:
            local[key] = site_map(table, local.get(_SITE_MAP))
        except SiteMapError as error:
            found.append(f"{key}: {error}")
    if found:
        raise ConfigError("\n".join(found))
    settings = msgspec.convert(plain, Settings, strict=True)
    clients = {
        name: replace(client, site_map=local.get(f"clients.{name}.{_SITE_MAP}"))
        for name, client in settings.clients.items()
    }
    return replace(settings, site_map=local[_SITE_MAP], clients=clients)


def _apart(tables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tables without the site maps, and those by key, the site's own first."""
    maps = {_SITE_MAP: tables.get(_SITE_MAP, {})}
    plain = {key: value for key, value in tables.items() if key != _SITE_MAP}
    for name, client in _tables(plain.get("clients")):
        if _SITE_MAP in client:
            maps[f"clients.{name}.{_SITE_MAP}"] = client[_SITE_MAP]
            own = {key: value for key, value in client.items() if key != _SITE_MAP}
            plain["clients"] = plain["clients"] | {name: own}
    return plain, maps


def _tables(value: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    named = value.items() if isinstance(value, Mapping) else ()
    yield from ((name, table) for name, table in named if isinstance(table, Mapping))
