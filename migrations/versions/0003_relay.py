"""one row on how the relay stands, refused addresses, and what is most urgent found at once"""

import sqlalchemy as sa
from alembic import op

import regservice.db

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    relay = op.create_table(
        "relay",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failed_at", regservice.db.UtcDateTime(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("paused_until", regservice.db.UtcDateTime(), nullable=True),
        sa.Column("next_free_at", regservice.db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relay")),
    )
    op.bulk_insert(relay, [{"id": 1, "failures": 0, "reason": ""}])
    # Without batch mode, which would write every message anew on SQLite.
    op.add_column("message", sa.Column("address_is_bad", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.drop_index("ix_message_claim", table_name="message")
    op.create_index("ix_message_claim", "message", ["state", "priority", "next_attempt_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_message_claim", table_name="message")
    op.create_index("ix_message_claim", "message", ["state", "next_attempt_at"], unique=False)
    op.drop_column("message", "address_is_bad")
    op.drop_table("relay")
