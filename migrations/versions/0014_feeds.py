"""which addresses are polled for feeds, and how the feed of each event stands"""

import sqlalchemy as sa
from alembic import op

import regservice.db

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feed_address",
        sa.Column("url_key", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("described", sa.String(), nullable=False),
        sa.Column("etag", sa.String(), nullable=False),
        sa.Column("last_modified", sa.String(), nullable=False),
        sa.Column("due_at", regservice.db.UtcDateTime(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=False),
        sa.Column("lease_until", regservice.db.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("url_key", name=op.f("pk_feed_address")),
    )
    op.create_index(op.f("ix_feed_address_due_at"), "feed_address", ["due_at"], unique=False)
    op.create_table(
        "feed_state",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("described", sa.String(), nullable=False),
        sa.Column("read_at", regservice.db.UtcDateTime(), nullable=True),
        sa.Column("failed_at", regservice.db.UtcDateTime(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_feed_state_event_id_event"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_feed_state")),
    )


def downgrade() -> None:
    op.drop_table("feed_state")
    op.drop_index(op.f("ix_feed_address_due_at"), table_name="feed_address")
    op.drop_table("feed_address")
