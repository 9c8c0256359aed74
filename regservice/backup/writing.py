"""A consistent copy of the database while the service runs.

SQLite copies itself (`VACUUM INTO`); PostgreSQL uses its own program. The copy holds personal data and is readable by
its owner alone; the secret key is not in it.
"""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from regservice.adapters.files import whole_file
from regservice.audit import service as audit
from regservice.backup import postgres
from regservice.backup.types import BackupRefused
from regservice.db import db, is_postgresql, transaction

SUBJECT = "database"


def write_backup(file: Path) -> None:
    """Write a copy of the database as it stands at this moment. Raises BackupRefused."""
    if file.exists():
        raise BackupRefused(f"{file} is there already: choose another name.")
    if not file.parent.is_dir():
        raise BackupRefused(f"There is no folder {file.parent}.")
    try:
        with whole_file(file) as unfinished:
            if is_postgresql():
                postgres.dump(unfinished)
            else:
                with closing(sqlite3.connect(str(db.engine.url.database))) as source:
                    source.execute("VACUUM INTO ?", (str(unfinished),))
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BackupRefused(f"{file} cannot be written ({reason}); no copy was made.") from None


def record_backup(now: datetime) -> None:
    """Write into the trail that everybody's data was copied, which also tells `doctor` when that was."""
    with transaction():
        audit.record("database.copied", SUBJECT, actor="operator", now=now)
