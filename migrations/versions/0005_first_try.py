"""when a message was first tried: its 72 hours count from there"""

import sqlalchemy as sa
from alembic import op

import regservice.db

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("first_tried_at", regservice.db.UtcDateTime(), nullable=True))
    # What was tried before keeps its end.
    op.execute("UPDATE message SET first_tried_at = due_at WHERE attempts > 0 AND state = 'waiting'")


def downgrade() -> None:
    op.drop_column("message", "first_tried_at")
