"""Markdown as a person reads it in a terminal: no marks, tables in columns."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_BLOCKS = ("paragraph_close", "heading_close", "bullet_list_close", "ordered_list_close")


def as_text(markdown: str) -> str:
    """The text of paragraphs, lists and tables, its blocks apart by an empty line."""
    lines = list(_lines(iter(_MARKDOWN.parse(markdown))))
    return "\n".join(lines).strip("\n")


def _lines(tokens: Iterator[Token]) -> Iterator[str]:
    mark = ""
    for token in tokens:
        if token.type == "table_open":
            yield from (*_table(tokens), "")
        elif token.type == "list_item_open":
            mark = f"{'  ' * (token.level // 2)}{token.info + '.' if token.info else '-'} "
        elif token.type == "inline":
            yield f"{mark}{_words(token)}".replace("\n", f"\n{' ' * len(mark)}")
            mark = " " * len(mark)
        elif token.type in ("fence", "code_block", "html_block"):
            yield from (*token.content.rstrip("\n").split("\n"), "")
        elif token.type in _BLOCKS and not token.hidden and (not mark or "list" in token.type):
            mark = ""
            yield ""


def _table(tokens: Iterator[Token]) -> Iterator[str]:
    """The rows of a table whose opening was read, each column as wide as its widest cell."""
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_words(token))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _words(inline: Token) -> str:
    return "".join(map(_word, inline.children or ()))


def _word(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    if token.type == "link_open":
        return f"<{token.attrGet('href')}> "
    return token.content
