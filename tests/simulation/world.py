"""The service of a simulation: its real use cases on a real database, a relay in memory, and crashes at commits."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from sqlalchemy import event as database_events

from regservice import db as database
from regservice.app import create_app
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import Contact, EventFacts, EventValues, Format, Venue
from regservice.formats import service as formats
from regservice.formats.types import Trigger
from regservice.jobs import JOBS
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome, Rejected, Retry, Scope, Sent, Uncertain
from regservice.registrations import desk, registering
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, RegistrationRequest
from regservice.wiring import Wiring
from tests.databases import settings_for

OUTCOMES: dict[str, Outcome] = {
    "sent": Sent(),
    "retry": Retry(reason="450 later", scope=Scope.MESSAGE),
    "retry all": Retry(reason="421 slow down", scope=Scope.ALL),
    "rejected": Rejected(reason="550 unknown", address_is_bad=True),
    "uncertain": Uncertain(reason="no answer"),
}
ROOM = "https://room.example.org/1"


class Crash(Exception):
    """The process ends here; what was not committed is lost."""


class Relay:
    """Takes letters in memory. What it answers depends on the seed, the mail and the attempt, not on their order."""

    def __init__(self, seed: int) -> None:
        self.seed, self.down = seed, False
        self.keys: dict[str, str] = {}
        self.handed: list[str] = []
        self.tries: Counter[str] = Counter()

    def answer(self, key: str, attempt: int) -> str:
        """Most are taken."""
        if self.down:
            return "retry all"
        luck = crc32(f"{self.seed}:{key}:{attempt}".encode()) % 1000
        limits = ((30, "retry"), (35, "retry all"), (50, "rejected"), (75, "uncertain"))
        return next((answer for limit, answer in limits if luck < limit), "sent")

    def send(self, letter: Letter) -> Outcome:
        """As the worker's sender does."""
        key = self.keys.pop(letter.message_id)
        self.keys[letter.message_id] = key
        self.handed.append(key)
        self.tries[key] += 1
        return OUTCOMES[self.answer(key, self.tries[key])]

    def forget(self, names: set[str]) -> None:
        """These mails never come again."""
        self.keys = {message_id: name for message_id, name in self.keys.items() if name not in names}
        for name in names:
            self.tries.pop(name, None)

    def close(self) -> None:
        """There is no connection."""


