"""`python -m tests.audit [--seed N] [--changes N] [--entries N]`: change the trail by chance; each change must show."""

import argparse
import contextlib
import secrets
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import insert

from regservice.app import create_app
from regservice.audit import service as audit
from regservice.audit.models import AuditEntry
from regservice.audit.types import Holds
from regservice.db import db, transaction
from tests.audit.mutations import MUTATIONS, unfound
from tests.conftest import START
from tests.databases import migrate, postgres_server, settings_for

CHUNK = 10_000


@contextlib.contextmanager
def application(folder: Path, url: str) -> Iterator[Flask]:
    """An application on a database of its own."""
    app = create_app(settings_for(folder, url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def write_entries(count: int) -> None:
    """So many entries as the service writes them."""
    for begin in range(0, count, CHUNK):
        rows = [
            {
                "at": START + timedelta(seconds=number),
                "actor": f"organiser:{number % 7}",
                "verb": "event.edited",
                "subject": f"event:{number % 1000}",
                "details": {"fields": ["title", "capacity"], "count": number},
            }
            for number in range(begin, min(begin + CHUNK, count))
        ]
        with transaction() as active:
            active.execute(insert(AuditEntry), rows)


def changes_found(name: str, seed: int, changes: int) -> bool:
    """Make the changes and print how many were found."""
    write_entries(50)
    audit.seal()
    write_entries(1)
    missed = unfound(seed, changes)
    print(f"{name}: {changes - len(missed)} of {changes} changes found, of {len(MUTATIONS)} sorts", *missed)
    return not missed


def cost(entries: int) -> bool:
    """Seal and verify many entries, and print what it costs."""
    write_entries(entries)
    begin = time.monotonic()
    sealed = audit.seal()
    print(f"sealing: {sealed} entries in {time.monotonic() - begin:.1f} s")
    begin = time.monotonic()
    audit.seal()
    print(f"sealing when nothing is new: {(time.monotonic() - begin) * 1000:.1f} ms behind {sealed} entries")
    tracemalloc.start()
    begin = time.monotonic()
    found = audit.verify()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    print(f"verifying: {sealed} entries in {time.monotonic() - begin:.1f} s, at most {peak:.1f} MB more memory")
    return isinstance(found, Holds)


def main() -> int:
    """Exit status 1 when a change stays unseen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    parser.add_argument("--changes", type=int, default=1000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    asked = parser.parse_args()
    good = True
    again = f"python -m tests.audit --seed {asked.seed} --changes {asked.changes} --entries {asked.entries}"
    print(f"again: {again}", flush=True)
    with TemporaryDirectory() as name, postgres_server() as server, server.database() as postgres_url:
        folder = Path(name)
        for database, url in (("SQLite", f"sqlite:///{folder / 'audit.sqlite3'}"), ("PostgreSQL", postgres_url)):
            if database == "SQLite":
                migrate(url, folder)
            with application(folder, url):
                good = changes_found(database, asked.seed, asked.changes) and good
        large = f"sqlite:///{folder / 'large.sqlite3'}"
        migrate(large, folder)
        with application(folder, large):
            good = cost(asked.entries) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
