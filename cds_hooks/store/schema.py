"""The tables, alike in SQLite and PostgreSQL.

A row is plain: text, numbers, booleans and None. Times are text as `moments` writes them, lists and
objects are JSON. So a row can be written to a file and read back without knowing its table.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy import Row as Found

Value: TypeAlias = str | float | bool | None
"""What a column holds."""

Row: TypeAlias = Mapping[str, Value]
"""One row by column."""

Batch: TypeAlias = Mapping[str, Sequence[Row]]
"""Rows by table, those first that others refer to: what one transaction writes."""

metadata = MetaData()


def plain(row: Found[Any]) -> Row:
    """A row that was read, as it was written."""
    # A name that SQL reserves is text of a kind of its own.
    return {str(name): value for name, value in row._mapping.items()}


cards = Table(
    "cards",
    metadata,
    Column("client", Text, nullable=False),
    Column("uuid", Text, nullable=False),
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
    Column("assessments", Text, nullable=False),  # ids of those that it may rest on
    PrimaryKeyConstraint("client", "uuid"),
    Index("cards_by_subject", "client", "patient_id", "topic", "user_id"),
    Index("cards_by_call", "client", "hook_instance"),
    Index("cards_by_time", "issued_at"),
    Index("cards_by_uuid", "uuid"),  # whoever they were issued to
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("client", Text, nullable=False),
    Column("uuid", Text, nullable=False),
    Column("card_uuid", Text, nullable=False),
    PrimaryKeyConstraint("client", "uuid"),
    ForeignKeyConstraint(
        ("client", "card_uuid"), ("cards.client", "cards.uuid"), ondelete="CASCADE"
    ),
    Index("suggestions_by_card", "client", "card_uuid"),
)

assessments = Table(
    "assessments",
    metadata,
    Column("client", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("hook_instance", Text, nullable=False),
    Column("service", Text, nullable=False),  # that asked; not always the one that was called
    Column("predictor", Text, nullable=False),
    Column("version", Text),  # None where the service refused before it asked a predictor
    Column("as_of", Text, nullable=False),
    Column("outcome", Text),  # of the predictor's first prediction, as are the next three
    Column("risk", Float),
    Column("low", Float),
    Column("high", Float),
    Column("predictions", Text, nullable=False),
    Column("inputs", Text),  # under `full`
    Column("inputs_digest", Text),  # under `hashed`
    Column("contributions", Text),  # under `full`, where they were computed
    Column("reasons", Text, nullable=False),  # why it was refused
    Column("mode", Text, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "id"),
    Index("assessments_by_call", "client", "hook_instance"),
    Index("assessments_by_patient", "client", "patient_id"),
    Index("assessments_by_time", "created_at"),
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

audit_events = Table(
    "audit_events",
    metadata,
    Column("client", Text, nullable=False),
    Column("id", Text, nullable=False),  # the correlation id, which the log has as well
    Column("event", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("hook_instance", Text),
    Column("patient_id", Text),
    Column("user_id", Text),
    Column("encounter_id", Text),
    Column("detail", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    PrimaryKeyConstraint("client", "id"),
    Index("audit_events_by_patient", "client", "patient_id"),
    Index("audit_events_by_time", "recorded_at"),
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

KEPT_SINCE: Mapping[str, str] = {
    "cards": "issued_at",
    "assessments": "created_at",
    "feedback": "received_at",
    "audit_events": "recorded_at",
}
"""The column that a row's age is counted from, by table; suggestions go with their card."""

EXPIRES: Mapping[str, str] = {"replay_ids": "expires_at", "smart_launches": "expires_at"}
"""The column that says from when on a row is of no use, by table."""
