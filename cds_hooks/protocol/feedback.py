"""The standard's feedback tables as clients send them, and the outcome of one card as one value."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.json import encode
from msgspec.structs import force_setattr

Kind: TypeAlias = Literal["accepted", "overridden"]
Dialect: TypeAlias = Literal["standard", "epic"]

# Longer than the ids, codes and comments of EHRs in use, and short enough to be kept as they are.
Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Line: TypeAlias = Annotated[str, Meta(max_length=1000)]
Comment: TypeAlias = Annotated[str, Meta(max_length=10_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]

MOST_ITEMS = 1000
"""How many items one post may hold: they are stored in one transaction."""


class InvalidFeedback(ValueError):
    """An item breaks a rule of the standard; the message names the rule."""


class AcceptedSuggestion(Struct, frozen=True):
    """A suggestion that was accepted, by the uuid that it was sent with."""

    id: Id


class Reason(Struct, frozen=True):
    """Why a card was overridden, as a Coding; clients in use leave out system and display."""

    code: Code
    system: Line | UnsetType = UNSET
    display: Line | UnsetType = UNSET


AcceptedSuggestions: TypeAlias = Annotated[tuple[AcceptedSuggestion, ...], Meta(max_length=100)]


class OverrideReason(Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a card was overridden: a reason, a comment, or both."""

    reason: Reason | UnsetType = UNSET
    user_comment: Comment | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.reason is UNSET and not (self.user_comment or "").strip():
            raise InvalidFeedback("cds-fb-3: an override reason needs a reason or a comment")


class Feedback(Struct, frozen=True, kw_only=True, rename="camel"):
    """The feedback on one card. `override_reasons` is Epic's name of `override_reason`.

    `outcome_timestamp` is aware, with any offset where it is sent and in UTC where it is read.
    """

    card: Id
    outcome: Kind
    outcome_timestamp: Instant
    accepted_suggestions: AcceptedSuggestions | UnsetType = UNSET
    override_reason: OverrideReason | UnsetType = UNSET
    override_reasons: OverrideReason | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.outcome not in ("accepted", "overridden"):
            raise InvalidFeedback("cds-fb-1: the outcome is accepted or overridden")
        if self.outcome == "accepted" and not self.accepted_suggestions:
            raise InvalidFeedback("cds-fb-2: an accepted card needs accepted suggestions")
        force_setattr(self, "outcome_timestamp", in_utc(self.outcome_timestamp))


class Batch(Struct, frozen=True):
    """The body of a feedback call with its items as they were sent."""

    feedback: tuple[Raw, ...]


class FeedbackRequest(Struct, frozen=True):
    """The body of a feedback call: feedback on any cards of one service."""

    feedback: tuple[Feedback, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one card, however it was spelled; texts that were not sent are "".

    `at` is in UTC. Ids that are UUIDs are in lower case and bare; suggestions are named once.
    """

    card: str
    kind: Kind
    at: datetime
    suggestions: tuple[str, ...] = ()
    code: str = ""
    system: str = ""
    display: str = ""
    comment: str = ""
    dialect: Dialect = "standard"


def outcomes(request: FeedbackRequest) -> tuple[Outcome, ...]:
    """The outcomes in the order in which they were sent."""
    return tuple(map(_outcome, request.feedback))


def idempotency_key(outcome: Outcome, client: str, *, service: str) -> str:
    """The same for the same event however it is spelled: 64 hexadecimal digits.

    Not the card alone: a card's suggestions may be accepted one by one.
    """
    suggestions = sorted(outcome.suggestions)
    reason = (outcome.code, outcome.system, outcome.display, outcome.comment)
    event = (client, service, outcome.card, outcome.kind, outcome.at, suggestions, *reason)
    return sha256(encode(event)).hexdigest()


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; raises InvalidFeedback if it lies before or after what can be dated."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidFeedback("the moment cannot be dated in UTC") from None


def _outcome(item: Feedback) -> Outcome:
    given = item.override_reason or item.override_reasons
    reason = given.reason if given else UNSET
    suggestions = dict.fromkeys(_bare(each.id) for each in item.accepted_suggestions or ())
    return Outcome(
        card=_bare(item.card),
        kind=item.outcome,
        at=item.outcome_timestamp,
        suggestions=tuple(suggestions),
        code=reason.code if reason else "",
        system=(reason.system or "") if reason else "",
        display=(reason.display or "") if reason else "",
        comment=((given.user_comment or "") if given else "").strip(),
        dialect="epic" if item.override_reasons else "standard",
    )


def _bare(id: str) -> str:
    """The id as cards carry it: a UUID without `urn:uuid:` and in lower case, others as sent."""
    bare = id.removeprefix("urn:uuid:")
    try:
        uuid = str(UUID(bare))
    except ValueError:
        return id
    return uuid if uuid == bare.lower() else id
