"""people answer a switch to digital: they join, they need help, or they cancel because of it"""

import sqlalchemy as sa
from alembic import op

from regservice.db import JsonValue, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = ("cancel_cause", "switch_answer")


def upgrade() -> None:
    # Added without moving the rows to a new table, which takes long where many people are.
    for name in TEXTS:
        op.add_column("registration", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("registration", sa.Column("answered_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "help_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("kinds", JsonValue, nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_help_request_event_id_event"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_help_request_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_request")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_help_request_registration_id")),
    )
    op.create_index("ix_help_request_event_done", "help_request", ["event_id", "done_at"])


def downgrade() -> None:
    op.drop_table("help_request")
    for name in ("answered_version", "switch_answer", "cancel_cause"):
        op.drop_column("registration", name)
