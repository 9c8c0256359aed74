"""rules can count people, and a proposal says where the event would go"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("format_rule") as table:
        table.add_column(sa.Column("people", sa.Integer(), nullable=True))
    with op.batch_alter_table("proposal") as table:
        # Until now every rule was about going digital.
        table.add_column(sa.Column("to_format", sa.String(), nullable=False, server_default="digital"))
    with op.batch_alter_table("proposal") as table:
        table.alter_column("to_format", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("proposal") as table:
        table.drop_column("to_format")
    with op.batch_alter_table("format_rule") as table:
        table.drop_column("people")
