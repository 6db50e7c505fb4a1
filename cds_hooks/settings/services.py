"""Settings of one service, of a site or of one of its clients: mode, thresholds, quiet time."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

Mode: TypeAlias = Literal["off", "silent", "shadow", "live"]
"""Whether a service is there at all, computes without showing its cards, or shows them.

`shadow` is silent too, and asks the versions of models that the site tries, where it has any.
"""


class ServiceSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is decided of one service; what is not said is as the service or the site has it."""

    mode: Annotated[
        Mode | None,
        Meta(
            description="not there at all; computed and recorded without a card; the same with the"
            " model versions that the site tries; or shown"
        ),
    ] = None
    thresholds: Annotated[
        dict[str, float],
        Meta(description="from what on it speaks, by the names that services.md lists for it"),
    ] = {}
    rules: Annotated[
        dict[str, bool],
        Meta(description="which rules on orders are on, by the names that order-rules.md lists"),
    ] = {}
    remove_drafts: Annotated[
        bool | None,
        Meta(
            description="whether a card may suggest to delete a draft order, which no one has"
            " signed; nothing is ever deleted unasked"
        ),
    ] = None
    prefetch: Annotated[
        dict[str, str],
        Meta(description="templates in place of those that we announce, by prefetch key"),
    ] = {}
    quiet_hours: Annotated[
        Annotated[float, Meta(ge=0, le=100_000)] | None,
        Meta(
            description="for this service in place of `fatigue.acute_hours` and `prevention_days`"
        ),
    ] = None
    margin: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(
            description="how far the risk must move for a card that was answered to be shown again,"
            " in multiples of the threshold that calls for the card; 0.5 unless the service has"
            " its own"
        ),
    ] = None
    most_an_hour: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="for this service in place of `fatigue.most_an_hour`"),
    ] = None


def over(upper: ServiceSettings, lower: ServiceSettings) -> ServiceSettings:
    """The upper's choices, and the lower's where it makes none."""
    chosen = {
        name: getattr(upper, name)
        for name in ("mode", "remove_drafts", "quiet_hours", "margin", "most_an_hour")
        if getattr(upper, name) is not None
    }
    return replace(
        lower,
        thresholds=lower.thresholds | upper.thresholds,
        rules=lower.rules | upper.rules,
        prefetch=lower.prefetch | upper.prefetch,
        **chosen,
    )
