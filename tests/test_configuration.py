"""The configuration's page: its settings are those that there are, and its examples can be used."""

import re
import tomllib
from pathlib import Path

import pytest

from cds_hooks.docgen.configuration import rewritten, sections
from cds_hooks.settings.file import from_tables

PAGE = (Path(__file__).parents[1] / "docs" / "configuration.md").read_text(encoding="utf-8")
FIRST, *EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
CHOSEN_OTHERWISE = {"": {"demo"}, "site_map": {"snomed"}}
"""By section: a word of the command line, and what `site.snomed_codes` brings."""

TABLE = re.compile(r"^### (?P<heading>.*?)$\n(?P<text>.*?)(?=^### |^<!-- end)", re.M | re.S)
ROWS = {found["heading"]: found["text"] for found in TABLE.finditer(PAGE)}


def row(heading: str, key: str) -> list[str]:
    """The cells of a key's row: key, values, default, meaning."""
    (line,) = (each for each in ROWS[heading].splitlines() if each.startswith(f"| `{key}` |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_holds_the_settings_as_they_are() -> None:
    assert rewritten(PAGE) == PAGE, "run: python -m cds_hooks.docgen.configuration"


def test_every_key_has_its_row_or_its_section() -> None:
    for section in sections():
        told = set(re.findall(r"^\| `(\w+)` \|", ROWS[section.heading], re.MULTILINE))
        keys = {each.name for each in section.kind.fields}
        apart = {each for each in keys if f"`[{section.path}{each}" in str(ROWS.keys())}
        assert keys - told - apart == CHOSEN_OTHERWISE.get(section.path, set())


def test_every_row_says_what_it_is_for() -> None:
    for heading, text in ROWS.items():
        for key in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE):
            _, values, _, meaning = row(heading, key)
            assert values, key
            assert meaning, key


@pytest.mark.parametrize(
    ("heading", "key", "values", "default"),
    [
        ("Before any table", "public_url", "text", ""),
        ("Before any table", "max_body", "whole number, 1,000 or more", "`20_000_000`"),
        ("`[site]`", "score2_region", "`low`, `moderate`, `high`, `very_high`", '`"low"`'),
        ("`[site_map]`", "zone", "text", '`"UTC"`'),
        ("`[site_map]`", "codes", "a table for each system", "`{}`"),
        ("`[store]`", "card_content", "`true` or `false`", "`false`"),
        ("`[models]`", "patience_seconds", "number, above 0 to 600", "`60.0`"),
        ("`[fetch]`", "deadline_ms", "whole number, 200 to 60,000", "`500`"),
        ("`[fetch]`", "keys", "table of `fail`, `omit`, `operation_outcome`", "`{}`"),
        ("`[services.ID]`", "mode", "`off`, `silent`, `shadow`, `live`", ""),
        ("`[services.ID]`", "margin", "number, more than 0", ""),
        ("`[clients.NAME]`", "issuer", "text", "needed"),
        ("`[clients.NAME]`", "tenants", "list of texts", "`[]`"),
        ("`[clients.NAME]`", "fhir_servers", "`[[clients.NAME.fhir_servers]]`", "`[]`"),
    ],
)
def test_a_row_tells_what_a_key_may_hold_and_what_holds_without_it(
    heading: str, key: str, values: str, default: str
) -> None:
    assert row(heading, key)[1:3] == [values, default]


def test_five_lines_make_a_client() -> None:
    settings = from_tables(tomllib.loads(FIRST))
    assert list(settings.clients) == ["north"]


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_added_to_them(example: str) -> None:
    assert from_tables(tomllib.loads(FIRST + example)) != from_tables(tomllib.loads(FIRST))


def test_a_page_without_its_marks_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="no marks"):
        rewritten("# Configuration\n")


@pytest.mark.parametrize("command", ["check-config", "serve", "jwks", "call"])
def test_the_commands_are_told(command: str) -> None:
    assert f"cds-hooks {command} " in PAGE
