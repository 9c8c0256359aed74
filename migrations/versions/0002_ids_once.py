"""on SQLite an id of a registration is given once"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The trail names every registration there ever was, also those that are deleted by now.
GIVEN_BEFORE = """
    UPDATE sqlite_sequence SET seq = MAX(seq, COALESCE((
        SELECT MAX(CAST(SUBSTR(subject, LENGTH('registration:') + 1) AS INTEGER))
        FROM audit_entry WHERE subject LIKE 'registration:%'), 0))
    WHERE name = 'registration'
"""


def upgrade() -> None:
    # PostgreSQL's sequences never go back.
    if op.get_bind().dialect.name != "sqlite":
        return
    _copy(autoincrement=True)
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) SELECT 'registration', 0"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'registration')"
    )
    op.execute(GIVEN_BEFORE)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _copy(autoincrement=False)


def _copy(*, autoincrement: bool) -> None:
    """SQLite cannot change how a table gives ids, so its rows move to a new one."""
    options = {"sqlite_autoincrement": autoincrement}
    with op.batch_alter_table("registration", recreate="always", table_kwargs=options) as table:
        table.alter_column("id", existing_type=sa.Integer(), existing_nullable=False)
