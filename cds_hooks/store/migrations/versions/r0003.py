"""The launches of the SMART app that have begun, and are not finished yet."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Makes their table."""
    op.create_table(
        "smart_launches",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("iss", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("client", "state"),
    )
    op.create_index("smart_launches_by_state", "smart_launches", ["state"])
    op.create_index("smart_launches_by_time", "smart_launches", ["expires_at"])
