"""A card's Markdown in a terminal."""

import pytest

from cds_hooks.commands.markdown_text import as_text
from cds_hooks.engine.card_text import escape

CASES = (
    ("**What to do:** _now_.", "What to do: now."),
    ("One\n\nTwo", "One\n\nTwo"),
    ("# Title\n\nText", "Title\n\nText"),
    ("- a\n- b\n\nText", "- a\n- b\n\nText"),
    ("1. a\n2. b", "1. a\n2. b"),
    ("- a\n  - b", "- a\n  - b"),
    ("- a\n\n- b", "- a\n- b"),
    ("[guide](https://example.org/g)", "<https://example.org/g> guide"),
    ("`code`", "code"),
    ("| a | b |\n|---|---|\n| long | 1 |\n\nText", "a     b\nlong  1\n\nText"),
    ("a line\nbroken", "a line\nbroken"),
    ("```\n**raw**\n```", "**raw**"),
    ("", ""),
)


@pytest.mark.parametrize(("markdown", "text"), CASES)
def test_marks_are_drawn_and_not_shown(markdown: str, text: str) -> None:
    assert as_text(markdown) == text


def test_a_text_of_the_record_is_shown_as_it_was_written() -> None:
    written = "a*b_c <d> & #e |f| https://example.org"
    assert as_text(escape(written)) == written
