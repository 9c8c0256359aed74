"""Installations side by side: each an instance folder, a database and the way to a relay."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from sqlalchemy import inspect, text

from regservice import schema
from regservice.adapters.mail import RelaySender, RelaySettings
from regservice.app import create_app
from regservice.backup import restoring
from regservice.backup.types import Restored
from regservice.db import db
from regservice.jobs import deliver
from regservice.wiring import Wiring
from tests.conftest import Clock
from tests.databases import settings_for
from tests.faulty_relay import FaultyRelay


class Place:
    """One installation; its database may be at any schema."""

    def __init__(self, folder: Path, url: str, clock: Clock, relay: FaultyRelay) -> None:
        folder.mkdir(exist_ok=True)
        settings = settings_for(
            folder,
            url,
            REGSERVICE_MAIL_SERVER="127.0.0.1",
            REGSERVICE_MAIL_PORT=str(relay.port),
            REGSERVICE_MAIL_DEFAULT_SENDER="events@example.org",
        )
        self.folder = folder
        self.sender = RelaySender(RelaySettings(server="127.0.0.1", port=relay.port))
        self.wiring = Wiring(now=clock, sender=self.sender)
        self.app = create_app(settings, self.wiring)
        self.clock = clock

    @contextmanager
    def open(self) -> Iterator[Flask]:
        """Inside its application; connections are closed afterwards."""
        with self.app.app_context():
            try:
                yield self.app
            finally:
                db.session.remove()
                db.engine.dispose()
                self.sender.close()

    def deliver(self) -> int:
        """Send what is due; counts it."""
        sent = deliver(self.wiring)
        db.session.remove()
        return sent

    def restore(self, file: Path, *lists: Path) -> Restored:
        """Bring a copy back, as the command does."""
        db.session.remove()
        restored = restoring.restore(file, lists, self.clock())
        db.session.remove()
        return restored


def make_schema(revision: str) -> None:
    """Empty the current application's database and bring it to one schema."""
    db.session.remove()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("PRAGMA foreign_keys=OFF"))
        # What refers to another table goes first: SQLite asks for the other one when it drops rows.
        tables = [name for name, _ in inspect(connection).get_sorted_table_and_fkc_names() if name]
        for table in reversed(tables):
            cascade = " CASCADE" if connection.dialect.name == "postgresql" else ""
            connection.execute(text(f'DROP TABLE "{table}"{cascade}'))
    db.engine.dispose()
    schema.upgrade(revision)
