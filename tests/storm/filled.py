"""A database full of mails that are due: events, people with a place, their confirmations and their reminders."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask

from regservice.app import create_app
from regservice.clock import utc_now
from regservice.db import db, transaction
from regservice.events.types import EventFacts, Format
from regservice.notices import service as notices
from regservice.registrations import desk
from regservice.registrations.types import Confirmed, RegistrationRequest, Source
from tests.databases import Postgres, migrate, settings_for
from tests.factories import make_event

EVENTS = 10
MAILS_A_PERSON = 2
# People are entered many to a transaction, which only makes the filling faster.
PEOPLE_AT_ONCE = 250
# The reminder two hours before the start waits for eight in the morning: one of these zones is past that by now.
ZONES = ("Europe/Berlin", "Pacific/Honolulu")


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A service whose workers have something to do."""

    app: Flask
    instance: Path
    url: str
    mails: int
    events: tuple[EventFacts, ...]


@contextmanager
def sqlite_database() -> Iterator[tuple[Path, str]]:
    """A migrated SQLite file in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="regservice-storm-"))
    try:
        url = f"sqlite:///{folder / 'storm.sqlite3'}"
        migrate(url, folder)
        yield folder, url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_database(server: Postgres) -> Iterator[tuple[Path, str]]:
    """A migrated PostgreSQL database, and a folder for what is not in it."""
    folder = Path(tempfile.mkdtemp(prefix="regservice-storm-"))
    try:
        with server.database() as url:
            yield folder, url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def filled(instance: Path, url: str, mails: int) -> Iterator[Filled]:
    """A service in which `mails` are due: each person's confirmation, and the reminder two hours before the start."""
    app = create_app(settings_for(instance, url, REGSERVICE_REHEARSAL="1"))
    now = utc_now()
    with app.app_context():
        try:
            events = tuple(_event(number, now) for number in range(EVENTS))
            people = mails // MAILS_A_PERSON
            for start in range(0, people, PEOPLE_AT_ONCE):
                with transaction():
                    for number in range(start, min(start + PEOPLE_AT_ONCE, people)):
                        _enter(events[number % EVENTS], number, now)
            notices.plan_due(now)
            db.session.rollback()
            yield Filled(app=app, instance=instance, url=url, mails=people * MAILS_A_PERSON, events=events)
        finally:
            db.session.remove()
            db.engine.dispose()


def _event(number: int, now: datetime) -> EventFacts:
    hour = now.astimezone(ZoneInfo(ZONES[0])).hour
    return make_event(
        now - timedelta(hours=20),
        title=f"Evening {number}",
        format=Format.DIGITAL,
        join_url="https://meet.example.org/evening",
        timezone=ZONES[0] if 9 <= hour < 22 else ZONES[1],
        starts_at=now + timedelta(minutes=110),
        ends_at=now + timedelta(hours=4),
        capacity=None,
    )


def _enter(event: EventFacts, number: int, now: datetime) -> None:
    person = partial(RegistrationRequest, name=f"Person {number}", email=f"person.{number}@example.org")
    entered = desk.enter(
        event.id, person(language="de", source=Source.STAFF), by="the office", now=now - timedelta(hours=20)
    )
    assert isinstance(entered, Confirmed), entered
