"""a system can make the digital room of an event, and a room whose address became known is given up"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("event", sa.Column("room_system", sa.String(), nullable=False, server_default="link"))
    op.add_column("event", sa.Column("room_generation", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("event", sa.Column("room_reference", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    for name in ("room_reference", "room_generation", "room_system"):
        op.drop_column("event", name)
