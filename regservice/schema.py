"""Whether the database has the tables that this version of the service works with, and bringing it there.

The file of a migration begins with its revision, so what this version knows is read from their names. Alembic is loaded
by `upgrade` alone: each process would carry it otherwise, and wait for it when it starts.
"""

from functools import cache

from flask import current_app
from sqlalchemy import String, column, inspect, select, table

from regservice.config import PROJECT_ROOT
from regservice.db import db, reading_engine

MIGRATIONS = PROJECT_ROOT / "migrations"
_APPLIED = select(column("version_num", String)).select_from(table("alembic_version"))


def is_current() -> bool:
    """Whether every migration was applied. Raises OperationalError when the database cannot be reached."""
    return _applied() == max(_known())


def is_ahead() -> bool:
    """Whether a newer version of the service has migrated this database already."""
    revision = _applied()
    return revision is not None and not is_known(revision)


def is_known(revision: str) -> bool:
    """Whether this version can work with, or bring up to date, a database of this revision."""
    return revision in _known()


def _applied() -> str | None:
    with reading_engine().connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.scalar(_APPLIED)


@cache
def _known() -> frozenset[str]:
    """The revisions of this version; the files do not change while the process lives."""
    return frozenset(path.name.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))


def upgrade(revision: str = "head") -> None:
    """Apply what is missing, in one transaction: whoever ends it in between leaves the schema as it was."""
    import flask_migrate

    flask_migrate.Migrate(current_app, db)
    flask_migrate.upgrade(directory=str(MIGRATIONS), revision=revision)
