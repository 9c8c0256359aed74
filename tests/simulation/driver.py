"""One story on both sides: each step is done by the service and by the model, then their states are compared."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from regservice.jobs import JOBS
from tests.simulation.facts import Event, Mail, Person
from tests.simulation.model import Model
from tests.simulation.world import EVENT, LINE, MAILS, NEW_MAILS, PEOPLE, Crash, World, stamp

ENDING = ("pending", "waitlisted", "offered")
# The table of jobs in its order.
TICK = tuple(job.name for job in JOBS)
OVER = ("cancelled", "expired")


class Difference(AssertionError):
    """The service did something else than the model."""


@dataclass(frozen=True)
class Action:
    """One step, as it is printed and done again."""

    name: str
    event: int = 0
    person: int = 0
    values: tuple[tuple[str, Any], ...] = ()
    # The commit at which the process ends, counted from 1; the step is done again afterwards.
    crash: int = 0

    def __str__(self) -> str:
        about = [f"event {self.event}"] * bool(self.event) + [f"person {self.person}"] * bool(self.person)
        values = [f"{name}={value}" for name, value in self.values] + [f"crash {self.crash}"] * bool(self.crash)
        return " ".join([self.name, *about, *values])


class Simulation:
    """Both sides and what was done. `replay` is the command that tells the story again."""

    def __init__(self, path: Path, seed: int, now: datetime, replay: str = "") -> None:
        self.world, self.model, self.now, self.seed = World(path, seed, now), Model(), now, seed
        self.steps = self.letters = self.newest = self.crashes = 0
        self.replay = replay
        self.last: Action | None = None

    def close(self) -> None:
        """End."""
        self.world.close()

    def do(self, action: Action, now: datetime) -> str:
        """One step at this instant."""
        self.now = self.world.clock = now
        self.steps, self.last = self.steps + 1, action
        values = dict(action.values)
        if action.name == "tick" or action.name in TICK:
            self.jobs(TICK if action.name == "tick" else (action.name,), action.crash)
            return ""
        if action.name == "follow_set_back":
            self.world.follow_set_back(now)
            self.model.follow_set_back(now)
            return ""
        if action.name == "relay":
            self.world.relay.down = values["down"]
            return ""
        if action.name == "make_event":
            return self.make_event(values)
        subject = self.model.events[action.event] if action.event else self.model.people[action.person]
        event = subject if isinstance(subject, Event) else subject.event
        service, rule = getattr(self.world, action.name), getattr(self.model, action.name)
        if action.crash:
            self.crashed(lambda: service(subject.id, now=now, **values), event)
        said = service(subject.id, now=now, **values)
        expected = rule(subject, now=now, **values)
        if said != expected:
            self.differ("answer", said, expected)
        self.compare(event)
        return str(said)

    def crashed(self, call: Any, event: Event) -> None:
        """The first commit is lost, and everything with it."""
        with self.world.crashing(1):
            try:
                call()
            except Crash:
                self.crashes += 1
        self.compare(event)

    def make_event(self, values: dict[str, Any]) -> str:
        made = self.world.make_event(self.now, **values)
        known = {name: value for name, value in values.items() if name != "slug"}
        self.model.events[made] = Event(id=made, changed=self.now, **known)
        self.compare(self.model.events[made])
        return str(made)

    def jobs(self, names: tuple[str, ...], crash: int) -> None:
        """Jobs in their order. One that dies is run again, but what it was sending then is uncertain."""
        for name in names:
            if name == "deliver":
                self.deliver(crash)
                continue
            self.job(name, crash)
            if rule := getattr(self.model, name, None):
                rule(self.now)
        for event in self.model.events.values():
            self.compare(event)

    def deliver(self, crash: int) -> None:
        """What leaves, in which order, and what a crash in between leaves behind."""
        self.names()
        handed = self.world.relay.handed
        handed.clear()
        self.job("deliver", crash, again=False)

        def relay(m: Mail) -> str:
            return self.world.relay.answer(name_of(m), m.attempts)

        sent = [name_of(m) for m in self.model.deliver(self.now, relay, crash - 1 if crash else float("inf"))]
        self.letters += len(sent)
        if handed != sent:
            self.differ("letters", handed, sent)

    def job(self, name: str, crash: int, *, again: bool = True) -> None:
        with self.world.crashing(crash):
            try:
                self.world.job(name)
                return
            except Crash:
                self.crashes += 1
        if again:
            self.world.job(name)

    def names(self) -> None:
        """Learn the ids of new mails; one that the model does not know is a difference."""
        for rank, name, message_id in self.world.read(NEW_MAILS, self.newest):
            kind, who, happening = name.split(":", 2)
            mail = self.model.mails.get((kind, int(who[1:]), happening))
            if mail is None:
                self.differ("a mail that nobody needs", name, None)
            else:
                mail.rank, self.newest = rank, rank
                self.world.relay.keys[message_id] = name

    def compare(self, event: Event) -> None:
        """Everything that is known of one event."""
        self.names()
        e = self.world.read(EVENT, event.id)[0]
        if e != (event.life, event.version, event.schedule, event.switches):
            self.differ(f"event {event.id}", e, (event.life, event.version, event.schedule, event.switches))
        people = [_person(row) for row in self.world.read(PEOPLE, event.id)]
        self.same(f"people of event {event.id}", people, [_known(p) for p in event.people.values()])
        mails = [_mail(row) for row in self.world.read(MAILS, event.id)]
        expected = sorted((_expected(m) for m in event.mails), key=lambda mail: int(mail[0]))
        self.same(f"mails of event {event.id}", mails, expected)
        for attendance in ("onsite", "digital"):
            queue = [p.id for p in event.queue(attendance)]
            if queue:
                line = [identity for (identity,) in self.world.read(LINE, event.id, attendance)]
                self.same(f"line of event {event.id}", line, queue)

    def same(self, what: str, found: list[Any], expected: list[Any]) -> None:
        if found != expected:
            self.differ(what, [x for x in found if x not in expected], [x for x in expected if x not in found])

    def differ(self, what: str, service: object, model: object) -> None:
        raise Difference(
            f"seed {self.seed}, step {self.steps} at {self.now}: {self.last}\n{what}\n"
            f"  service: {service}\n  model:   {model}\nagain: {self.replay}"
        )


def name_of(m: Mail) -> str:
    """As the service's ledger names it."""
    kind, person, happening = m.key
    return f"{kind}:r{person}:{happening}"


