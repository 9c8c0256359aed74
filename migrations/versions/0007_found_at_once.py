"""what the jobs ask for all the time is found at once, however many people there are"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Only rows with a time that ends them are in these, which are few at any moment.
ENDS = sa.text("expires_at IS NOT NULL")
ENDED = sa.text("ended_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_registration_planned", "registration", ["event_id", "state", "planned_version"], unique=False)
    op.drop_index("ix_registration_state_expires_at", table_name="registration")
    op.create_index(
        "ix_registration_expires_at", "registration", ["expires_at"], sqlite_where=ENDS, postgresql_where=ENDS
    )
    op.create_index(
        "ix_registration_ended_at", "registration", ["ended_at"], sqlite_where=ENDED, postgresql_where=ENDED
    )


def downgrade() -> None:
    op.drop_index("ix_registration_ended_at", table_name="registration")
    op.drop_index("ix_registration_expires_at", table_name="registration")
    op.create_index("ix_registration_state_expires_at", "registration", ["state", "expires_at"], unique=False)
    op.drop_index("ix_registration_planned", table_name="registration")
