"""people can take part by telephone, and each event says when its digital room opens"""

import sqlalchemy as sa
from alembic import op

from regservice.db import JsonValue

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("event", sa.Column("dial_in", JsonValue, nullable=False, server_default="{}"))
    op.add_column("event", sa.Column("join_opens_min", sa.Integer(), nullable=False, server_default="30"))


def downgrade() -> None:
    op.drop_column("event", "join_opens_min")
    op.drop_column("event", "dial_in")
