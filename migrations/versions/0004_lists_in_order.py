"""the people of an event in the order they came, found a part at a time"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_registration_event_id_id", "registration", ["event_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_registration_event_id_id", table_name="registration")
