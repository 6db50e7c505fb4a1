"""docs/order-rules.md says what the tables of rules hold, each row with its source."""

from pathlib import Path

import pytest

from cds_hooks.clinical.orders.rule_table import RULES, SOURCES
from cds_hooks.docgen.order_rules import document

DOCUMENT = Path(__file__).parents[3] / "docs" / "order-rules.md"


def row(key: str) -> str:
    """The line of a rule."""
    lines = document().splitlines()
    (found,) = [each for each in lines if each.startswith((f"| `{key}` |", f"| `{key}` (off) |"))]
    return found


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "run: python -m cds_hooks.docgen.order_rules > docs/order-rules.md"
    )


@pytest.mark.parametrize("key", RULES)
def test_a_reader_finds_the_source_of_a_row(key: str) -> None:
    source, told = SOURCES[key], row(key)
    assert source.label in told
    assert source.locator in told
    assert RULES[key].advice in told


def test_a_row_that_is_off_says_so() -> None:
    assert "(off)" in row("retinoid-immunomodulator-pregnancy")
    assert "(off)" in row("side-chain-ceftazidime")
    assert "(off)" not in row("heparin-hit")


def test_it_says_what_it_is_not() -> None:
    assert "no complete interaction checker" in " ".join(document().split())
