"""The standard's response tables, Card and what it holds, as values that cannot break its rules."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Literal, TypeAlias, get_args
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Text: TypeAlias = Annotated[str, Meta(min_length=1)]
Indicator: TypeAlias = Literal["info", "warning", "critical"]
SelectionBehavior: TypeAlias = Literal["at-most-one", "any"]
ActionType: TypeAlias = Literal["create", "update", "delete"]
LinkType: TypeAlias = Literal["absolute", "smart"]

URGENCY: tuple[Indicator, ...] = ("critical", "warning", "info")
"""The indicators from the most urgent to the least."""

LONGEST_SUMMARY = 139
"""In UTF-16 code units, as the clients that are browsers count: fewer than 140."""

_RELATIVE_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9.\-_]+")
# JSON has no way to send half of a surrogate pair, and PostgreSQL none to keep a NUL.
_SENDABLE = re.compile(r"[^\0\ud800-\udfff]*[^\s\0\ud800-\udfff][^\0\ud800-\udfff]*").fullmatch
_REVERSE_DOMAIN = re.compile(r"[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+")


class InvalidCard(ValueError):
    """A response that the standard does not allow; the message names the field and the rule."""


class _Sent(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Anything that is sent in a response: nothing in it is null, empty or outside JSON."""

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            value = getattr(self, field)
            # Most members are texts, or not there.
            if value is UNSET or (type(value) is str and _SENDABLE(value)):
                continue
            _refuse_unsendable(value, f"{type(self).__name__}.{field}")


class Coding(_Sent, frozen=True):
    """A code of a code system."""

    code: Text
    system: Text
    display: Text | UnsetType = UNSET


class Source(_Sent, frozen=True):
    """Who stands behind a card's guidance; `topic` groups cards, `icon` is the URL of a PNG."""

    label: Text
    url: Text | UnsetType = UNSET
    icon: Text | UnsetType = UNSET
    topic: Coding | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_relative(self.url, "Source.url")
        _refuse_relative(self.icon, "Source.icon")


class Link(_Sent, frozen=True):
    """A page, or a SMART app and the context it is launched with."""

    label: Text
    url: Text
    type: LinkType
    app_context: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_other(self.type, LinkType, "Link.type")
        _refuse_relative(self.url, "Link.url")
        if self.type != "smart" and self.app_context is not UNSET:
            raise InvalidCard("cds-resp-3: Link.app_context is for smart links only")


class Action(_Sent, frozen=True):
    """One change to the record: a whole FHIR resource to create or update, or what to delete.

    The resource is one of `protocol.resources`, or any other as a mapping.
    """

    type: ActionType
    description: Text
    resource: Any = UNSET
    resource_id: Text | UnsetType = UNSET

    def __post_init__(self) -> None:
        if not self.description:
            raise InvalidCard("cds-resp-5: Action.description is required")
        super().__post_init__()
        _refuse_other(self.type, ActionType, "Action.type")
        if self.type == "delete":
            _refuse_bad_deletion(self)
        elif self.resource is UNSET or not _has_a_type(self.resource):
            raise InvalidCard(f"Action.resource: {self.type} needs the whole FHIR resource")
        elif self.resource_id is not UNSET:
            raise InvalidCard("Action.resource_id is for delete only")


