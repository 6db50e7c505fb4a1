"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Makes every table of the first release."""
    op.create_table(
        "assessments",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("predictor", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("as_of", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("risk", sa.Float),
        sa.Column("low", sa.Float),
        sa.Column("high", sa.Float),
        sa.Column("predictions", sa.Text, nullable=False),
        sa.Column("inputs", sa.Text),
        sa.Column("inputs_digest", sa.Text),
        sa.Column("contributions", sa.Text),
        sa.Column("reasons", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "id"),
    )
    op.create_index("assessments_by_call", "assessments", ["client", "hook_instance"])
    op.create_index("assessments_by_patient", "assessments", ["client", "patient_id"])
    op.create_index("assessments_by_time", "assessments", ["created_at"])
    op.create_table(
        "audit_events",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text),
        sa.Column("patient_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("encounter_id", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "id"),
    )
    op.create_index("audit_events_by_patient", "audit_events", ["client", "patient_id"])
    op.create_index("audit_events_by_time", "audit_events", ["recorded_at"])
    op.create_table(
        "cards",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("hook_instance", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.Column("over", sa.Float),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("encounter_id", sa.Text),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("withheld_reason", sa.Text),
        sa.Column("issued_at", sa.Text, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("assessments", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "uuid"),
    )
    op.create_index("cards_by_call", "cards", ["client", "hook_instance"])
    op.create_index("cards_by_subject", "cards", ["client", "patient_id", "topic", "user_id"])
    op.create_index("cards_by_time", "cards", ["issued_at"])
    op.create_index("cards_by_uuid", "cards", ["uuid"])
    op.create_table(
        "feedback",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("card_uuid", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_at", sa.Text),
        sa.Column("suggestions", sa.Text, nullable=False),
        sa.Column("reason_code", sa.Text),
        sa.Column("reason_system", sa.Text),
        sa.Column("reason_display", sa.Text),
        sa.Column("comment", sa.Text),
        sa.Column("orphan", sa.Boolean, nullable=False),
        sa.Column("mismatch", sa.Boolean, nullable=False),
        sa.Column("dialect", sa.Text, nullable=False),
        sa.Column("received_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "id"),
    )
    op.create_index("feedback_by_card", "feedback", ["client", "card_uuid"])
    op.create_index("feedback_by_time", "feedback", ["received_at"])
    op.create_table(
        "replay_ids",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("jti", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "jti"),
    )
    op.create_index("replay_ids_by_time", "replay_ids", ["expires_at"])
    op.create_table(
        "suggestions",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("uuid", sa.Text, nullable=False),
        sa.Column("card_uuid", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["client", "card_uuid"], ["cards.client", "cards.uuid"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("client", "uuid"),
    )
    op.create_index("suggestions_by_card", "suggestions", ["client", "card_uuid"])
