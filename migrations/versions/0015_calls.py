"""what people without an address said when they were called about a switch"""

import sqlalchemy as sa
from alembic import op

from regservice.db import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("switch_effect", sa.Column("answer", sa.String(), nullable=False, server_default=""))
    op.add_column("switch_effect", sa.Column("answered_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("switch_effect", "answered_at")
    op.drop_column("switch_effect", "answer")
