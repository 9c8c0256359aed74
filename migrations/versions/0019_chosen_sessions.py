"""people can choose a session themselves, as a working group"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("event_session", sa.Column("people_choose", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    op.drop_column("event_session", "people_choose")
