"""Migrations that are killed: a process of its own that ends itself with SIGKILL at its n-th statement.

A migration that ends before its n-th statement ends with status 0.
"""

import os
import signal
import tempfile
from functools import partial
from typing import Any

from sqlalchemy import event, text

from regservice import schema
from regservice.app import create_app
from regservice.config import load_settings
from regservice.db import db, is_postgresql
from tests.disk.old_rows import old_rows
from tests.disk.places import make_schema
from tests.forked import Forked

Rows = dict[str, list[dict[str, Any]]]
TABLES = ("event", "event_session", "registration", "message", "audit_entry")


def migrate_and_die(number: int) -> None:
    """Apply what is missing, as `migrate` does, up to its n-th statement or its commit."""
    count = 0

    def step(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    with create_app(load_settings()).app_context():
        event.listen(db.engine, "before_cursor_execute", step)
        event.listen(db.engine, "commit", step)
        schema.upgrade()


def killed_at(environ: dict[str, str], number: int) -> bool:
    """Whether the migration was killed at this step, rather than done before."""
    with tempfile.TemporaryFile("w+") as log:
        status = Forked(partial(migrate_and_die, number), environ, stdout=log, stderr=log).wait(120)
        log.seek(0)
        assert status in {0, -signal.SIGKILL}, log.read()
    return status != 0


def fill_old_schema(revision: str = "0001") -> None:
    """Make the first schema with its rows, then go to this revision. Inside the application."""
    make_schema("0001")
    with db.engine.begin() as connection:
        for statement in old_rows(postgresql=is_postgresql()):
            connection.execute(text(statement))
    if revision != "0001":
        schema.upgrade(revision)
    db.engine.dispose()


def rows() -> Rows:
    """What each of the old tables holds, in the order of its numbers."""
    with db.engine.connect() as connection:
        return {
            table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).mappings()]
            for table in TABLES
        }


def differences(before: Rows) -> list[str]:
    """What of these rows is not there any more, or is another value now; new columns may have been added."""
    found = []
    for table, after in rows().items():
        if len(after) != len(before[table]):
            found.append(f"{table}: {len(after)} rows instead of {len(before[table])}")
        for was, row in zip(before[table], after, strict=False):
            changed = [name for name, value in was.items() if name not in row or row[name] != value]
            found += [f"{table} {was['id']}: {name} was {was[name]!r}, is {row.get(name)!r}" for name in changed]
    return found
