"""each working group has a room of its own at the system that makes rooms"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event_session", sa.Column("room_reference", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("event_session", "room_reference")
