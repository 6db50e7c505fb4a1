"""What one prefetch key holds: a FHIR server's answer to a read or a search, taken apart safely."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.bundles import Bundle, BundleLink, Issue, Issues, OperationOutcome
from fhir_adapters.r4.datatypes import Part, Resource
from fhir_adapters.r4.labels import masked, shortened
from fhir_adapters.r4.repeated import may_repeat, repeats
from fhir_adapters.r4.resources import Data
from fhir_adapters.record import Availability, DropCode, Dropped, Source


class State(StrEnum):
    """What a prefetch key turned out to hold."""

    ABSENT = "absent"
    NULL = "null"
    EMPTY = "empty"
    RESOURCES = "resources"
    PAGE = "page"
    ERROR = "error"
    UNREADABLE = "unreadable"


_AVAILABILITY = {
    State.ABSENT: Availability.ABSENT,
    State.NULL: Availability.ANSWERED,
    State.EMPTY: Availability.ANSWERED,
    State.RESOURCES: Availability.ANSWERED,
    State.PAGE: Availability.TRUNCATED,
    State.ERROR: Availability.UNAVAILABLE,
    State.UNREADABLE: Availability.UNAVAILABLE,
}


class Found(Part):
    """A resource that was sent; `included` ones are there only because a match refers to them."""

    resource: Data
    full_url: str = ""
    included: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One prefetch key read; `next_url` is "" where no further page is named."""

    state: State
    found: tuple[Found, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    next_url: str = ""

    @property
    def availability(self) -> Availability:
        """Whether finding nothing here shows that there is nothing."""
        return _AVAILABILITY[self.state]


class Search(Part):
    """Why an entry is in a searchset: "match", "include" or "outcome"."""

    mode: str | None = None


class Response(Part):
    """What became of one request of a batch: `status` begins with the HTTP status code."""

    status: str | None = None


class Entry(Part, kw_only=True):
    """An entry of a Bundle with a resource that is read here."""

    resource: Data | OperationOutcome
    full_url: str | None = None
    search: Search | None = None


class Page(Resource, tag_field="resourceType", tag="Bundle"):
    """A Bundle of which every entry can be read, which nearly all are."""

    link: list[BundleLink] | None = None
    total: int | None = None
    entry: list[Entry] | None = None
    issues: Issues | None = None


class Head(Part):
    """As much of a resource as tells what it is."""

    resource_type: str
    id: str | None = None


class OtherEntry(Part):
    """An entry of which no more is read than what it is, and what became of it."""

    resource: Head | None = None
    search: Search | None = None
    response: Response | None = None


class NestedEntry(Part, kw_only=True):
    """An entry that holds a Bundle: what one search of a batch found."""

    resource: Bundle


class Ignored(Part):
    """A resource of a type that is not read, though it may be a result of the search."""

    matched: bool


Item: TypeAlias = Found | OperationOutcome | Dropped | Ignored
"""What one entry holds."""


READ = frozenset(
    {
        "AllergyIntolerance",
        "Bundle",
        "Condition",
        "Device",
        "DeviceUsage",
        "DeviceUseStatement",
        "Encounter",
        "Location",
        "Medication",
        "MedicationOrder",
        "MedicationRequest",
        "MedicationStatement",
        "Observation",
        "OperationOutcome",
        "Patient",
        "Procedure",
        "Specimen",
    }
)
"""The types of resources that are read, wherever they may stand."""

# With these a server says, if only as a warning, that it kept results back.
_WITHHELD = frozenset({"incomplete", "suppressed", "throttled", "too-costly"})
_GOES_ON = OperationOutcome(issue=[Issue(severity="warning", code="incomplete")])

# Not read, though a drug that is taken may be recorded in nothing else.
_DRUGS_NOT_READ = frozenset({"MedicationAdministration", "MedicationDispense"})

_whole: Decoder[Page | OperationOutcome] = Decoder(Page | OperationOutcome)
_value: Decoder[Bundle | Data | OperationOutcome] = Decoder(Bundle | Data | OperationOutcome)
_entry = Decoder(Entry)
_other_entry = Decoder(OtherEntry | None)
_nested_entry = Decoder(NestedEntry)


def answer(raw: bytes | None, *, asked: int | None) -> Answer:
    """Reads the JSON of one prefetch key.

    `raw` is None for a key that was not sent and b"null" for a null; `asked` is the `_count` of the
    search behind the key, 0 or None for a read. Never raises: a value that cannot be read is
    UNREADABLE, a resource among others that cannot is Dropped.
    """
    if raw is None:
        return Answer(State.ABSENT)
    if raw.strip() == b"null":
        return Answer(State.NULL)
    value = _decoded(raw)
    if value is None:
        return Answer(State.UNREADABLE)
    if isinstance(value, Page | Bundle):
        return _page(value, asked or 0)
    if isinstance(value, OperationOutcome):
        return Answer(_state(Bundle(), 0, asked=0, outcomes=(value,)))
    if repeats(raw):
        return Answer(State.UNREADABLE, dropped=(_repeated(type(value).__name__, value.id),))
    return Answer(State.RESOURCES, (Found(value),))


def _decoded(raw: bytes) -> Page | Bundle | Data | OperationOutcome | None:
    """Everything in one go or, where an entry does not let that be, each entry for itself."""
    with suppress(DecodeError, RecursionError):
        whole = _whole.decode(raw)
        if isinstance(whole, OperationOutcome):
            return whole
        if not may_repeat(raw, [each.resource for each in whole.entry or ()]):
            return whole
    with suppress(DecodeError, RecursionError):
        return _value.decode(raw)
    return None


def _page(bundle: Page | Bundle, asked: int) -> Answer:
    if bundle.implicit_rules:  # rules not known here may change what every entry means
        return Answer(State.UNREADABLE)
    listed: defaultdict[type, list[Any]] = defaultdict(list)
    for item in _items(bundle):
        listed[type(item)].append(item)
    found, dropped = listed[Found], listed[Dropped]
    matches = [each.included for each in found].count(False) + len(dropped)
    matches += [each.matched for each in listed[Ignored]].count(True)
    state = _state(bundle, matches, asked=asked, outcomes=listed[OperationOutcome])
    following = [link.url for link in bundle.link or () if link.relation == "next"]
    return Answer(state, tuple(found), tuple(dropped), (following and following[0]) or "")


def _items(bundle: Page | Bundle, *, nested: bool = False) -> Iterator[Item]:
    """What each entry holds and, where one holds a Bundle, what each entry of that holds."""
    if bundle.issues and bundle.issues.issue:
        yield OperationOutcome(issue=bundle.issues.issue)
    if shortened(bundle.meta) or masked(bundle.meta):
        yield _GOES_ON
    for entry in bundle.entry or ():
        if isinstance(entry, Entry):
            yield _listed(entry)
        else:
            yield from _decoded_entry(entry, nested=nested)


def _decoded_entry(raw: bytes | Raw, *, nested: bool) -> Iterator[Item]:
    """Decodes one entry; a malformed or ambiguous one costs only itself."""
    try:
        if repeats(bytes(raw)):
            yield _ambiguous(raw)
            return
        yield _listed(_entry.decode(raw))
    except (DecodeError, RecursionError):
        yield from _not_read(raw, nested=nested)


def _ambiguous(raw: bytes | Raw) -> Dropped:
    entry = _other_entry.decode(raw)
    head = entry.resource if entry else None
    return _repeated(head.resource_type if head else "", head.id if head else None)


def _repeated(kind: str, identifier: str | None) -> Dropped:
    source = Source(f"{kind}/{identifier or ''}" if kind else "")
    return Dropped(source, DropCode.REPEATED_MEMBER, "a member of it is there twice")


def _listed(entry: Entry) -> Found | OperationOutcome | Ignored:
    if isinstance(entry.resource, OperationOutcome):
        return entry.resource
    mode = entry.search and entry.search.mode
    if mode == "outcome":  # never data, whatever it is
        return Ignored(False)
    return Found(entry.resource, entry.full_url or "", mode == "include")


def _not_read(raw: bytes | Raw, *, nested: bool) -> Iterator[Item]:
    try:
        entry = _other_entry.decode(raw) or OtherEntry()
    except (DecodeError, RecursionError):
        yield _malformed("")
        return
    mode = entry.search and entry.search.mode
    head = entry.resource
    if head is None:
        yield _without_resource(entry)
    elif head.resource_type == "Bundle":
        yield from _inner(raw, nested=nested)
    elif head.resource_type in READ:
        yield _malformed(f"{head.resource_type}/{head.id or ''}")
    elif head.resource_type in _DRUGS_NOT_READ and mode not in ("include", "outcome"):
        source = Source(f"{head.resource_type}/{head.id or ''}")
        yield Dropped(source, DropCode.TYPE_NOT_READ, "a resource of a type that is not read")
    else:
        yield Ignored(mode not in ("include", "outcome"))


def _without_resource(entry: OtherEntry) -> Dropped:
    status = (entry.response and entry.response.status) or ""
    if status.startswith(("4", "5")):
        return Dropped(Source(""), DropCode.REFUSED, "the server refused it")
    return Dropped(Source(""), DropCode.NO_RESOURCE, "an entry without a resource")


def _inner(raw: bytes | Raw, *, nested: bool) -> Iterator[Item]:
    """What a Bundle inside a Bundle holds, as a batch answers a search; no deeper than that."""
    unread = Dropped(Source(""), DropCode.NESTED, "a Bundle that could not be read")
    if nested:
        yield unread
        return
    try:
        bundle = _nested_entry.decode(raw).resource
    except (DecodeError, RecursionError):
        yield unread
        return
    items = list(_items(bundle, nested=True))
    yield from items
    if bundle.implicit_rules:
        yield unread
    if _more(bundle, len(items), 0):
        yield _GOES_ON


def _malformed(reference: str) -> Dropped:
    return Dropped(Source(reference), DropCode.MALFORMED, "not a valid FHIR resource")


def _state(
    bundle: Page | Bundle, matches: int, *, asked: int, outcomes: Sequence[OperationOutcome]
) -> State:
    if any(map(_failed, outcomes)):
        return State.ERROR
    if _more(bundle, matches, asked) or any(map(_withheld, outcomes)):
        return State.PAGE
    return State.RESOURCES if matches else State.EMPTY


def _more(bundle: Page | Bundle, matches: int, asked: int) -> bool:
    """Whether the search has, or may have, results beyond this page."""
    if bundle.link and "next" in [link.relation for link in bundle.link]:
        return True
    return 0 < asked <= matches or (bundle.total or 0) > matches


def _failed(outcome: OperationOutcome) -> bool:
    severities = [issue.severity for issue in outcome.issue or ()]
    return not severities or any(each not in ("information", "warning") for each in severities)


def _withheld(outcome: OperationOutcome) -> bool:
    return any(issue.code in _WITHHELD for issue in outcome.issue or ())
