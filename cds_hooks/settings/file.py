"""Reads `cds.toml`, the one file of a site's choices, and what was decided in its admin app.

Nothing comes from environment variables.
"""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from cds_hooks.settings.decisions import decided
from cds_hooks.settings.decisions import read as read_decisions
from cds_hooks.settings.settings import Settings
from cds_hooks.settings.validation import ConfigError, mistakes
from fhir_adapters.terminology.site import SiteMap, SiteMapError, site_map, with_snomed
from fhir_adapters.terminology.site_codes import SiteCodesError, read_site_codes

_SITE_MAP = "site_map"


def load(path: Path) -> Settings:
    """Reads `cds.toml`; `[site_map]` tables add local codes, units and time zone.

    Modes that were decided in the admin app are those of the settings. Raises ConfigError with a
    line for each key that is unknown, of the wrong type or out of its choices.
    """
    try:
        settings = from_tables(tomllib.loads(path.read_text(encoding="utf-8")))
        kept = settings.admin.decisions
        return decided(settings, read_decisions(Path(kept))) if kept else settings
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not a text in UTF-8") from None
    except (tomllib.TOMLDecodeError, ConfigError) as error:
        told = (f"{path.name}: {line}" for line in str(error).splitlines())
        raise ConfigError("\n".join(told)) from None


def from_tables(tables: Mapping[str, Any]) -> Settings:
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