class World:
    """Use cases with plain arguments; each returns its answer in one line."""

    def __init__(self, path: Path, seed: int, now: datetime) -> None:
        settings = settings_for(path.parent, f"sqlite:///{path}", REGSERVICE_REHEARSAL="1")
        self.clock, self.relay, self.commits, self.crash_at = now, Relay(seed), 0, 0
        self.wiring = Wiring(now=lambda: self.clock, sender=self.relay)
        self.app = create_app(settings, self.wiring)
        self.context = self.app.app_context()
        self.context.push()
        # The machine never fails here, so nothing waits for the disk.
        database_events.listen(database.db.engine, "connect", _hurry)
        database_events.listen(database.db.session, "before_commit", self._before_commit)
        self.reader = sqlite3.connect(path, isolation_level=None)

    def close(self) -> None:
        """Let go of the database."""
        database_events.remove(database.db.session, "before_commit", self._before_commit)
        self.reader.close()
        database.db.session.remove()
        database.db.engine.dispose()
        self.context.pop()

    def _before_commit(self, _session: Any) -> None:
        self.commits += 1
        if self.commits == self.crash_at:
            raise Crash

    @contextmanager
    def crashing(self, commit: int) -> Iterator[None]:
        """The process ends at this commit, counted from 1; 0: it lives."""
        self.commits, self.crash_at = 0, commit
        try:
            yield
        finally:
            self.crash_at = 0

    def read(self, query: str, *values: object) -> list[Any]:
        """Rows as they are committed."""
        return self.reader.execute(query, values).fetchall()

    def make_event(self, now: datetime, **values: Any) -> int:
        """A published event, and its id."""
        made = events.create(
            _values(EventValues(title="Dialogue", contact=Contact(email="office@example.org")), values),
            by="test",
            now=now,
            slug=values["slug"],
            format=Format(values["format"]),
            join_url=ROOM,
        )
        assert isinstance(made, EventFacts)
        assert isinstance(events.publish(made.id, by="test", now=now), EventFacts)
        return made.id

    def register(self, event: int, email: str, wish: str, key: str, now: datetime) -> str:
        return _said(registering.register(event, _request(email, wish, key), sender="somebody", now=now))

    def enter(self, event: int, email: str, wish: str, now: datetime) -> str:
        return _said(desk.enter(event, _request(email, wish, ""), by="staff", now=now))

    def confirm(self, person: int, now: datetime) -> str:
        return _said(registrations.confirm(person, now))

    def accept(self, person: int, now: datetime) -> str:
        return _said(registrations.accept(person, now))

    def cancel(self, person: int, now: datetime) -> str:
        return _said(registrations.cancel(person, now))

    def undo_cancel(self, person: int, now: datetime) -> str:
        return _said(registrations.undo_cancel(person, now))

    def move_up(self, person: int, now: datetime) -> str:
        return _said(desk.move_up(person, reason="asked", by="staff", now=now))

    def mute(self, person: int, kind: str, now: datetime) -> str:
        registrations.mute(person, kind, now)
        return "None"

    def withdraw_person(self, person: int, now: datetime) -> str:
        return _said(registrations.withdraw(person, now))

    def edit(self, event: int, now: datetime, **new: Any) -> str:
        return _said(changes.edit(event, _values(events.values_of(events.get(event)), new), by="staff", now=now))

    def postpone(self, event: int, now: datetime) -> str:
        return _said(changes.postpone(event, reason="illness", by="staff", now=now))

    def cancel_event(self, event: int, now: datetime) -> str:
        return _said(changes.cancel_event(event, reason="storm", by="staff", now=now))

    def take_up_again(self, event: int, now: datetime, **new: Any) -> str:
        values = _values(events.values_of(events.get(event)), new)
        return _said(changes.take_up_again(event, values, by="staff", now=now))

    def switch(self, event: int, format: str, now: datetime, *, emergency: bool = False) -> str:
        trigger = Trigger.EMERGENCY if emergency else Trigger.HAND
        order = {"reason": "rule", "join_url": ROOM, "by": "staff", "trigger": trigger}
        return _said(formats.switch(event, Format(format), now=now, **order))

    def follow_set_back(self, now: datetime) -> None:
        """What the worker does after a clock was set back."""
        outbox.follow_set_back(now)

    def job(self, name: str) -> int:
        """One line of the table of jobs."""
        return next(job.run(self.wiring) for job in JOBS if job.name == name)


def _hurry(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _request(email: str, wish: str, key: str) -> RegistrationRequest:
    name = email.partition("@")[0] or "Nobody"
    return RegistrationRequest(name=name, email=email, language="de", attendance=Attendance(wish), request_key=key)


def _values(before: EventValues, new: dict[str, Any]) -> EventValues:
    """What an organiser types, in the model's words."""
    names = {"starts": "starts_at", "ends": "ends_at", "closes": "registration_closes_at"}
    same = ("capacity", "digital_capacity", "waiting_list")
    changes = {names.get(name, name): value for name, value in new.items() if name in names or name in same}
    if "place" in new:
        changes["venue"] = Venue(name=new["place"])
    return replace(before, **changes)


def _said(answer: object) -> str:
    """An answer in a line: its name, whether it repeats, and why."""
    words = [type(answer).__name__] if not isinstance(answer, bool | None) else [str(answer)]
    if getattr(answer, "already", False):
        words.append("already")
    words += [str(getattr(answer, name)) for name in ("why", "code") if hasattr(answer, name)]
    return " ".join(words)
