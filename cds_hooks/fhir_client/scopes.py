"""What the scopes of an access token allow us to read: SMART's, of version 1 and 2."""

import re
from enum import Enum
from typing import Literal, TypeAlias

Interaction: TypeAlias = Literal["read", "search"]


class Grant(Enum):
    """How much of a resource type may be asked for."""

    NONE = "none"
    PART = "part"
    WHOLE = "whole"


# `.search` is no SMART, but what Epic lists beside `.read`.
_SCOPE = re.compile(
    r"(?:patient|user|system)/(?P<type>[A-Za-z]+|\*)"
    r"\.(?P<allowed>read|write|search|\*|(?=[cruds])c?r?u?d?s?)(?P<part>\?\S+)?"
)
_V1: dict[str, set[Interaction]] = {
    "read": {"read", "search"},
    "search": {"search"},
    "write": set(),
    "*": {"read", "search"},
}


def granted(scope: str, kind: str, interaction: Interaction) -> Grant:
    """How much of that resource type the scope lets us read or search.

    A scope with parameters, such as `patient/Observation.rs?category=laboratory`, grants a part. A
    text without any scope for resources says nothing, so that the server may decide.
    """
    scopes = [found for each in scope.split() if (found := _SCOPE.fullmatch(each))]
    if not scopes:
        return Grant.WHOLE
    covering = [
        each
        for each in scopes
        if each["type"] in (kind, "*") and interaction in _interactions(each["allowed"])
    ]
    if not covering:
        return Grant.NONE
    return Grant.PART if all(each["part"] for each in covering) else Grant.WHOLE


def _interactions(allowed: str) -> set[Interaction]:
    if allowed in _V1:
        return _V1[allowed]
    interactions: dict[str, Interaction] = {"r": "read", "s": "search"}
    return {interactions[letter] for letter in allowed if letter in interactions}
