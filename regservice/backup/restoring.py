"""Bringing a copy back, in an order in which nothing that is written twice or sent twice can follow.

1. The copy is looked at: is it whole, is it ours, does this version know its schema? Nothing is changed before.
2. It takes the place of everything in one step, and in the same step every message that may have left since the copy
   was made becomes uncertain: it is listed, and sent again only when an organiser says so.
3. The schema is brought to the newest.
4. Who was deleted after the copy was made is deleted again, by the list that is kept outside of the database.
5. Reminders that the copy had not planned yet are planned, and doubted likewise when they were due.
6. What is numbered goes on behind a gap: no old link opens a new person's page or a new proposal, no page or calendar
   that was made after the copy counts as newer than what is made from now on.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import inspect, text

from regservice import schema
from regservice.audit import service as audit
from regservice.backup import postgres
from regservice.backup.types import BackupRefused, Restored
from regservice.backup.writing import SUBJECT
from regservice.db import db, exclusive_connection, is_postgresql, transaction
from regservice.events import service as events
from regservice.formats import proposals
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import erased_list, erasure, waiting_list
from regservice.registrations import service as registrations
from regservice.town import service as towns

SQLITE_MAGIC = b"SQLite format 3\x00"


def is_empty() -> bool:
    """Whether nobody has used this database yet: no event and no account."""
    tables = set(inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        return not any(
            connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first()  # noqa: S608 - our own table names.
            for name in ("event", "organiser")
            if name in tables
        )


def restore(file: Path, erased_lists: Iterable[Path], now: datetime) -> Restored:
    """Bring a copy back in the place of everything that is there. Raises BackupRefused.

    `erased_lists` are those of other hosts; the one of this host is always read. Nobody else may use the database.
    """
    lists = [*erased_lists, *filter(Path.exists, [erased_list.path()])]
    erased = [entry for path in lists for entry in erased_list.read(path)]
    _replace_everything(file, now)
    schema.upgrade()
    erased_again = erasure.erase_again(erased)
    notices.plan_due(now)
    with transaction():
        registrations.skip_numbers()
        proposals.skip_numbers()
        events.skip_versions()
        towns.skip_versions()
        outbox.doubt_due(now)
        waiting_list.offer_free_places(now)
        doubted = outbox.count_doubted()
        audit.record(
            "database.restored", SUBJECT, actor="operator", now=now, erased_again=erased_again, doubted=doubted
        )
    return Restored(erased_again=erased_again, doubted=doubted, list_was_there=bool(lists))


def _replace_everything(file: Path, now: datetime) -> None:
    with file.open("rb") as opened:
        start = opened.read(len(SQLITE_MAGIC))
    doubt = outbox.doubt_statement(now)
    if is_postgresql():
        _must_be(start.startswith(postgres.MAGIC), f"{file} is no backup of a PostgreSQL database.")
        _must_be_known(file, postgres.revision(file))
        postgres.replace_everything(file, afterwards=doubt)
        return
    _must_be(start == SQLITE_MAGIC, f"{file} is no backup of an SQLite database.")
    try:
        with _checked_copy(file) as copy:
            copy.execute(doubt)
            with exclusive_connection() as connection:
                # The copy is written into a file without a transaction; nobody else writes before the lock is let go.
                connection.rollback()
                target = connection.connection.driver_connection
                assert isinstance(target, sqlite3.Connection)
                copy.backup(target)
    except (OSError, sqlite3.Error) as error:
        raise BackupRefused(f"The copy cannot be brought back ({error}); nothing was changed.") from None


@contextmanager
def _checked_copy(file: Path) -> Iterator[sqlite3.Connection]:
    """A private copy beside the database, looked at before it takes its place."""
    beside = Path(f"{db.engine.url.database}.restoring")
    beside.unlink(missing_ok=True)
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(beside, isolation_level=None)) as copy:
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as source:
                _copy_pages(file, source, copy)
            _must_be(_is_whole(copy), f"{file} is damaged; nothing was changed.")
            _must_be_known(file, _revision(copy))
            yield copy
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            Path(f"{beside}{suffix}").unlink(missing_ok=True)


def _copy_pages(file: Path, source: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    try:
        source.backup(copy)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
            raise
        raise BackupRefused(f"{file} is damaged; nothing was changed.") from None


def _is_whole(copy: sqlite3.Connection) -> bool:
    try:
        return bool(copy.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False


def _revision(copy: sqlite3.Connection) -> str:
    try:
        row = copy.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        return ""
    return str(row[0]) if row else ""


def _must_be_known(file: Path, revision: str) -> None:
    _must_be(revision != "", f"{file} is no backup of regservice; nothing was changed.")
    _must_be(
        schema.is_known(revision),
        f"{file} was made by a newer version of regservice: install that version first; nothing was changed.",
    )


def _must_be(true: bool, otherwise: str) -> None:
    if not true:
        raise BackupRefused(otherwise)
