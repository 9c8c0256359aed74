"""what people need to take part is asked again after a switch, and stays open until somebody has cleared it"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("registration", sa.Column("needs_asked_at", UtcDateTime(), nullable=True))
    op.add_column("registration", sa.Column("needs_said_at", UtcDateTime(), nullable=True))
    asked = sa.text("needs_asked_at IS NOT NULL")
    op.create_index(
        "ix_registration_needs_asked_at",
        "registration",
        ["needs_asked_at"],
        sqlite_where=asked,
        postgresql_where=asked,
    )


def downgrade() -> None:
    op.drop_index("ix_registration_needs_asked_at", table_name="registration")
    op.drop_column("registration", "needs_said_at")
    op.drop_column("registration", "needs_asked_at")
