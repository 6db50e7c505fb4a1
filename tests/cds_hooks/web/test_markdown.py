"""Markdown becomes HTML in which nothing runs, nothing is fetched and nothing is styled."""

import pytest

from cds_hooks.web.markdown import block, inline

TABLE = "| Input | Points |\n|---|--:|\n| Age | +2 |\n"


def test_a_table_has_headings_and_no_style_and_can_be_scrolled_by_keyboard() -> None:
    html = block(TABLE)
    assert '<th scope="col">Points</th>' in html
    assert "<td>+2</td>" in html
    assert "style" not in html
    assert html.startswith('<div class="scroll" tabindex="0"')


@pytest.mark.parametrize(
    "sly",
    [
        "<script>alert(1)</script>",
        '<img src="https://elsewhere.example/a.png">',
        "![a](https://elsewhere.example/a.png)",
        "[a](javascript:alert(1))",
        '<p style="color: red">a</p>',
    ],
)
def test_what_could_run_or_be_fetched_stays_text(sly: str) -> None:
    for html in (block(sly), inline(sly)):
        for tag in ("<script", "<img", "<p style", 'href="javascript'):
            assert tag not in html


def test_a_line_is_no_paragraph() -> None:
    assert inline("`off` until **then**") == "<code>off</code> until <strong>then</strong>"
