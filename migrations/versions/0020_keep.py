"""people who come back on site can be asked to confirm their place by a time"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added without moving the rows to a new table, which other rows refer to.
    op.add_column("registration", sa.Column("answer_by", UtcDateTime(), nullable=True))
    where = sa.text("answer_by IS NOT NULL")
    op.create_index(
        "ix_registration_answer_by", "registration", ["answer_by"], sqlite_where=where, postgresql_where=where
    )


def downgrade() -> None:
    op.drop_index("ix_registration_answer_by", "registration")
    op.drop_column("registration", "answer_by")
