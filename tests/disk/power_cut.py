"""What a power cut leaves of an SQLite database, emulated.

All writing processes are stopped (SIGSTOP) at a random moment, also in the middle of a commit or a checkpoint, and the
database file and its write-ahead log are copied as they are, without the shared memory file. That is what a disk holds
which has kept every write in its order. What it cannot show: a disk that loses or reorders writes that were not
synced yet. For that the log is torn as well: behind what a checkpoint has already moved into the file, at a random
byte, with the page before the cut full of zeros. An earlier state must appear then, since `synchronous=FULL` syncs the
log before a commit is acknowledged and before a checkpoint begins; that the disk obeys a sync is taken for granted. A
log that a checkpoint moves whole is not torn: without it the file may be half of one state and half of another.
"""

import random
import shutil
import sqlite3
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine

from tests.disk.invariants import broken
from tests.disk.service import prepared, wait_for
from tests.disk.writers import Writers, missing, torn, writing

WAL_HEADER, FRAME = 32, 24 + 4096
# In the shared memory of the log: how many frames it holds, and how many a checkpoint has begun to move.
LAST_FRAME_AT, MOVED_AT = 16, 128


@dataclass(frozen=True, kw_only=True)
class Copy:
    """The files of one instant, and what had been answered until then."""

    database: Path
    acknowledged: list[tuple[str, str]]
    frames: int
    moved: int


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is wrong with a copy, whole and torn; whether there was something of its log to tear."""

    faults: list[str]
    is_torn: bool


def take(database: Path, writers: Writers, folder: Path) -> Copy:
    """Copy database and log; nobody may move meanwhile."""
    folder.mkdir()
    copy = folder / "copy.sqlite3"
    acknowledged = writers.acknowledged()
    shutil.copy(database, copy)
    shutil.copy(f"{database}-wal", f"{copy}-wal")
    memory = Path(f"{database}-shm").read_bytes()
    (frames,) = struct.unpack_from("=I", memory, LAST_FRAME_AT)
    (moved,) = struct.unpack_from("=I", memory, MOVED_AT)
    return Copy(database=copy, acknowledged=acknowledged, frames=frames, moved=moved)


def faults(copy: Copy) -> list[str]:
    """What is wrong with a copy once it is opened; nothing should be."""
    found = broken(copy.database)
    engine = create_engine(f"sqlite:///{copy.database}")
    with engine.connect() as connection:
        found += torn(connection)
        lost = missing(connection, copy.acknowledged)
    engine.dispose()
    return [*found, *([f"{lost} acknowledged steps are missing"] if lost else [])]


def tear(copy: Copy, chance: random.Random, folder: Path) -> list[str] | None:
    """Cut the log of a copy that was not opened yet; what is wrong then, apart from steps that are missing.

    None where a checkpoint is moving all of it into the file, or has: such a log was synced, and nothing of it is lost.
    """
    folder.mkdir()
    torn_copy = folder / "torn.sqlite3"
    shutil.copy(copy.database, torn_copy)
    log = bytearray(Path(f"{copy.database}-wal").read_bytes())
    kept = WAL_HEADER + copy.moved * FRAME
    end = WAL_HEADER + copy.frames * FRAME
    if end <= kept:
        return None
    cut = chance.randrange(kept, end)
    del log[cut:]
    zeros = min(4096, cut - kept)
    log[cut - zeros :] = bytes(zeros)
    Path(f"{torn_copy}-wal").write_bytes(log)
    with closing(sqlite3.connect(torn_copy)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return broken(torn_copy)


def series(copies: int, chance: random.Random, folder: Path) -> Iterator[Opened]:
    """Take copies at random moments while four processes write, and open each whole and torn."""
    environ, _ = prepared(folder / "instance")
    database = folder / "instance" / "regservice.sqlite3"
    _few_places(database)
    with writing(environ, folder, 1) as writers:
        wait_for(writers.all_write)
        for number in range(copies):
            time.sleep(chance.uniform(0.01, 0.1))
            # Stopped until the copy was looked at: each look would take longer the more was written during the last.
            with writers.stopped():
                copy = take(database, writers, folder / f"copy{number}")
                of_torn = tear(copy, chance, folder / f"torn{number}")
                opened = Opened(faults=[*(of_torn or []), *faults(copy)], is_torn=of_torn is not None)
            yield opened
            for name in (f"copy{number}", f"torn{number}"):
                shutil.rmtree(folder / name)


def _few_places(database: Path) -> None:
    """So that most people wait, and each who gives up a place moves another up."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE event SET capacity = 5")
