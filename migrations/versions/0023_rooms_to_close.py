"""made rooms that nobody needs any more are closed at their system, again and again until it answers"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_to_close",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("system", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_room_to_close_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_to_close")),
    )
    op.create_index("ix_room_to_close_due_at", "room_to_close", ["due_at"])
    op.create_index("ix_room_to_close_event_id", "room_to_close", ["event_id"])


def downgrade() -> None:
    op.drop_table("room_to_close")
