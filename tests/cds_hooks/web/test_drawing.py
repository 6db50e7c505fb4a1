"""What is drawn lies in the page: its colours and its font, no style and no name of ours."""

import re
from xml.etree import ElementTree

from matplotlib.figure import Figure

from cds_hooks.web.drawing import INK, MARK, drawn


def bars(figure: Figure) -> None:
    axes = figure.subplots()
    axes.bar(["<b>", "&amp;"], [1, 2], color=MARK)
    axes.set_title("<script>alert(1)</script>", color=INK)


def test_a_drawing_has_no_style_and_only_the_pages_colours() -> None:
    svg = str(drawn(bars, size=(3, 2), name="bars"))
    ElementTree.fromstring(svg)  # noqa: S314 - we drew it
    assert "style" not in svg
    assert "font-family" not in svg
    assert not re.findall(r"#[0-9a-f]{6}", svg)
    assert 'fill="var(--primary)"' in svg


def test_what_a_chart_says_is_text_in_a_drawing() -> None:
    svg = str(drawn(bars, size=(3, 2), name="bars"))
    assert "<script>" not in svg
    assert "&lt;script&gt;" in svg


def test_two_drawings_of_a_page_share_no_id() -> None:
    ids = [set(re.findall(r' id="([^"]+)"', drawn(bars, size=(3, 2), name=n))) for n in ("a", "b")]
    assert ids[0]
    assert not ids[0] & ids[1]
