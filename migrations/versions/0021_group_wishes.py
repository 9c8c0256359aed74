"""people can wish for a working group when they register"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to; SQLite could not add a foreign key.
    op.add_column("registration", sa.Column("group_wish", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("registration", "group_wish")
