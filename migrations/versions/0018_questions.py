"""people with a place can be asked something, and a switch knows who stayed digital by what they said or by a draw"""

import sqlalchemy as sa
from alembic import op

from regservice.db import NullableJson, UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("registration", sa.Column("question", sa.String(), nullable=False, server_default=""))
    op.add_column("registration", sa.Column("question_answer", sa.String(), nullable=False, server_default=""))
    op.add_column("registration", sa.Column("asked_at", UtcDateTime(), nullable=True))
    op.add_column("format_switch", sa.Column("seating", NullableJson, nullable=True))


def downgrade() -> None:
    op.drop_column("format_switch", "seating")
    for name in ("asked_at", "question_answer", "question"):
        op.drop_column("registration", name)
