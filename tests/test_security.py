"""SECURITY.md keeps its word: every test that it names is there, and every row names one."""

import ast
import json
import re

import pytest
from msgspec.structs import replace

from cds_hooks.risk_detail.links import to_detail
from cds_hooks.settings.settings import DEMO_CLIENT, demo_settings
from tests.servers import ROOT

TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if line.startswith("|") and not re.match(r"\|( risk| \| risk|---)", line)
]
BASE, CARD = "https://cds.example.org", "f6b95768-b1c8-40dc-8385-bf3504b82ffb"
RESPONSES = sorted((ROOT / "fixtures" / "responses").rglob("*.json"))


def named_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[-3][:40] or "risk")
def test_every_risk_names_tests_that_are_there(row: list[str]) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[-1])
    assert named
    assert [f"{path}::{name}" for path, name in named if name not in named_in(path)] == []


def test_the_risks_that_are_matched_to_the_assessment_are_the_five_that_are_known() -> None:
    numbered = {number for row in ROWS for number in re.findall(r"R\d+", row[0])}
    assert numbered == {"R1", "R2", "R5", "R11", "R12"}


def test_no_service_puts_an_address_into_a_card() -> None:
    assert RESPONSES
    for path in RESPONSES:
        for card in json.loads(path.read_bytes()).get("cards", ()):
            assert "links" not in card
            assert "://" not in card["summary"] + card.get("detail", "")


def test_links_are_made_in_one_place_and_lead_to_ourselves() -> None:
    importing = re.compile(r"^from cds_hooks\.protocol\.cards import .*\bLink\b", re.MULTILINE)
    texts = {each.name: each.read_text() for each in (ROOT / "cds_hooks").rglob("*.py")}
    making = [name for name, text in texts.items() if importing.search(text) and "Link(" in text]
    assert making == ["links.py"]
    link = to_detail(replace(demo_settings(), public_url=BASE), DEMO_CLIENT)
    assert link
    assert link(CARD).url == f"{BASE}/detail/{CARD}"
