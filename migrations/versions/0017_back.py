"""a switch knows whether it led back on site, which an event does once"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("format_switch", sa.Column("goes_back", sa.Boolean(), nullable=False, server_default=sa.false()))
    # Whoever was sent to digital by a switch and back by the next one.
    op.execute(
        "UPDATE format_switch SET goes_back = true"
        " WHERE from_format = 'digital' AND to_format <> 'digital' AND supersedes IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_column("format_switch", "goes_back")
