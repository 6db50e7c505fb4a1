"""What a token was used for, so that the very same call may be repeated with it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the digest of the call; tokens that were used before have none, and are used up."""
    op.add_column("replay_ids", sa.Column("call_digest", sa.Text))
