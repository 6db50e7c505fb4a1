"""Whether calls are counted for Prometheus, and where the processes of a host put their counts."""

from typing import Annotated

from msgspec import Meta, Struct


class MetricSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether and where calls are counted; `cds-hooks admin` answers them at `/metrics`."""

    folder: Annotated[
        str,
        Meta(
            description="the folder in which the processes of this host count, best in memory, such"
            " as `/dev/shm/cds-hooks`: `serve` writes it and `admin` reads it; empty: not counted."
            " Its `.db` files are deleted when the server starts"
        ),
    ] = ""
