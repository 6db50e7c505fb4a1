"""What a site decides about fetching what an EHR did not send."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Policy: TypeAlias = Literal["fail", "omit", "operation_outcome"]
"""What a key becomes that could not be fetched: the end of the call, absent, or unavailable."""


class FetchSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a whole call may take, how much is fetched for it, and what if that fails.

    `keys` is `on_failure` for single prefetch keys. `at_once` is how many requests one server gets
    from one process at a time, `most_bytes` what all pages of one key may hold. After so many calls
    in a row for which a server gave nothing (`failures`) it is left alone for `rest_seconds`.
    """

    deadline_ms: Annotated[int, Meta(ge=200, le=60_000)] = 500
    most_pages: Annotated[int, Meta(ge=1, le=100)] = 4
    most_bytes: Annotated[int, Meta(ge=1_000, le=100_000_000)] = 5_000_000
    at_once: Annotated[int, Meta(ge=1, le=200)] = 16
    failures: Annotated[int, Meta(ge=1, le=1_000)] = 5
    rest_seconds: Annotated[float, Meta(gt=0, le=3_600)] = 10.0
    on_failure: Policy = "operation_outcome"
    keys: dict[str, Policy] = {}

    def policy(self, key: str) -> Policy:
        """What becomes of that prefetch key if it cannot be fetched."""
        return self.keys.get(key, self.on_failure)
