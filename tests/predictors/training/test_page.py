import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest

from predictors.training.page import page
from predictors.training.results import Validation
from tests.predictors.training.test_validation import of_recurrence, of_stays

EACH = pytest.mark.parametrize("of", [of_stays, of_recurrence])


@cache
def drawn(of: Callable[[], Validation]) -> str:
    """The page of that validation."""
    return page(of())


class Read(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


@EACH
def test_the_page_asks_for_nothing_from_elsewhere(of: Callable[[], Validation]) -> None:
    text = drawn(of)
    read = Read(text)
    assert not read.all("script", "link", "img", "iframe", "object")
    links = [each.get("href") or each.get("xlink:href") or "#" for each in read.all("a", "use")]
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)|@import", text)


@EACH
def test_every_plot_says_what_it_shows(of: Callable[[], Validation]) -> None:
    figures = Read(drawn(of)).all("figure")
    assert len(figures) == (5 if of is of_stays else 3)
    assert all(figure["role"] == "img" and ": " in str(figure["aria-label"]) for figure in figures)


@EACH
def test_no_id_is_given_twice(of: Callable[[], Validation]) -> None:
    ids = [each["id"] for _, each in Read(drawn(of)).tags if "id" in each]
    repeated = {each for each in ids if ids.count(each) > 1 and "_" not in str(each)}
    assert not repeated


def test_plots_take_the_pages_colours() -> None:
    text = drawn(of_stays)
    assert "var(--model)" in text.partition("<svg")[2]
    assert "#01020" not in text


def test_tables_have_headings_of_columns_and_rows() -> None:
    scopes = [each["scope"] for each in Read(drawn(of_stays)).all("th")]
    assert set(scopes) == {"col", "row"}


def test_a_name_is_only_ever_text() -> None:
    text = page(replace(of_stays(), data="<script>alert(1)</script>"))
    assert "<script>" not in text


def test_the_same_validation_gives_the_same_page() -> None:
    assert page(of_stays()) == drawn(of_stays)
