"""A consistent copy of the database while the service runs, and bringing one back.

SQLite copies itself (`VACUUM INTO`, and its backup API on the way back); PostgreSQL uses its own programs. The copy
holds personal data and is readable by its owner alone; the secret key is not in it.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import URL

from regservice.adapters.files import whole_file
from regservice.db import db, exclusive_connection, is_postgresql

SQLITE_MAGIC = b"SQLite format 3\x00"
POSTGRES_MAGIC = b"PGDMP"


class BackupRefused(Exception):
    """The copy cannot be made or brought back; the message says what to do."""


def write_backup(file: Path) -> None:
    """Write a copy of the database as it stands at this moment. Raises BackupRefused."""
    if file.exists():
        raise BackupRefused(f"{file} is there already: choose another name.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.")
    try:
        with whole_file(file) as unfinished:
            if is_postgresql():
                _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")
            else:
                with closing(sqlite3.connect(_sqlite_path())) as source:
                    source.execute("VACUUM INTO ?", (str(unfinished),))
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BackupRefused(f"{file} cannot be written ({reason}); no copy was made.") from None


def is_empty() -> bool:
    """Whether nobody has used this database yet: no event and no account."""
    tables = set(inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        return not any(
            connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()  # noqa: S608 - our own table names.
            for name in ("event", "organiser")
            if name in tables
        )


def read_backup(file: Path) -> None:
    """Bring a copy back in the place of everything that is there. Raises BackupRefused."""
    with file.open("rb") as opened:
        start = opened.read(len(SQLITE_MAGIC))
    if is_postgresql():
        _must_be(start.startswith(POSTGRES_MAGIC), f"{file} is no backup of a PostgreSQL database.")
        _must_be(bool(_run("pg_restore", "--list", str(file), on_database=False)), f"{file} cannot be read.")
        # All of it or nothing, so that a broken restore leaves what was there.
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction", str(file))
        return
    _must_be(start == SQLITE_MAGIC, f"{file} is no backup of an SQLite database.")
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
        _must_be(_is_whole(source), f"{file} is damaged or no backup of regservice; nothing was changed.")
        with exclusive_connection() as connection:
            connection.rollback()
            target = connection.connection.driver_connection
            assert isinstance(target, sqlite3.Connection)
            source.backup(target)


def _is_whole(source: sqlite3.Connection) -> bool:
    try:
        whole = bool(source.execute("PRAGMA integrity_check").fetchone() == ("ok",))
        return whole and bool(source.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,))
    except sqlite3.DatabaseError:
        return False


def _must_be(true: bool, otherwise: str) -> None:
    if not true:
        raise BackupRefused(otherwise)


def _sqlite_path() -> str:
    return str(db.engine.url.database)


def _run(program: str, *arguments: str, on_database: bool = True) -> str:
    """Run one of PostgreSQL's programs; the password goes by the environment, never by the command line."""
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(f"{program} is not installed: install PostgreSQL's client programs.")
    url: URL = db.engine.url
    target = ["--dbname", url.set(drivername="postgresql", password=None).render_as_string()] if on_database else []
    environ = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    done = subprocess.run(  # noqa: S603
        [found, *target, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason was given"]
        raise BackupRefused(f"{program} failed: {lines[-1]}")
    return done.stdout
