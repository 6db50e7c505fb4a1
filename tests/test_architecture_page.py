"""The pages for who comes next name what is there: every room, and no path that is gone."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
WITHIN_CDS_HOOKS = re.compile(r"`((?:[a-z_]+/)+[a-z_]+\.[a-z]+)`")
PATH = re.compile(r"`((?:cds_hooks|fhir_adapters|predictors|fixtures|docs)/[\w./-]+)`")


def rooms() -> list[list[str]]:
    """The floors of cds_hooks from the top, as import-linter holds them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = [each["layers"] for each in contracts if each.get("containers") == ["cds_hooks"]]
    return [floor.split(" | ") for floor in layers]


def test_the_page_shows_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d) \| `cds_hooks/(\w+)(?:\.py)?` \|", PAGE, flags=re.MULTILINE)
    shown = {(int(floor), room) for floor, room in rows}
    top = len(rooms())
    held = {(top - number, room) for number, floor in enumerate(rooms()) for room in floor}
    assert shown == held


def test_there_are_at_most_nine_floors_and_four_modules_beside_the_rooms() -> None:
    assert len(rooms()) <= 9
    assert len(list((ROOT / "cds_hooks").glob("*.py"))) <= 4


@pytest.mark.parametrize("text", [PAGE, CONTRIBUTING], ids=["architecture", "contributing"])
def test_every_path_that_is_named_exists(text: str) -> None:
    named = PATH.findall(text)
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_module_that_the_glossary_names_exists() -> None:
    def exists(path: str) -> bool:
        return (ROOT / path).exists() or (ROOT / "cds_hooks" / path).exists()

    named = WITHIN_CDS_HOOKS.findall(GLOSSARY)
    assert named
    assert [path for path in named if not exists(path)] == []


def test_the_glossary_is_in_alphabetical_order_and_says_each_word_once() -> None:
    rows = re.findall(r"^\| (.+?) \|", GLOSSARY, flags=re.MULTILINE)
    words = [row.casefold() for row in rows if row != "word"]
    assert words == sorted(set(words))


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_the_glossary_and_the_architecture_are_linked(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "(GLOSSARY.md)" in text
    assert "(docs/architecture.md)" in text
