"""What a site remembers of its calls: in which database, by what ids, and for how long."""

from typing import Annotated, Literal

from msgspec import Meta, Struct


class StoreSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered, where, and for how long."""

    url: Annotated[
        str,
        Meta(
            description="the database: a SQLite file, or `postgresql://user@host/name` (extra"
            " `postgres`), whose password is left to libpq's own ways (`PGPASSFILE`, `PGPASSWORD`)"
        ),
    ] = "sqlite:///cds-hooks.db"
    ids: Annotated[
        Literal["keyed", "plain"],
        Meta(
            description="ids of patients, users, encounters and resources as keyed digests, or as"
            " the EHR sends them"
        ),
    ] = "keyed"
    secret_env: Annotated[
        str,
        Meta(
            description="the environment variable that holds the secrets of the digests, in place"
            " of the file"
        ),
    ] = ""
    secret_file: Annotated[
        str,
        Meta(
            description="the file of these secrets, one a line, the newest first; a restart reads"
            " it again. Beside a SQLite file a first one is made; for PostgreSQL it is yours to"
            " give, the same on every host"
        ),
    ] = "cds-hooks.secret"  # noqa: S105 - a file name
    inputs: Annotated[
        Literal["full", "hashed", "none"],
        Meta(
            description="what is kept of an assessment's inputs: themselves, with units, times and"
            " conversions; a keyed digest of them; or nothing. Under the latter two neither"
            " contributions nor the wording of reasons are kept, which give inputs away"
        ),
    ] = "full"
    card_content: Annotated[bool, Meta(description="whether the card itself is kept")] = False
    retention_days: Annotated[int, Meta(ge=1, description="for how long rows are kept")] = 90
    spool_file: Annotated[
        str, Meta(description="where records wait while the database is away; one for each host")
    ] = "cds-hooks.spool"
    spool_mb: Annotated[
        int,
        Meta(
            ge=1,
            description="the room on the disk that is reserved for it, in MB: 64 hold half an hour"
            " of eight calls of `patient-risks` a second",
        ),
    ] = 64
    patience_ms: Annotated[
        int,
        Meta(
            ge=2,
            le=10_000,
            description="milliseconds that an answer waits until its record is on a disk: half of"
            " them for the database, the other half for the spool",
        ),
    ] = 400
