"""What a site, or one of its clients, decides of a service."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

Mode: TypeAlias = Literal["off", "silent", "shadow", "live"]
"""Whether a service is there at all, computes without showing its cards, or shows them.

`shadow` is silent too, and asks the versions of models that the site tries, where it has any.
"""


class ServiceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided of one service: mode (None: its own), thresholds, prefetch.

    The last three are for this service what `FatigueSettings` and the service itself say (None: as
    they say).
    """

    mode: Mode | None = None
    thresholds: dict[str, float] = {}
    prefetch: dict[str, str] = {}
    quiet_hours: Annotated[float, Meta(ge=0, le=100_000)] | None = None
    margin: Annotated[float, Meta(gt=0)] | None = None
    most_an_hour: Annotated[int, Meta(ge=0)] | None = None


def over(upper: ServiceSettings, lower: ServiceSettings) -> ServiceSettings:
    """The upper's choices, and the lower's where it makes none."""
    chosen = {
        name: getattr(upper, name)
        for name in ("mode", "quiet_hours", "margin", "most_an_hour")
        if getattr(upper, name) is not None
    }
    return replace(
        lower,
        thresholds=lower.thresholds | upper.thresholds,
        prefetch=lower.prefetch | upper.prefetch,
        **chosen,
    )
