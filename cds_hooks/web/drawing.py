"""A figure as SVG inside a page: in the page's own font and colours, and without inline styles."""

import re
from collections.abc import Callable, Mapping
from io import StringIO
from threading import Lock
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

INK, MUTED, LINE = "#010203", "#010204", "#010205"
RAISES, LOWERS, MARK, FAINT = "#010206", "#010207", "#010208", "#010209"
_COLOURS: Mapping[str, str] = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    LINE: "var(--line)",
    RAISES: "var(--raises)",
    LOWERS: "var(--lowers)",
    MARK: "var(--primary)",
    FAINT: "var(--faint)",
}
"""Colours that stand for the page's own until the SVG is written."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 12,
    "axes.edgecolor": LINE,
    "axes.labelcolor": MUTED,
    "text.color": INK,
    "xtick.color": LINE,
    "xtick.labelcolor": MUTED,
    "ytick.color": LINE,
    "ytick.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}
_FONT = re.compile(r"\s*font(?:-family)?:[^;\"]*;?")
_STYLED = re.compile(r' style="([^"]*)"')

# The library's settings are of the whole process, so that two figures would take each other's.
_one_at_a_time = Lock()


def drawn(draw: Callable[[Figure], None], *, size: tuple[float, float], name: str) -> Markup:
    """The SVG of what is drawn; `size` in inches of 72 units, `name` unlike others on the page.

    Hidden from screen readers: what is beside it says the same in words.
    """
    with _one_at_a_time, mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size)
        draw(figure)
        written = StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata=_NO_METADATA)
    return Markup(_of_the_page(written.getvalue(), name))  # noqa: S704 - the library escapes texts


def _of_the_page(text: str, name: str) -> str:
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", text, flags=re.DOTALL)
    text = _STYLED.sub(_attributes, text)
    # Ids of groups say nothing, and are the same in every figure.
    text = re.sub(r'<g id="[^"]*">', "<g>", text)
    for colour, of_the_page in _COLOURS.items():
        text = text.replace(colour, of_the_page)
    text = re.sub(r' (?:width|height)="[\d.]+pt"', "", text, count=2)
    return text.replace(
        "<svg ", f'<svg class="drawing {name.split("-")[0]}" aria-hidden="true" ', 1
    )


def _attributes(style: re.Match[str]) -> str:
    """What a style says as attributes, which the pages' policy allows; the font is the page's."""
    told = _FONT.sub("", style[1]).split(";")
    pairs = (each.split(":", 1) for each in told if ":" in each)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, value in pairs)