class Suggestion(_Sent, frozen=True):
    """Actions that a person accepts together."""

    label: Text
    uuid: Text | UnsetType = UNSET
    is_recommended: bool | UnsetType = UNSET
    actions: Annotated[tuple[Action, ...], Meta(min_length=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_bad_uuid(self.uuid, "Suggestion.uuid")


class Card(_Sent, frozen=True):
    """One piece of guidance; `detail` is GitHub Flavored Markdown."""

    summary: Annotated[str, Meta(min_length=1, max_length=LONGEST_SUMMARY)]
    indicator: Indicator
    source: Source
    uuid: Text | UnsetType = UNSET
    detail: Text | UnsetType = UNSET
    suggestions: Annotated[tuple[Suggestion, ...], Meta(min_length=1)] | UnsetType = UNSET
    selection_behavior: SelectionBehavior | UnsetType = UNSET
    override_reasons: Annotated[tuple[Coding, ...], Meta(min_length=1)] | UnsetType = UNSET
    links: Annotated[tuple[Link, ...], Meta(min_length=1)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.summary.encode("utf-16-le")) // 2 > LONGEST_SUMMARY:
            raise InvalidCard(f"Card.summary is longer than {LONGEST_SUMMARY} UTF-16 units")
        _refuse_other(self.indicator, Indicator, "Card.indicator")
        _refuse_bad_uuid(self.uuid, "Card.uuid")
        _refuse_bad_selection(self)
        for reason in self.override_reasons or ():
            if reason.display is UNSET:
                raise InvalidCard("cds-resp-4: each of Card.override_reasons needs a display")


class CDSResponse(_Sent, frozen=True):
    """What a service answers: its cards, and an extension under reverse-domain names."""

    cards: tuple[Card, ...]
    extension: Mapping[str, Any] | UnsetType = UNSET

    def __post_init__(self) -> None:
        # std-2: `cards` alone may be empty, so the rule for everything else is not asked here.
        _refuse_unsendable(self.extension, "CDSResponse.extension")
        for name in self.extension or ():
            if not _REVERSE_DOMAIN.fullmatch(name):
                raise InvalidCard(f"CDSResponse.extension: {name} is not a reverse-domain name")
        # A client that dismisses a card by its uuid would dismiss its twin as well.
        uuids = [card.uuid for card in self.cards if card.uuid is not UNSET]
        if len(uuids) != len(set(uuids)):
            raise InvalidCard("CDSResponse.cards: two cards have one uuid")


def _has_a_type(resource: object) -> bool:
    return isinstance(resource, Struct) or (
        isinstance(resource, Mapping) and "resourceType" in resource
    )


def _refuse_unsendable(value: object, where: str) -> None:
    match value:
        case bool() | int() | UnsetType() | _Sent():
            return
        case Struct():
            valid = True
            for name in value.__struct_fields__:
                # Of a resource's many elements most are not there.
                if (item := getattr(value, name)) is not UNSET:
                    _refuse_unsendable(item, f"{where}.{name}")
        case float():
            valid = isfinite(value)
        case str():
            valid = _SENDABLE(value) is not None
        case Mapping():
            valid = bool(value)
            for name, item in value.items():
                _refuse_unsendable(name, f"a name in {where}")
                _refuse_unsendable(item, f"{where}.{name}")
        case list() | tuple():
            valid = bool(value)
            for index, item in enumerate(value):
                if not isinstance(item, _Sent):  # which was looked at when it was made
                    _refuse_unsendable(item, f"{where}[{index}]")
        case _:
            valid = False
    if not valid:
        raise InvalidCard(f"{where} is null, empty or not JSON")


def _refuse_relative(url: str | UnsetType, where: str) -> None:
    if url is UNSET:
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InvalidCard(f"{where} is not a URL") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or url != url.strip():
        raise InvalidCard(f"{where} is not an absolute http(s) URL")


def _refuse_other(value: object, allowed: object, where: str) -> None:
    if value not in get_args(allowed):
        raise InvalidCard(f"{where} is none of {', '.join(get_args(allowed))}")


def _refuse_bad_uuid(text: str | UnsetType, where: str) -> None:
    if text is UNSET:
        return
    try:
        valid = str(UUID(text)) == text.lower()
    except ValueError:
        valid = False
    if not valid:
        raise InvalidCard(f"{where} is not a UUID")


def _refuse_bad_deletion(action: Action) -> None:
    if action.resource_id is UNSET or action.resource is not UNSET:
        raise InvalidCard("cds-resp-2: delete needs Action.resource_id and no resource")
    if not _RELATIVE_REFERENCE.fullmatch(action.resource_id):
        raise InvalidCard("Action.resource_id is not a relative reference")


def _refuse_bad_selection(card: Card) -> None:
    if card.suggestions is UNSET:
        return
    if card.selection_behavior is UNSET:
        raise InvalidCard("cds-resp-6: suggestions need Card.selection_behavior")
    _refuse_other(card.selection_behavior, SelectionBehavior, "Card.selection_behavior")
    recommended = sum(each.is_recommended is True for each in card.suggestions)
    if card.selection_behavior == "at-most-one" and recommended > 1:
        raise InvalidCard("cds-resp-1: at-most-one allows one recommended suggestion")
