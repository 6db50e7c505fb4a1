"""The documented configuration can be used as it stands, and names every key that there is."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from cds_hooks.config import Settings, read

PAGE = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
FIRST, EVERY_KEY = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
CHOSEN_OTHERWISE = {"demo"}
"""It is a word of the command line."""


def unnamed(value: Any, table: Mapping[str, Any], key: str = "") -> Iterator[str]:
    """The keys of the settings that the table does not name."""
    for name in value.__struct_fields__:
        found, own = getattr(value, name), f"{key}.{name}" if key else name
        if name not in table:
            yield own
        elif isinstance(found, Struct):
            yield from unnamed(found, table[name], own)
        elif isinstance(found, tuple) and found and isinstance(found[0], Struct):
            yield from unnamed(found[0], table[name][0], own)


def test_every_key_is_named() -> None:
    tables, settings = tomllib.loads(EVERY_KEY), read(tomllib.loads(EVERY_KEY))
    assert set(unnamed(settings, tables)) == CHOSEN_OTHERWISE
    north = settings.clients["north"]
    assert list(unnamed(north, tables["clients"]["north"])) == []
    service = settings.services["lab-safety"]
    assert list(unnamed(service, tables["services"]["lab-safety"])) == []


def test_what_is_said_to_be_the_default_is() -> None:
    tables = tomllib.loads(EVERY_KEY)
    settings = Settings()
    for section in ("site", "store", "fatigue", "models", "server", "limits"):
        for key, value in tables[section].items():
            default = getattr(getattr(settings, section), key)
            assert (list(default) if isinstance(default, tuple) else default) == value, key


def test_five_lines_make_a_client() -> None:
    settings = read(tomllib.loads(FIRST))
    assert list(settings.clients) == ["north"]


@pytest.mark.parametrize("command", ["check-config", "serve", "jwks", "call"])
def test_the_commands_are_told(command: str) -> None:
    assert f"cds-hooks {command} " in PAGE
