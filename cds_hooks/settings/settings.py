"""The site's choices, read once from `cds.toml`; nothing here comes from environment variables."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from cds_hooks.settings.clients import Client, require_origin, require_public_url
from cds_hooks.settings.fetch import FetchSettings
from cds_hooks.settings.server import LimitSettings, ServerSettings
from cds_hooks.settings.services import Mode as Mode
from cds_hooks.settings.services import ServiceSettings as ServiceSettings
from cds_hooks.settings.services import over
from cds_hooks.settings.validation import mistakes
from fhir_adapters.terminology.site import SiteMap, SiteMapError, site_map, with_snomed
from fhir_adapters.terminology.site_codes import SiteCodesError, read_site_codes

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

    cardiovascular_model: Annotated[
        Literal["prevent", "score2"],
        Meta(description="the score that `cardiovascular-risk` shows"),
    ] = "prevent"
    score2_region: Annotated[
        Literal["low", "moderate", "high", "very_high"],
        Meta(description="the region of SCORE2 and SCORE2-OP, by cardiovascular mortality"),
    ] = "low"
    score2_categories: Annotated[
        Literal["esc-2021", "esc-2025"],
        Meta(description="the guideline by which a risk by SCORE2 is high or very high"),
    ] = "esc-2021"
    kfre_calibration: Annotated[
        Literal["north_america", "other"],
        Meta(description="the calibration of the kidney failure risk equation"),
    ] = "other"
    hypertension_definition: Annotated[
        Literal["esc-2024", "aha-acc-2025"],
        Meta(description="the blood pressure that `undocumented-conditions` calls hypertension"),
    ] = "esc-2024"
    snomed_codes: Annotated[
        str,
        Meta(
            description="the file that `cds-hooks terminology compile` wrote from the site's own"
            " SNOMED CT release; empty: none"
        ),
    ] = ""


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered, where, and for how long."""

    url: Annotated[
        str,
        Meta(
            description="the database: a SQLite file, or `postgresql://user@host/name` (extra"
            " `postgres`), whose password is left to libpq's own ways (`PGPASSFILE`, `PGPASSWORD`)"
        ),
    ] = "sqlite:///cds-hooks.db"
    ids: Annotated[
        Literal["keyed", "plain"],
        Meta(
            description="ids of patients, users, encounters and resources as keyed digests, or as"
            " the EHR sends them"
        ),
    ] = "keyed"
    secret_env: Annotated[
        str,
        Meta(
            description="the environment variable that holds the secrets of the digests, in place"
            " of the file"
        ),
    ] = ""
    secret_file: Annotated[
        str,
        Meta(
            description="the file of these secrets, one a line, the newest first; a restart reads"
            " it again. Beside a SQLite file a first one is made; for PostgreSQL it is yours to"
            " give, the same on every host"
        ),
    ] = "cds-hooks.secret"  # noqa: S105 - a file name
    inputs: Annotated[
        Literal["full", "hashed", "none"],
        Meta(
            description="what is kept of an assessment's inputs: themselves, with units, times and"
            " conversions; a keyed digest of them; or nothing. Under the latter two neither"
            " contributions nor the wording of reasons are kept, which give inputs away"
        ),
    ] = "full"
    card_content: Annotated[bool, Meta(description="whether the card itself is kept")] = False
    retention_days: Annotated[int, Meta(ge=1, description="for how long rows are kept")] = 90
    spool_file: Annotated[
        str, Meta(description="where records wait while the database is away; one for each host")
    ] = "cds-hooks.spool"
    spool_max_bytes: Annotated[
        int, Meta(ge=100_000, description="the room on the disk that is reserved for it")
    ] = 16_000_000
    patience_ms: Annotated[
        int, Meta(ge=1, le=10_000, description="milliseconds that a call waits for the database")
    ] = 200


class FatigueSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long a card is withheld once its user has answered it."""

    on: Annotated[bool, Meta(description="whether anything is withheld")] = False
    acute_hours: Annotated[
        float,
        Meta(
            ge=0,
            le=100_000,
            description="quiet time of a service about hours (laboratory safety, early warning)",
        ),
    ] = 12.0
    prevention_days: Annotated[
        float,
        Meta(
            ge=0,
            le=10_000,
            description="quiet time of the others; what is older than `store.retention_days` is"
            " forgotten before",
        ),
    ] = 90.0
    most_an_hour: Annotated[
        int,
        Meta(
            ge=0,
            description="how many cards a service shows a client in an hour, the critical ones"
            " neither counted nor withheld; 0: any number. Calls at the same moment may exceed it"
            " by one each",
        ),
    ] = 0


class ModelSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a site's own versions of models lie, and how models are verified."""

    folder: Annotated[
        str, Meta(description="the folder of the site's own versions of models; empty: none")
    ] = ""
    verdicts: Annotated[
        str,
        Meta(
            description="the file in which is kept what was verified already; empty: in the cache"
            " of the user who serves"
        ),
    ] = ""
    patience_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=600,
            description="how long the verification of all models may take at the start",
        ),
    ] = 60.0


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be configured: in `clients`, who may call, by their names for us."""

    demo: bool = False
    public_url: Annotated[
        str,
        Meta(
            description="the base URL that clients call, without `/cds-services`: what their"
            " tokens must be meant for"
        ),
    ] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="pages of any client that may call, as `https://host[:port]`; preflights"
            " need no token"
        ),
    ] = ()
    max_body: Annotated[int, Meta(ge=1_000, description="bytes of a call, at most")] = 20_000_000
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
    mapped = replace(settings, site_map=local[_SITE_MAP], clients=clients)
    return _with_snomed_codes(mapped) if settings.site.snomed_codes else mapped


def _with_snomed_codes(settings: Settings) -> Settings:
    """The settings with the codes of the site's own SNOMED CT release in every site map."""
    try:
        codes = read_site_codes(Path(settings.site.snomed_codes))
    except SiteCodesError as error:
        raise ConfigError(f"site.snomed_codes: {error}") from None
    clients = {
        name: replace(client, site_map=with_snomed(client.site_map, codes))
        if client.site_map
        else client
        for name, client in settings.clients.items()
    }
    return replace(settings, site_map=with_snomed(settings.site_map, codes), clients=clients)


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
