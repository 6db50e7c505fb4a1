"""The site's choices, read once from `cds.toml`; nothing here comes from environment variables."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from fhir_adapters.site import SiteMap, SiteMapError, site_map

SANDBOX_ORIGINS = ("https://sandbox.cds-hooks.org", "http://sandbox.cds-hooks.org")
"""Where the public CDS Hooks sandbox's pages are served from: allowed by CORS in the demo only."""


class ConfigError(ValueError):
    """The configuration cannot be used; the message names the file, the key and what is wrong."""


DEMO_CLIENT = "demo"
"""Who every call is from until clients are authenticated."""

Mode: TypeAlias = Literal["off", "silent", "shadow", "live"]
"""Whether a service is there at all, computes without showing its cards, or shows them.

`shadow` is silent too, and asks the versions of models that the site tries, where it has any.
"""


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a site decides of one service: mode (None: its own), thresholds, prefetch.

    The last three are for this service what `FatigueSettings` and the service itself say (None: as
    they say).
    """

    mode: Mode | None = None
    thresholds: dict[str, float] = {}
    prefetch: dict[str, str] = {}
    quiet_hours: Annotated[float, msgspec.Meta(ge=0, le=100_000)] | None = None
    margin: Annotated[float, msgspec.Meta(gt=0)] | None = None
    most_an_hour: Annotated[int, msgspec.Meta(ge=0)] | None = None


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
    """Everything that can be configured. `max_body` is in bytes."""

    demo: bool = False
    cors_origins: tuple[str, ...] = ()
    max_body: int = 20_000_000
    site: Site = Site()
    site_map: SiteMap = SiteMap()
    store: StoreSettings = StoreSettings()
    fatigue: FatigueSettings = FatigueSettings()
    models: ModelSettings = ModelSettings()
    services: dict[str, ServiceSettings] = {}

    def of(self, service: str) -> ServiceSettings:
        """What the site decided about that service, or the defaults."""
        return self.services.get(service, _DEFAULTS)


_DEFAULTS = ServiceSettings()


def demo_settings() -> Settings:
    """The demo: no authentication, open to the sandbox, records dated by their newest datum."""
    return Settings(demo=True, cors_origins=SANDBOX_ORIGINS)


def load(path: Path) -> Settings:
    """Reads `cds.toml`; its `[site_map]` table adds the site's local codes, units and time zone.

    Raises ConfigError naming the key that is unknown, of the wrong type or out of its choices.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        local = site_map(tables.pop("site_map", {}))
        settings = msgspec.convert(tables, Settings, strict=True)
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, SiteMapError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path.name}: {error}") from None
    return msgspec.structs.replace(settings, site_map=local)
