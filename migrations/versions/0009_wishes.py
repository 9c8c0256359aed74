"""what people wish beside how they take part, and who is in which session"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

STATES = ["event_id", "state", "attendance"]


def upgrade() -> None:
    op.create_table(
        "session_place",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
            name=op.f("fk_session_place_registration_id_registration"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["event_session.id"],
            name=op.f("fk_session_place_session_id_event_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("registration_id", "session_id", name=op.f("pk_session_place")),
    )
    op.create_index(op.f("ix_session_place_session_id"), "session_place", ["session_id"], unique=False)
    # Added without moving the rows to a new table, which takes long where many people are.
    op.add_column("registration", sa.Column("wish", sa.String(), nullable=False, server_default="onsite"))
    op.add_column("registration", sa.Column("digital_too", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Who registered before was not asked for a wish beyond how they take part.
    op.execute("UPDATE registration SET wish = attendance")
    op.drop_index("ix_registration_event_state", table_name="registration")
    op.create_index("ix_registration_event_state", "registration", [*STATES, "wish"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_registration_event_state", table_name="registration")
    op.create_index("ix_registration_event_state", "registration", STATES, unique=False)
    op.drop_column("registration", "digital_too")
    op.drop_column("registration", "wish")
    op.drop_index(op.f("ix_session_place_session_id"), table_name="session_place")
    op.drop_table("session_place")