def _person(row: tuple[Any, ...]) -> tuple[Any, ...]:
    *known, muted = row
    if known[1] not in ENDING:
        known[6] = None
    if known[1] not in OVER:
        known[7] = None
    return (*known, tuple(sorted(json.loads(muted))))


def _known(p: Person) -> tuple[Any, ...]:
    return (
        p.id, p.state, p.attendance, p.email, stamp(p.registered), stamp(p.confirmed),
        stamp(p.expires) if p.state in ENDING else None, stamp(p.ended) if p.state in OVER else None,
        p.requests, p.confirmations, p.sequence, p.planned, p.muted,
    )  # fmt: skip


def _mail(row: tuple[Any, ...]) -> tuple[Any, ...]:
    rank, state, due, following, attempts, uncertain, recipient, payload = row
    told = json.loads(payload) if "outcome" in payload or "before" in payload else {}
    outcome = told.get("outcome"), told.get("from"), "before" in told
    following = following if state == "waiting" else None
    return (rank, state, due, following, attempts, bool(uncertain), recipient, outcome)


def _expected(m: Mail) -> tuple[Any, ...]:
    told = m.told if isinstance(m.told, dict) and m.person else {}
    outcome = told.get("outcome"), told.get("from"), bool(m.person) and ("before" in told or m.key[0] == "changed")
    following = stamp(m.next) if m.state == "waiting" else None
    return (m.rank, m.state, stamp(m.due), following, m.attempts, m.uncertain, m.recipient, outcome)
