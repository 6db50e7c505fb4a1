"""Whether and where spans of calls are sent."""

from typing import Annotated

from msgspec import Meta, Struct

_SCHEMES = ("http://", "https://")


class TracingSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether and where OpenTelemetry spans of calls are sent (extra `otel`)."""

    endpoint: Annotated[
        str,
        Meta(
            description="the collector's address for spans by OTLP over HTTP, such as"
            " `http://127.0.0.1:4318/v1/traces`; empty: no spans are made"
        ),
    ] = ""
    share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="the share of calls of which spans are sent, where the caller's"
            " `traceparent` does not decide it",
        ),
    ] = 1.0

    def __post_init__(self) -> None:
        if self.endpoint and not self.endpoint.startswith(_SCHEMES):
            raise ValueError("endpoint: an address begins with http:// or https://")
