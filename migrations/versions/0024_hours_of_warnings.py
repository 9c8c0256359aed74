"""a reading can be about the hours of an event; rules that read weather warnings take those that hold then"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
RULES = sa.table("format_rule", sa.column("event_id", sa.Integer), sa.column("feed", DOCUMENT))
WARNINGS = "https://www.dwd.de/DWD/warnungen/warnapp/json/warnings.json"
HOURS = {"begins": "start", "ends": "end"}


def upgrade() -> None:
    op.add_column("reading", sa.Column("about", sa.String(), nullable=False, server_default=""))
    _describe(lambda feed: {**HOURS, **feed})


def downgrade() -> None:
    _describe(lambda feed: {name: member for name, member in feed.items() if name not in HOURS})
    op.drop_column("reading", "about")


def _describe(change: Any) -> None:
    """Change the description of every rule that reads the warnings of the weather service."""
    for event_id, feed in op.get_bind().execute(sa.select(RULES.c.event_id, RULES.c.feed)).all():
        if feed and feed.get("url") == WARNINGS:
            where = RULES.c.event_id == event_id
            op.get_bind().execute(sa.update(RULES).where(where).values(feed=change(feed)))
