"""What happened to patients, as a site imports it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Makes the table, empty."""
    op.create_table(
        "outcomes",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("patient_id", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("happened", sa.Boolean, nullable=False),
        sa.Column("imported_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "patient_id", "outcome", "at"),
    )
    op.create_index("outcomes_by_time", "outcomes", ["imported_at"])
