"""the audit trail's seals have a number, and a signed end"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Integer(), nullable=False),
        sa.Column("last_seal", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    with op.batch_alter_table("audit_entry") as table:
        table.add_column(sa.Column("number", sa.Integer(), nullable=True))
        table.create_index(op.f("ix_audit_entry_number"), ["number"], unique=True)
    # The seals of before covered less; the job makes new ones.
    op.execute("UPDATE audit_entry SET seal = NULL")


def downgrade() -> None:
    op.execute("UPDATE audit_entry SET seal = NULL")
    with op.batch_alter_table("audit_entry") as table:
        table.drop_index(op.f("ix_audit_entry_number"))
        table.drop_column("number")
    op.drop_table("audit_head")
