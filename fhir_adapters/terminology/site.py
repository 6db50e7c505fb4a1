"""What one site's feeds call things: its own codes, texts, units and time zone."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta

from fhir_adapters.terminology.unit_texts import known_units
from fhir_adapters.terminology.value_sets import WARDS, concepts, conditions, medication_classes


class SiteMapError(ValueError):
    """A site map that names something which does not exist; the message says where."""


def _none() -> Mapping[tuple[str, str], str]:
    return MappingProxyType({})


def _no_texts() -> Mapping[str, str]:
    return MappingProxyType({})


def _no_codes() -> Mapping[str, frozenset[str]]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SiteMap:
    """A site's own codes, texts, units and time zone beside ours; a system is named by its URI.

    `snomed` is what the site's own SNOMED CT release adds to our codes, wider concepts included.
    """

    zone: Annotated[
        tzinfo, Meta(description="the IANA name of the zone of times that name none")
    ] = UTC
    codes: Annotated[
        Mapping[tuple[str, str], str],
        Meta(description="of measurements: what is measured, by code of a system"),
    ] = field(default_factory=_none)
    condition_codes: Annotated[
        Mapping[tuple[str, str], str], Meta(description="of diagnoses, by code of a system")
    ] = field(default_factory=_none)
    medication_codes: Annotated[
        Mapping[tuple[str, str], str],
        Meta(description="of drugs: their class, by code of a system"),
    ] = field(default_factory=_none)
    units: Annotated[
        Mapping[str, str], Meta(description="the UCUM unit that a local spelling means")
    ] = field(default_factory=_no_texts)
    text_codes: Annotated[
        Mapping[str, str],
        Meta(description="what is measured, by the text of a result without a code"),
    ] = field(default_factory=_no_texts)
    locations: Annotated[
        Mapping[str, str],
        Meta(description="`intensive_care`, by the reference or the name of a location"),
    ] = field(default_factory=_no_texts)
    snomed: Mapping[str, frozenset[str]] = field(default_factory=_no_codes)


_TABLES = frozenset(each.name for each in fields(SiteMap)) - {"snomed"}


def site_map(tables: Mapping[str, object], base: SiteMap | None = None) -> SiteMap:
    """Reads a site map from parsed TOML; it is put on top of `base`, if there is one.

    `zone` is an IANA name; `codes`, `condition_codes` and `medication_codes` are tables by system
    URI of code = "concept"; `units` (text = "UCUM"), `text_codes` (text = "concept") and
    `locations` ("Location/id", or its name = "intensive_care") are plain tables.
    Raises SiteMapError naming the key at fault.
    """
    if not isinstance(tables, Mapping):
        raise SiteMapError("not a table")
    if unknown := sorted(set(tables) - _TABLES):
        raise SiteMapError(f"unknown key {unknown[0]}")
    read = SiteMap(
        zone=_zone(tables["zone"]) if "zone" in tables else (base or SiteMap()).zone,
        codes=_by_system("codes", tables, concepts()),
        condition_codes=_by_system("condition_codes", tables, conditions()),
        medication_codes=_by_system("medication_codes", tables, medication_classes()),
        units=_among("units", tables.get("units", {}), known_units()),
        text_codes=_folded(_among("text_codes", tables.get("text_codes", {}), concepts())),
        locations=_folded(_among("locations", tables.get("locations", {}), WARDS)),
    )
    return _on_top(read, base) if base else read


def with_snomed(site: SiteMap, codes: Mapping[str, frozenset[str]]) -> SiteMap:
    """The site map with what the site's own SNOMED CT release adds."""
    return replace(site, snomed=codes)


def _on_top(upper: SiteMap, base: SiteMap) -> SiteMap:
    joined: dict[str, Any] = {
        name: MappingProxyType({**getattr(base, name), **getattr(upper, name)})
        for name in _TABLES - {"zone"}
    }
    return replace(upper, **joined)


def _zone(name: object) -> tzinfo:
    try:
        return ZoneInfo(str(name))
    except (OSError, ValueError, KeyError):
        raise SiteMapError(f"zone: {name!r} is not a time zone") from None


def _texts(key: str, table: object) -> Mapping[str, str]:
    if not isinstance(table, Mapping):
        raise SiteMapError(f"{key}: not a table")
    for name, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise SiteMapError(f"{key}.{name}: not a text")
    return MappingProxyType({str(name): value.strip() for name, value in table.items()})


def _among(key: str, table: object, allowed: Collection[str]) -> Mapping[str, str]:
    texts = _texts(key, table)
    for name, value in texts.items():
        if value not in allowed:
            raise SiteMapError(f"{key}.{name}: {value!r} is not known")
    return texts


def _by_system(
    key: str, tables: Mapping[str, object], allowed: Collection[str]
) -> Mapping[tuple[str, str], str]:
    systems = tables.get(key, {})
    if not isinstance(systems, Mapping):
        raise SiteMapError(f"{key}: not a table")
    return MappingProxyType(
        {
            (str(system), code): value
            for system, table in systems.items()
            for code, value in _among(f"{key}.{system}", table, allowed).items()
        }
    )


def _folded(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType({text.strip().casefold(): value for text, value in texts.items()})
