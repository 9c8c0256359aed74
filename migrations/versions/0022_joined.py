"""when a person first went into the digital room is noted"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("registration", sa.Column("joined_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("registration", "joined_at")
