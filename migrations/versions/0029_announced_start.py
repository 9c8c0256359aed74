"""an event keeps the start that it was first announced with, so that its page can say that it was moved"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("announced_starts_at", UtcDateTime(), nullable=True))
    # What an event was announced with before is not known: nobody is told of a move that may not have been.
    op.execute("UPDATE event SET announced_starts_at = starts_at WHERE lifecycle <> 'draft'")


def downgrade() -> None:
    op.drop_column("event", "announced_starts_at")
