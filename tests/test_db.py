"""What a transaction is: the only commit, one writer at a time on SQLite, instants in UTC."""

import fcntl
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, StatementError

from regservice.db import db, dry_run, one_of, session, transaction, wipe_deleted
from regservice.workers.models import Heartbeat

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def beats() -> int:
    db.session.rollback()
    return session().scalar(select(func.count()).select_from(Heartbeat)) or 0


def add(name: str, heard_at: datetime = NOON) -> None:
    session().add(Heartbeat(worker=name, heard_at=heard_at))
    session().flush()


def add_and_fail() -> None:
    with transaction():
        add("three")
        raise RuntimeError


def test_everything_in_a_transaction_is_kept_together_or_not_at_all(each_app: Flask) -> None:
    with transaction():
        add("one")
        with transaction():
            add("two")
    assert beats() == 2
    with pytest.raises(RuntimeError):
        add_and_fail()
    assert beats() == 2


def test_a_dry_run_counts_by_doing_and_keeps_nothing(each_app: Flask) -> None:
    with dry_run():
        add("one")
        assert session().scalar(select(func.count()).select_from(Heartbeat)) == 1
    assert beats() == 0


def test_what_is_written_outside_of_a_transaction_is_gone(each_app: Flask) -> None:
    add("stray")
    with transaction():
        pass
    assert beats() == 0


def test_no_value_from_outside_becomes_part_of_a_statement(app: Flask) -> None:
    with transaction():
        add("one")
        add("two")
    assert session().scalars(select(Heartbeat.worker).where(one_of(Heartbeat.worker, ("one", "three")))).all() == [
        "one"
    ]
    with pytest.raises(ValueError, match="only names"):
        one_of(Heartbeat.worker, ("one') OR ('' = '",))


def test_an_instant_without_zone_is_refused_and_others_come_back_in_utc(each_app: Flask) -> None:
    with pytest.raises(StatementError), transaction():
        add("naive", datetime(2026, 11, 20, 12, 0))  # noqa: DTZ001 - the very thing that must not get in.
    with transaction():
        add("berlin", datetime.fromisoformat("2026-11-20T13:00:00+01:00"))
    db.session.expire_all()
    assert session().scalar(select(Heartbeat.heard_at)) == NOON


def test_a_writing_transaction_on_sqlite_excludes_every_other_writer_from_its_first_read_on(app: Flask) -> None:
    path = db.engine.url.database
    other = sqlite3.connect(str(path), timeout=0, isolation_level=None)
    with transaction():
        session().scalar(select(func.count()).select_from(Heartbeat))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO heartbeat (worker, heard_at) VALUES ('other', '2026-11-20 12:00:00')")
        add("ours")
    other.close()
    assert beats() == 1


def test_the_lock_between_processes_is_held_over_the_commit(app: Flask) -> None:
    with open(f"{db.engine.url.database}.lock", "w") as lock:
        with transaction():
            add("ours")
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


LOCK = "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); print('locked', flush=True)"


def test_who_cannot_write_since_another_process_was_stopped_is_told_so_and_goes_on_afterwards(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regservice.db.BUSY_S", 0.3)
    command = [sys.executable, "-c", f"{LOCK}; sys.stdin.read()", f"{db.engine.url.database}.lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        begun = time.monotonic()
        for _ in range(2):
            with pytest.raises(OperationalError), transaction():
                add("ours")
        assert 0.6 <= time.monotonic() - begun < 6
        other.kill()
    with transaction():
        add("ours")
    assert beats() == 1


def test_a_turn_among_processes_comes_as_soon_as_the_lock_is_free(app: Flask) -> None:
    command = [sys.executable, "-c", f"{LOCK}; import time; time.sleep(0.5)", f"{db.engine.url.database}.lock"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with transaction():
            add("ours")
    assert beats() == 1


def test_the_log_waits_for_a_reader_without_keeping_others_from_writing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regservice.db.BUSY_S", 3)
    path = str(db.engine.url.database)
    with transaction():
        add("one")
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM heartbeat").fetchone()
        with transaction():
            add("two")
        emptying = threading.Thread(target=_wipe_deleted_of, args=(app,))
        emptying.start()
        time.sleep(0.5)  # It has begun, and would have the lock now if it kept that while it waits.
        begun = time.monotonic()
        with transaction():
            add("three")
        assert time.monotonic() - begun < 2
        assert emptying.is_alive()
        reader.execute("ROLLBACK")
        emptying.join(10)
    assert Path(f"{path}-wal").stat().st_size == 0
    assert beats() == 3


def _wipe_deleted_of(app: Flask) -> None:
    with app.app_context():
        wipe_deleted()
