"""A search's further pages, joined to one Bundle that says whether there are more."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from cds_hooks.fhir_client.response import NotFetched
from cds_hooks.protocol.errors import Details, Issue, OperationOutcome

Follow = Callable[[str, int], bytes]
"""Fetches the page at a URL, of at most so many bytes; raises NotFetched."""


class Link(Struct, frozen=True):
    """Where another page is."""

    relation: str | None = None
    url: str | None = None


class Page(Struct, frozen=True, tag_field="resourceType", tag="Bundle", rename="camel"):
    """As much of a searchset as joining pages needs; its entries stay as they were sent."""

    type: str | UnsetType = UNSET
    implicit_rules: str | UnsetType = UNSET
    link: list[Link] | UnsetType = UNSET
    entry: list[Raw] | UnsetType = UNSET

    @property
    def next(self) -> str:
        """The next page's URL; "" if this is the last one."""
        named = (each.url for each in self.link or () if each.relation == "next")
        return next(named, "") or ""


_PAGE = msgspec.json.Decoder(Page)


def page(body: bytes) -> Page | None:
    """The page, if it is one."""
    try:
        return _PAGE.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def pages(first: bytes, follow: Follow, *, most: int, most_bytes: int) -> tuple[bytes, bool]:
    """The first page with those that it leads to, at most so many; and whether that is all.

    What is left out is still linked to, as in a page that an EHR sends. A value that links to no
    other page is left as it is, and whether it is all is then for its reader to judge.
    """
    found = page(first)
    if found is None or not found.next:
        return first, False
    read, left = [found], most_bytes - len(first)
    while (url := read[-1].next) and len(read) < most and left > 0:
        try:
            body = follow(url, left)
        except NotFetched:
            break
        following = page(body)
        if following is None:
            break
        read.append(following)
        left -= len(body)
    return (_joined(read), not read[-1].next) if len(read) > 1 else (first, False)


def partial(body: bytes) -> bytes:
    """The searchset with the server's word that it does not hold everything."""
    found = page(body)
    if found is None:
        return body
    issue = Issue(severity="warning", code="suppressed", details=Details("not all may be read"))
    said = {"search": {"mode": "outcome"}, "resource": OperationOutcome((issue,))}
    entry = [*(found.entry or ()), Raw(msgspec.json.encode(said))]
    return msgspec.json.encode(msgspec.structs.replace(found, entry=entry))


def _joined(read: Sequence[Page]) -> bytes:
    last, rules = read[-1], [each.implicit_rules for each in read if each.implicit_rules]
    whole = Page(
        type="searchset",
        implicit_rules=rules[0] if rules else UNSET,
        link=[Link("next", last.next)] if last.next else UNSET,
        entry=[entry for each in read for entry in each.entry or ()],
    )
    return msgspec.json.encode(whole)
