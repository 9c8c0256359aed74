"""How a migration runs: on the application's engine, under the write lock of SQLite, with foreign keys off there.

SQLite changes a table by copying and dropping it; with foreign keys on, the implicit DROP deletes every child row.
"""

from typing import Literal

from alembic import context
from flask import current_app
from sqlalchemy import JSON, text

from regservice.db import Base, UtcDateTime, exclusive_connection
from regservice.models import ALL_MODELS

assert ALL_MODELS, "Importing the models is what fills the metadata."


def render_type(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Our own column types by their name, so that a migration reads like a model."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "regservice.db.UtcDateTime()"
    if kind == "type" and isinstance(item, JSON):
        return "regservice.db.JsonValue"
    return False


def run_migrations() -> None:
    """Run what is missing in one transaction."""
    with exclusive_connection() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_type,
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.execute(text("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"the migration left {len(broken)} rows without their parent; nothing was changed")


assert current_app, "Migrations run inside the application."
run_migrations()
