"""Pages of a search, joined; what is left out is linked to."""

import json
from typing import Any

import pytest

from cds_hooks.fhir_client.paging import page, pages, partial
from cds_hooks.fhir_client.response import NotFetched
from fhir_adapters.r4.searchset import State, answer


def sheet(number: int, more: str = "", **fields: Any) -> bytes:
    """A page with one Condition; `more` is the next one's URL."""
    held = {
        "resource": {"resourceType": "Condition", "id": f"c{number}"},
        "fullUrl": f"urn:{number}",
    }
    link = [
        {"relation": "self", "url": "s"},
        *([{"relation": "next", "url": more}] if more else []),
    ]
    return json.dumps({"resourceType": "Bundle", "entry": [held], "link": link, **fields}).encode()


SHEETS = {"2": sheet(2, "3"), "3": sheet(3)}


def follow(url: str, _: int) -> bytes:
    if url not in SHEETS:
        raise NotFetched("late")
    return SHEETS[url]


def joined(
    first: bytes, *, most: int = 10, most_bytes: int = 10_000
) -> tuple[list[str], str, bool]:
    """The ids of what came together, the URL that is left to follow, and whether it is all."""
    body, whole = pages(first, follow, most=most, most_bytes=most_bytes)
    read = json.loads(body)
    named = [each["url"] for each in read.get("link", ()) if each["relation"] == "next"]
    return [each["resource"]["id"] for each in read["entry"]], "".join(named), whole


def test_pages_are_read_to_the_last() -> None:
    assert joined(sheet(1, "2")) == (["c1", "c2", "c3"], "", True)


def test_a_bound_is_told_of_by_the_link_that_is_left() -> None:
    assert joined(sheet(1, "2"), most=2) == (["c1", "c2"], "3", False)
    assert joined(sheet(1, "2"), most=1) == (["c1"], "2", False)
    assert joined(sheet(1, "2"), most_bytes=len(sheet(1, "2"))) == (["c1"], "2", False)


def test_a_page_that_cannot_be_had_is_still_linked_to() -> None:
    assert joined(sheet(1, "4")) == (["c1"], "4", False)


@pytest.mark.parametrize("body", [b'{"resourceType":"OperationOutcome"}', b"[", b'"x"', b"\xff{}"])
def test_a_page_that_is_no_page_is_still_linked_to(body: bytes) -> None:
    made, whole = pages(sheet(1, "2"), lambda *_: body, most=9, most_bytes=9_999)
    assert (json.loads(made)["link"][-1]["url"], whole) == ("2", False)


@pytest.mark.parametrize("body", [sheet(1), b'{"resourceType":"Patient"}', b"null", b"nonsense"])
def test_what_links_to_nothing_is_left_as_it_is(body: bytes) -> None:
    assert pages(body, follow, most=9, most_bytes=9_999) == (body, False)


def test_rules_that_change_what_a_page_means_are_kept() -> None:
    made, _ = pages(sheet(1, "2", implicitRules="urn:rules"), follow, most=9, most_bytes=9_999)
    assert answer(made, asked=0).state is State.UNREADABLE


def test_a_part_that_was_granted_is_never_all_there_is() -> None:
    assert answer(sheet(1), asked=0).state is State.RESOURCES
    assert answer(partial(sheet(1)), asked=0).state is State.PAGE
    assert answer(partial(b'{"resourceType":"Bundle"}'), asked=0).state is State.PAGE
    assert partial(b'{"resourceType":"Patient"}') == b'{"resourceType":"Patient"}'


def test_the_next_page_is_the_one_that_is_called_so() -> None:
    read = page(sheet(1, "2"))
    assert read
    assert read.next == "2"
    assert page(b'{"resourceType":"Patient"}') is None
