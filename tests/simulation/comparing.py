"""Whether the service's rows are what the model says: after each step those that either side changed, now and then all.

Triggers in the database of the story note which rows the service changes.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from tests.simulation.facts import MODES, Event, Mail, Noted, Person
from tests.simulation.model import Model
from tests.simulation.world import World

TABLES = ("event", "registration", "message")
COLUMNS = {
    "event": "id, lifecycle, version, schedule_version, format_version",
    "registration": "id, state, attendance, coalesce(email_key, ''), registered_at, confirmed_at, expires_at, ended_at,"
    " requests, confirmations, calendar_sequence, planned_version, muted",
    "message": "id, state, due_at, next_attempt_at, attempts, uncertain, recipient, payload",
}
LINE = (
    "SELECT id FROM registration WHERE event_id = ? AND state = 'waitlisted' AND attendance = ? ORDER BY queued_at, id"
)
SWITCHES = "SELECT id FROM format_switch WHERE event_id = ?"
NEW_MAILS = "SELECT id, event_id, dedupe_key, message_id FROM message WHERE id > ? ORDER BY id"
ENDING, OVER = ("pending", "waitlisted", "offered"), ("cancelled", "expired")


class Difference(AssertionError):
    """The service did something else than the model: what, the service's part, the model's part."""


class Comparison:
    """Both sides, and which mail of the model is which row."""

    def __init__(self, world: World, model: Model) -> None:
        self.world, self.model = world, model
        self.mails: dict[int, Mail] = {}
        self.newest = self.noted = 0
        Noted.noted.clear()
        world.reader.executescript(_triggers())

    def compare(self, *, everything: bool = False) -> None:
        """What the service or the model changed since the last time; or all that the model knows."""
        self.learn()
        changed: dict[str, set[int]] = {table: set() for table in TABLES}
        for number, table, identity in self.world.read("SELECT * FROM noted WHERE number > ?", self.noted):
            self.noted = number
            changed[table].add(identity)
        ours = [*Noted.noted]
        if everything:
            ours = [*self.all_facts()]
            self.world.read("DELETE FROM noted WHERE number < ?", self.noted)
        Noted.noted.clear()
        for fact in ours:
            if isinstance(fact, Mail) and not fact.rank:
                self.missing(fact)
            changed[_table(fact)].add(fact.rank if isinstance(fact, Mail) else fact.id)
        for table in TABLES:
            self.rows(table, changed[table])
        for e in self.model.events.values():
            if not changed["registration"].isdisjoint(e.people):
                self.line(e)

    def all_facts(self) -> Iterable[Event | Person | Mail]:
        for e in self.model.events.values():
            yield from (e, *e.people.values(), *e.mails.values())

    def learn(self) -> None:
        """Which row is which mail of the model; one that the model does not know is a difference."""
        for rank, event, name, message_id in self.world.read(NEW_MAILS, self.newest):
            kind, who, happening = name.split(":", 2)
            mail = self.model.events[event].mails.get((kind, int(who[1:]), happening))
            if mail is None:
                raise Difference("a mail that nobody needs", name, None)
            mail.rank = self.newest = rank
            self.mails[rank] = mail
            self.world.relay.keys[message_id] = name

    def missing(self, mail: Mail) -> None:
        if self.model.events.get(mail.event.id) is mail.event:
            raise Difference("a mail that is missing", None, name_of(mail))

    def rows(self, table: str, identities: set[int]) -> None:
        known = {identity: self.known(table, identity) for identity in identities}
        expected = {identity: told for identity, told in known.items() if told != "retired"}
        if expected:
            marks = ",".join("?" * len(expected))
            query = f"SELECT {COLUMNS[table]} FROM {table} WHERE id IN ({marks})"
            found = {row[0]: _read(table, row) for row in self.world.read(query, *expected)}
            wrong = [identity for identity, told in expected.items() if found.get(identity) != told]
            if wrong:
                raise Difference(table, [found.get(i) for i in wrong], [expected[i] for i in wrong])

    def known(self, table: str, identity: int) -> Any:
        """The row as it must be; None when it must be gone."""
        if table == "event":
            e = self.model.events.get(identity)
            return (e.id, e.life, e.version, e.schedule, e.switches) if e else "retired"
        if table == "message":
            m = self.mails.get(identity)
            return _mail(m) if m else "retired"
        owner = next((e for e in self.model.events.values() if identity in e.people), None)
        return _person(owner.people[identity]) if owner else None

    def line(self, e: Event) -> None:
        for attendance in MODES:
            found, queue = self.world.read(LINE, e.id, attendance), [(p.id,) for p in e.queue(attendance)]
            if found != queue:
                raise Difference(f"line of event {e.id}", found, queue)

    def retire(self, event: Event) -> None:
        """This event is not looked at any more: a long story would drown in its mails, and in what was noted of it.

        After each deletion the service writes the whole file anew, so what is kept for good costs time again and again.
        """
        self.learn()
        for mail in event.mails.values():
            self.mails.pop(mail.rank, None)
        self.world.relay.forget({name_of(mail) for mail in event.mails.values()})
        self.world.read("DELETE FROM message WHERE event_id = ?", event.id)
        self.world.read(f"DELETE FROM switch_effect WHERE switch_id IN ({SWITCHES})", event.id)
        self.world.read("DELETE FROM audit_entry WHERE number < (SELECT sealed FROM audit_head) - 1000")
        # SQLite gives the numbers after the highest again, so what `learn` looks for begins there.
        ((self.newest,),) = self.world.read("SELECT coalesce(max(id), 0) FROM message")


def name_of(m: Mail) -> str:
    """As the service's ledger names it."""
    kind, person, happening = m.key
    return f"{kind}:r{person}:{happening}"


