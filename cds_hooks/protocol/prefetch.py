"""What is fetched where an EHR did not send it: values by prefetch key, as the EHR sends them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from cds_hooks.protocol.hooks import Context, HookRequest


@dataclass(frozen=True, slots=True)
class Fetched:
    """Values by prefetch key, as an EHR sends them; `whole` were searched to their last page.

    `unfetched` says in words of ours, by key, why a key that was not sent was not fetched either.
    """

    values: Mapping[str, bytes]
    whole: frozenset[str] = frozenset()
    unfetched: Mapping[str, str] = field(default_factory=dict)


Fetch: TypeAlias = Callable[[HookRequest[Context], Mapping[str, str]], Fetched]
"""Fetches what a request lacks of these templates by key, and the further pages of what it has.

Raises PreconditionFailed where the site does not go on without a key that cannot be fetched.
"""


def nothing(_: HookRequest[Context], __: Mapping[str, str]) -> Fetched:
    """Fetches nothing: for files, and for clients whose servers are not known."""
    return Fetched({})
