"""The settings that hold for a site, defaults included, as lines of TOML without a secret."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from cds_hooks.settings.settings import Settings
from fhir_adapters.terminology.site import SiteMap


def toml_lines(settings: Settings) -> Iterator[str]:
    """Every setting that holds, as a line of TOML, in its order; what is secret is not shown."""
    for key, value in _flat(settings, ""):
        shown = _without_password(value) if key in ("store.url", "limits.storage") else value
        yield f"{key} = {json.dumps(shown, ensure_ascii=False)}"


def _flat(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _flat(getattr(value, name), f"{key}.{name}" if key else name)
    elif isinstance(value, SiteMap):
        yield from _of_site_map(value, key)
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _flat(each, f"{key}.{_quoted(str(name))}")
    elif isinstance(value, tuple) and any(isinstance(each, msgspec.Struct) for each in value):
        for number, each in enumerate(value):
            yield from _flat(each, f"{key}[{number}]")
    elif value is not None:
        yield key, value


def _of_site_map(site: SiteMap, key: str) -> Iterator[tuple[str, Any]]:
    yield f"{key}.zone", str(site.zone)
    for name in (
        "codes",
        "condition_codes",
        "medication_codes",
        "units",
        "text_codes",
        "locations",
    ):
        for code, meaning in getattr(site, name).items():
            parts = code if isinstance(code, tuple) else (code,)
            yield ".".join([f"{key}.{name}", *map(_quoted, parts)]), meaning


def _quoted(name: str) -> str:
    bare = name.replace("-", "").replace("_", "")
    return name if bare.isalnum() and bare.isascii() else json.dumps(name)


def _without_password(url: object) -> str:
    try:
        read = make_url(str(url))
    except (ArgumentError, ValueError):
        return "not a URL"
    # Both databases take a password as a parameter too; no parameter is worth the risk.
    hidden = read.set(query=dict.fromkeys(read.query, "***"))
    return hidden.render_as_string(hide_password=True).replace("%2A%2A%2A", "***")