def _table(fact: Event | Person | Mail) -> str:
    return "event" if isinstance(fact, Event) else "registration" if isinstance(fact, Person) else "message"


def _triggers() -> str:
    made = ["CREATE TABLE noted (number INTEGER PRIMARY KEY, name TEXT, id INTEGER);"]
    for table in TABLES:
        for what, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            note = f"INSERT INTO noted (name, id) VALUES ('{table}', {row}.id);"
            made.append(f"CREATE TRIGGER noted_{table}_{what} AFTER {what} ON {table} BEGIN {note} END;")
    return "\n".join(made)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


def _read(table: str, row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row in the model's terms."""
    if table == "event":
        return row
    if table == "registration":
        identity, state, attendance, email, registered, confirmed, expires, ended, *numbers, muted = row
        return (
            identity, state, attendance, email, _instant(registered), _instant(confirmed),
            _instant(expires) if state in ENDING else None, _instant(ended) if state in OVER else None,
            *numbers, tuple(sorted(json.loads(muted))),
        )  # fmt: skip
    rank, state, due, following, attempts, uncertain, recipient, payload = row
    told = json.loads(payload) if "outcome" in payload or "before" in payload else {}
    outcome = told.get("outcome"), told.get("from"), "before" in told
    following = _instant(following) if state == "waiting" else None
    return (rank, state, _instant(due), following, attempts, bool(uncertain), recipient, outcome)


def _person(p: Person) -> tuple[Any, ...]:
    return (
        p.id, p.state, p.attendance, p.email, p.registered, p.confirmed,
        p.expires if p.state in ENDING else None, p.ended if p.state in OVER else None,
        p.requests, p.places, p.sequence, p.planned, p.muted,
    )  # fmt: skip


def _mail(m: Mail) -> tuple[Any, ...]:
    told = m.told if m.person else {}
    outcome = told.get("outcome"), told.get("from"), bool(told.get("before"))
    state, recipient = "uncertain" if m.state == "again" else m.state, m.person.email if m.person else ""
    following = m.next if m.state == "waiting" else None
    return (m.rank, state, m.due, following, m.attempts, m.uncertain, recipient, outcome)
