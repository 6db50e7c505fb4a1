"""Markdown as HTML for people: GitHub Flavored tables, and nothing that could run or be fetched."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

# Raw HTML is shown as text; a picture would be fetched from elsewhere.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")


def block(markdown: str) -> Markup:
    """Paragraphs, lists and tables; a wide table can be scrolled by keyboard as well."""
    return Markup(_MARKDOWN.render(markdown))  # noqa: S704 - markdown-it escapes what it is given


def inline(markdown: str) -> Markup:
    """The words of one line."""
    return Markup(_MARKDOWN.renderInline(markdown))  # noqa: S704 - the same


def _table_open(*_: object) -> str:
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _cell(
    self: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    # Alignment would be a style attribute, which the pages' policy forbids.
    tokens[index].attrs.pop("style", None)
    if tokens[index].tag == "th":
        tokens[index].attrSet("scope", "col")
    return self.renderToken(tokens, index, options, env)


_RULES: Mapping[str, Callable[..., str]] = {
    "table_open": _table_open,
    "table_close": _table_close,
    "th_open": _cell,
    "td_open": _cell,
}
for _name, _rule in _RULES.items():
    _MARKDOWN.add_render_rule(_name, _rule)
