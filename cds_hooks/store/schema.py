"""The tables, alike in SQLite and PostgreSQL.

A row is plain: text, numbers, booleans, bytes and None. Times are text as `timestamps` writes them,
lists and objects are JSON. So a row can be written to a file and read back without its table.

One call leaves one row in `calls` and one in `cards` for each card. What is asked of them later is
answered by an index over time and the columns beside it: cards by service, indicator and time;
feedback by service, reason and time; inputs and scores, which are packed into `calls.assessments`,
by walking the calls of that time (`assessments.kept_between`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import Row as Found

Value: TypeAlias = str | float | bool | bytes | None
"""What a column holds."""

Row: TypeAlias = Mapping[str, Value]
"""One row by column."""

Batch: TypeAlias = Mapping[str, Sequence[Row]]
"""Rows by table: what one transaction writes."""

metadata = MetaData()


def plain(row: Found[Any]) -> Row:
    """A row that was read, as it was written."""
    # A name that SQL reserves is text of a kind of its own.
    return {str(name): value for name, value in row._mapping.items()}


calls = Table(
    "calls",
    metadata,
    Column("client", Text, nullable=False),
    Column("id", Text, nullable=False),  # the correlation id, which the log has as well
    Column("event", Text, nullable=False),  # a `call` of a service, or that a `detail` was opened
    Column("hook", Text),
    Column("service", Text, nullable=False),
    Column("hook_instance", Text),
    Column("mode", Text),
    Column("patient_id", Text),
    Column("user_id", Text),
    Column("encounter_id", Text),
    Column("shown", Integer),  # how many cards
    Column("withheld", Integer),
    Column("detail", Text),  # what few calls have: who did not answer, which card was opened
    Column("assessments", LargeBinary),  # all of the call's, as `assessments` packs them
    Column("recorded_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "id"),
    Index("calls_by_patient", "client", "patient_id"),
    Index("calls_by_time", "recorded_at"),
)

cards = Table(
    "cards",
    metadata,
    Column("client", Text, nullable=False),
    Column("uuid", Text, nullable=False),
    Column("call_id", Text, nullable=False),  # the first of the calls that it was made for
    Column("hook_instance", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("topic", Text),
    Column("indicator", Text, nullable=False),
    Column("over", Float),  # Finding.over: how far beyond what makes it due
    Column("patient_id", Text, nullable=False),
    Column("user_id", Text),
    Column("encounter_id", Text),
    Column("shown", Boolean, nullable=False),
    Column("withheld_reason", Text),
    Column("issued_at", Text, nullable=False),
    Column("content", Text),  # the card; None unless the site keeps it
    Column("suggestions", Text, nullable=False),  # the uuids of its suggestions
    Column("rests_on", Text, nullable=False),  # places in the assessments of its call, from 0 on
    # By the uuid first: it is also looked for whoever it was issued to.
    PrimaryKeyConstraint("uuid", "client"),
    Index("cards_by_subject", "client", "patient_id", "topic", "user_id"),
    Index("cards_by_call", "client", "hook_instance"),
    Index("cards_by_time", "issued_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("client", Text, nullable=False),
    Column("id", Text, nullable=False),  # digest of client, service and the item: the same, once
    Column("service", Text, nullable=False),
    Column("card_uuid", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", Text),
    Column("suggestions", Text, nullable=False),
    Column("reason_code", Text),
    Column("reason_system", Text),
    Column("reason_display", Text),
    Column("comment", Text),
    Column("orphan", Boolean, nullable=False),
    Column("mismatch", Boolean, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "id"),
    Index("feedback_by_card", "client", "card_uuid"),
    Index("feedback_by_time", "received_at"),
)

replay_ids = Table(
    "replay_ids",
    metadata,
    Column("client", Text, nullable=False),
    Column("jti", Text, nullable=False),  # its SHA-256
    Column("expires_at", Text, nullable=False),  # the token's own time with the client's leeway
    Column("call_digest", Text),  # of the call that may be repeated with it
    PrimaryKeyConstraint("client", "jti"),
    Index("replay_ids_by_time", "expires_at"),
)

smart_launches = Table(
    "smart_launches",
    metadata,
    Column("client", Text, nullable=False),
    Column("state", Text, nullable=False),  # its SHA-256
    Column("iss", Text, nullable=False),  # the FHIR server's base
    Column("browser", Text, nullable=False),  # SHA-256 of what the browser's cookie holds
    Column("expires_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "state"),
    Index("smart_launches_by_state", "state"),
    Index("smart_launches_by_time", "expires_at"),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("client", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("outcome", Text, nullable=False),  # as a prediction names it
    Column("at", Text, nullable=False),  # by when it had happened, or had not
    Column("happened", Boolean, nullable=False),
    Column("imported_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "patient_id", "outcome", "at"),
    Index("outcomes_by_time", "imported_at"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, nullable=False),
    Column("at", Text, nullable=False),
    PrimaryKeyConstraint("name"),
)

KEPT_SINCE: Mapping[str, str] = {
    "calls": "recorded_at",
    "cards": "issued_at",
    "feedback": "received_at",
    "outcomes": "imported_at",
}
"""The column that a row's age is counted from, by table."""

EXPIRES: Mapping[str, str] = {"replay_ids": "expires_at", "smart_launches": "expires_at"}
"""The column that says from when on a row is of no use, by table."""
