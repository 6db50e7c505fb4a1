"""Settings for fetching what an EHR did not send: deadline, bounds, circuit breaker, policies."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Policy: TypeAlias = Literal["fail", "omit", "operation_outcome"]
"""What a key becomes that could not be fetched: the end of the call, absent, or unavailable."""


class FetchSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an EHR did not send, and we fetch from its `fhir_servers`."""

    deadline_ms: Annotated[
        int, Meta(ge=200, le=60_000, description="milliseconds that a whole call may take")
    ] = 500
    most_pages: Annotated[
        int, Meta(ge=1, le=100, description="how many pages of one prefetch key are followed")
    ] = 4
    most_bytes: Annotated[
        int,
        Meta(ge=1_000, le=100_000_000, description="what all pages of one key may hold"),
    ] = 5_000_000
    at_once: Annotated[
        int,
        Meta(
            ge=1,
            le=200,
            description="how many requests one server gets from one process at a time",
        ),
    ] = 16
    failures: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="after so many calls in a row for which a server gave nothing it is left"
            " alone",
        ),
    ] = 5
    rest_seconds: Annotated[
        float, Meta(gt=0, le=3_600, description="for how long; then one call tries it")
    ] = 10.0
    on_failure: Annotated[
        Policy,
        Meta(
            description="what a key becomes that could not be fetched: the end of the call with"
            " 412, absent, or unavailable. In no case does it mean none"
        ),
    ] = "operation_outcome"
    keys: Annotated[
        dict[str, Policy],
        Meta(description='the same, for single prefetch keys: `{ conditions = "omit" }`'),
    ] = {}

    def policy(self, key: str) -> Policy:
        """What becomes of that prefetch key if it cannot be fetched."""
        return self.keys.get(key, self.on_failure)
