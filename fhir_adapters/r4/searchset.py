"""What one prefetch key holds: a FHIR server's answer to a read or a search, taken apart safely."""

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import DecodeError, Raw
from msgspec.json import Decoder

from fhir_adapters.r4.bundles import Bundle, BundleLink, OperationOutcome
from fhir_adapters.r4.resources import Data, Part, Resource
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


class Head(Part):
    """As much of a resource as tells what it is."""

    resource_type: str
    id: str | None = None


class OtherEntry(Part, kw_only=True):
    """An entry of which no more is read than what it is."""

    resource: Head
    search: Search | None = None


class Ignored(Part):
    """A resource of a type that is not read, though it may be a result of the search."""

    matched: bool


_READ = frozenset(
    {
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
    }
)

# With these a server says, if only as a warning, that it kept results back.
_WITHHELD = frozenset({"incomplete", "suppressed", "throttled", "too-costly"})

_whole: Decoder[Page | OperationOutcome] = Decoder(Page | OperationOutcome)
_value: Decoder[Bundle | Data | OperationOutcome] = Decoder(Bundle | Data | OperationOutcome)
_entry = Decoder(Entry)
_other_entry = Decoder(OtherEntry)


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
    return Answer(State.RESOURCES, (Found(value),))


def _decoded(raw: bytes) -> Page | Bundle | Data | OperationOutcome | None:
    """Everything in one go or, where an entry does not let that be, each entry for itself."""
    with suppress(DecodeError, RecursionError):
        return _whole.decode(raw)
    with suppress(DecodeError, RecursionError):
        return _value.decode(raw)
    return None


def _page(bundle: Page | Bundle, asked: int) -> Answer:
    if bundle.implicit_rules:  # rules not known here may change what every entry means
        return Answer(State.UNREADABLE)
    listed: defaultdict[type, list[Any]] = defaultdict(list)
    for entry in bundle.entry or ():
        item = _listed(entry) if isinstance(entry, Entry) else _decoded_entry(entry)
        listed[type(item)].append(item)
    found, dropped = listed[Found], listed[Dropped]
    matches = sum(not each.included for each in found) + len(dropped)
    matches += sum(each.matched for each in listed[Ignored])
    state = _state(bundle, matches, asked=asked, outcomes=listed[OperationOutcome])
    next_url = next((link.url for link in bundle.link or () if link.relation == "next"), None)
    return Answer(state, tuple(found), tuple(dropped), next_url or "")


def _decoded_entry(raw: bytes | Raw) -> Found | OperationOutcome | Dropped | Ignored:
    """Decodes one entry; a malformed one costs only itself."""
    try:
        return _listed(_entry.decode(raw))
    except (DecodeError, RecursionError):
        return _not_read(raw)


def _listed(entry: Entry) -> Found | OperationOutcome | Ignored:
    if isinstance(entry.resource, OperationOutcome):
        return entry.resource
    mode = entry.search and entry.search.mode
    if mode == "outcome":  # never data, whatever it is
        return Ignored(False)
    return Found(entry.resource, entry.full_url or "", mode == "include")


def _not_read(raw: bytes | Raw) -> Dropped | Ignored:
    try:
        entry = _other_entry.decode(raw)
    except (DecodeError, RecursionError):
        return _malformed("")
    head = entry.resource
    if head.resource_type in _READ:
        return _malformed(f"{head.resource_type}/{head.id or ''}")
    mode = entry.search and entry.search.mode
    return Ignored(mode not in ("include", "outcome"))


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
    if any(link.relation == "next" for link in bundle.link or ()):
        return True
    return 0 < asked <= matches or (bundle.total or 0) > matches


def _failed(outcome: OperationOutcome) -> bool:
    severities = [issue.severity for issue in outcome.issue or ()]
    return not severities or any(each not in ("information", "warning") for each in severities)


def _withheld(outcome: OperationOutcome) -> bool:
    return any(issue.code in _WITHHELD for issue in outcome.issue or ())
