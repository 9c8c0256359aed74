"""on SQLite an id of a proposal is given once, as the link to decide is made of it"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# The trail names every proposal that was mailed, also those of events that are deleted by now.
GIVEN_BEFORE = """
    UPDATE sqlite_sequence SET seq = MAX(seq, COALESCE((
        SELECT MAX(CAST(json_extract(details, '$.proposal') AS INTEGER))
        FROM audit_entry WHERE verb = 'format.proposed'), 0))
    WHERE name = 'proposal'
"""


def upgrade() -> None:
    # PostgreSQL's sequences never go back.
    if op.get_bind().dialect.name != "sqlite":
        return
    _copy(autoincrement=True)
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'proposal', 0"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'proposal')"
    )
    op.execute(GIVEN_BEFORE)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _copy(autoincrement=False)


def _copy(*, autoincrement: bool) -> None:
    """SQLite cannot change how a table gives ids, so its rows move to a new one."""
    options = {"sqlite_autoincrement": autoincrement}
    with op.batch_alter_table("proposal", recreate="always", table_kwargs=options) as table:
        table.alter_column("id", existing_type=sa.Integer(), existing_nullable=False)
