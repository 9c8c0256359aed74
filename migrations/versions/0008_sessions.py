"""sessions have a kind, times, a place and seats of their own"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What older sessions are: the whole event, for everyone.
WHOLE = {"kind": "whole", "place": ""}


def upgrade() -> None:
    with op.batch_alter_table("event_session") as table:
        for name, value in WHOLE.items():
            table.add_column(sa.Column(name, sa.String(), nullable=False, server_default=value))
        table.add_column(sa.Column("for_everyone", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("starts_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("ends_at", UtcDateTime(), nullable=True))
        table.add_column(sa.Column("capacity", sa.Integer(), nullable=True))
    with op.batch_alter_table("event_session") as table:
        for name in (*WHOLE, "for_everyone"):
            table.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("event_session") as table:
        for name in ("capacity", "ends_at", "starts_at", "for_everyone", "place", "kind"):
            table.drop_column(name)
