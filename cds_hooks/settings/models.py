"""Where a site keeps its own versions of models, and how models are verified."""

from typing import Annotated

from msgspec import Meta, Struct


class ModelSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a site's own versions of models lie, and how models are verified."""

    folder: Annotated[
        str, Meta(description="the folder of the site's own versions of models; empty: none")
    ] = ""
    verdicts: Annotated[
        str,
        Meta(
            description="the file in which is kept what was verified already; empty: in the cache"
            " of the user who serves"
        ),
    ] = ""
    patience_seconds: Annotated[
        float,
        Meta(
            gt=0,
            le=600,
            description="how long the verification of all models may take at the start",
        ),
    ] = 60.0
