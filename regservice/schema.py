"""Whether the database has the tables that this version of the service works with, and bringing it there."""

from functools import cache

import flask_migrate
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from regservice.config import PROJECT_ROOT
from regservice.db import db

MIGRATIONS = str(PROJECT_ROOT / "migrations")


def is_current() -> bool:
    """Whether every migration was applied. Raises OperationalError when the database cannot be reached."""
    with db.engine.connect() as connection:
        return set(MigrationContext.configure(connection).get_current_heads()) == _newest()


def is_ahead() -> bool:
    """Whether a newer version of the service has migrated this database already."""
    with db.engine.connect() as connection:
        return not all(map(is_known, MigrationContext.configure(connection).get_current_heads()))


def is_known(revision: str) -> bool:
    """Whether this version can work with, or bring up to date, a database of this revision."""
    return revision in {script.revision for script in ScriptDirectory(MIGRATIONS).walk_revisions()}


@cache
def _newest() -> set[str]:
    """The migrations that this version ends with; the files do not change while the process lives."""
    return set(ScriptDirectory(MIGRATIONS).get_heads())


def upgrade() -> None:
    """Apply what is missing, in one transaction: whoever ends it in between leaves the schema as it was."""
    flask_migrate.upgrade(directory=MIGRATIONS)
