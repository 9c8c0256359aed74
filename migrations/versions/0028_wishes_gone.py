"""who wished for a group that was taken off the programme is told which one it was"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("group_gone", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("registration", "group_gone")
