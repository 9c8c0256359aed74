"""Whether the database has the tables that this version of the service works with, and bringing it there."""

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from regservice.config import PROJECT_ROOT
from regservice.db import db

MIGRATIONS = str(PROJECT_ROOT / "migrations")


def is_current() -> bool:
    """Whether every migration was applied. Raises OperationalError when the database cannot be reached."""
    wanted = set(ScriptDirectory(MIGRATIONS).get_heads())
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == wanted


def upgrade() -> None:
    """Apply what is missing."""
    flask_migrate.upgrade(directory=MIGRATIONS)
