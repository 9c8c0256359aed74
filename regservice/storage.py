"""The disk under the service: how much room is left, and what an operator can do when nothing can be written."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from regservice.config import Settings

MEGABYTE = 1_000_000
# Below this a registration may fail at any moment; the service counts as not ready.
LEAST_FREE = 10 * MEGABYTE


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is left on the disk that the service writes to; on PostgreSQL the database has a disk of its own."""

    folder: Path
    free_bytes: int
    writable: bool

    @property
    def trouble(self) -> str:
        """Why nothing can be written, with what to do; empty while it can."""
        if not self.writable:
            return "the disk of the database cannot be written: check its owner, and that it is not mounted read-only"
        if self.free_bytes < LEAST_FREE:
            return f"the disk of the database is full, {self.free_bytes // MEGABYTE} MB are left: free some space"
        return ""


def room(settings: Settings) -> Room:
    """Look at the disk of the database file, or of the instance folder with PostgreSQL. Raises OSError without it."""
    url = make_url(settings.database_url)
    on_file = url.get_backend_name() == "sqlite"
    file = Path(str(url.database)) if on_file else settings.instance
    folder = file.parent if on_file else settings.instance
    writable = os.access(folder, os.W_OK | os.X_OK) and (not file.exists() or os.access(file, os.W_OK))
    return Room(folder=folder, free_bytes=shutil.disk_usage(folder).free, writable=writable)


def advice(error: BaseException) -> str:
    """What an operator can do about an outage, in one line."""
    if isinstance(error, OSError):
        return f"{error.filename or 'A file'} cannot be written ({error.strerror}): nothing was changed."
    reason = str(error.orig) if isinstance(error, DBAPIError) else ""
    if any(words in reason for words in ("disk is full", "No space left", "could not extend file")):
        return "The disk is full: nothing was changed. Free some space and try again."
    if any(words in reason for words in ("readonly", "read-only", "unable to open", "disk I/O error")):
        return "The database cannot be written: is its disk full or read-only, who owns it? Nothing was changed."
    return "The database cannot be reached: check REGSERVICE_DATABASE_URL and that the server runs."
