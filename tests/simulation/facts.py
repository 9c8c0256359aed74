"""What the model knows: events, their people and their mails."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from tests.simulation.clock import DAY, HOUR, NEVER

ACTIVE = ("pending", "confirmed", "waitlisted", "offered")
INVOLVED, WAITING, SEATED = ACTIVE[1:], ("pending", "waitlisted", "offered"), ("confirmed", "offered")
MODES, HERE = ("onsite", "digital"), ("waiting", "claimed", "again")
REMINDERS, CHANGES = ("remind_7d", "remind_1d", "remind_2h", "thanks"), ("changed", "decision", "decision_again")
# What was said of the place in line that somebody has in this state.
SAID_OF = {"pending": ("optin", "optin_again"), "waitlisted": ("waitlisted",), "offered": ("offer",)}
OVERTAKEN = (*REMINDERS, *CHANGES, "new_date", "new_date_again", "offer", "waitlisted", "confirmed", "postponed")
# Of each kind: about what; to whom; in which life of the event; when it rests; how urgent; until when it is of use.
KINDS = {
    "optin": ("{p.requests}", ACTIVE[:1], "published", "", 20, lambda m, p, e: p.expires),
    "optin_again": ("1", ACTIVE[:1], "published", "night", 20, lambda m, p, e: p.expires),
    "already": ("{p.requests}", INVOLVED, "published", "", 20, lambda m, p, e: e.ends),
    "confirmed": ("{p.places}", SEATED[:1], "published", "", 20, lambda m, p, e: e.ends),
    "waitlisted": ("{p.places}", WAITING[1:2], "published", "", 20, lambda m, p, e: e.starts),
    "offer": ("{p.places}", SEATED[1:], "published", "night", 20, lambda m, p, e: e.starts),
    "cancelled": ("{p.places}.{p.sequence}", ("cancelled",), "any", "", 10, lambda m, p, e: NEVER),
    "changed": ("{e.schedule}", INVOLVED, "published", "unless near", 10, lambda m, p, e: e.ends),
    "new_date": ("{e.schedule}", SEATED[:1], "published", "unless near", 10, lambda m, p, e: e.ends),
    "new_date_again": ("{e.schedule}", SEATED[:1], "published", "night", 20, lambda m, p, e: e.starts),
    "postponed": ("{e.version}", INVOLVED, "postponed", "unless near", 10, lambda m, p, e: e.ends),
    # The date of an event that was postponed before says nothing.
    "cancelled_event": (
        *("{e.version}", INVOLVED, "cancelled", "unless near", 10),
        lambda m, p, e: e.ends if m.due < e.ends else NEVER,
    ),
    "decision": ("v{e.switches}", INVOLVED, "published", "", 10, lambda m, p, e: e.ends),
    "decision_again": ("v{e.switches}", SEATED[:1], "published", "night", 20, lambda m, p, e: e.starts),
    "remind_7d": ("{e.schedule}.{p.places}", SEATED[:1], "published", "Sunday", 30, lambda m, p, e: m.due + 3 * DAY),
    "remind_1d": ("{e.schedule}.{p.places}", SEATED[:1], "published", "night", 30, lambda m, p, e: e.starts - 3 * HOUR),
    "remind_2h": ("{e.schedule}.{p.places}", SEATED[:1], "published", "", 30, lambda m, p, e: e.starts),
    "thanks": ("{e.schedule}.{p.places}", SEATED[:1], "held", "Sunday", 30, lambda m, p, e: m.due + 7 * DAY),
}


class Noted:
    """Notes what changes, so that only that must be compared."""

    noted: ClassVar[set[Any]] = set()

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        self.noted.add(self)


@dataclass(kw_only=True, eq=False)
class Event(Noted):
    """An event that everybody can see. Making it is its first version, publishing it the second."""

    id: int
    starts: datetime
    ends: datetime
    place: str
    capacity: int | None
    digital_capacity: int | None
    waiting_list: bool
    closes: datetime | None
    format: str
    changed: datetime
    life: str = "published"
    version: int = 2
    schedule: int = 1
    switches: int = 1
    went_back: bool = False
    people: "dict[int, Person]" = field(default_factory=dict)
    mails: "dict[tuple[str, int, str], Mail]" = field(default_factory=dict)

    def stage(self, now: datetime) -> str:
        """`on`, `started`, `held`, or that it is off."""
        by_clock = "on" if now < self.starts else "started" if now < self.ends else "held"
        return by_clock if self.life == "published" else self.life

    def when_and_where(self) -> tuple[datetime, datetime, str]:
        """What people are told when it changes."""
        return self.starts, self.ends, self.place

    def mode(self, wish: str, format: str = "") -> str:
        """How somebody takes part: as wished where there is a choice."""
        return wish if (format or self.format) == "hybrid" else (format or self.format)

    def who(self, *states: str) -> "list[Person]":
        """People in these states, in the order in which they registered."""
        return [p for p in self.people.values() if p.state in states]

    def queue(self, mode: str) -> "list[Person]":
        """Who waits, in the order in which they came."""
        return sorted((p for p in self.who("waitlisted") if p.attendance == mode), key=lambda p: p.queued)

    def free(self, mode: str, format: str = "hybrid") -> float:
        """Seats that nobody has and nobody was offered, were it held in this format; below 0: too few."""
        seats = self.digital_capacity if mode == "digital" else self.capacity
        taken = sum(self.mode(p.attendance, format) == mode for p in self.who(*SEATED))
        return float("inf") if seats is None else seats - taken

    def free_for_newcomer(self, mode: str) -> bool:
        """Who waits is served first."""
        free = self.free(mode)
        return free == float("inf") or (free > 0 and not self.queue(mode))

    def follow(self, now: datetime) -> None:
        """Calendars get their next version, and waiting ends at the start."""
        self.schedule, self.changed = self.schedule + 1, now
        for p in self.people.values():
            p.sequence += p.state == "confirmed"
            until = {"pending": p.registered + 2 * DAY, "offered": p.expires or self.starts}.get(p.state, self.starts)
            p.expires = min(until, self.starts)

    def on_the_way(self) -> "list[Mail]":
        """What may still leave, or is leaving."""
        return [m for m in self.mails.values() if m.state in (*HERE, "sending")]

    def tell(self, p: "Person", kind: str, now: datetime, due: datetime | None = None, **told: Any) -> None:
        """Each happening is told once, and only to who has an address."""
        key, at = (kind, p.id, KINDS[kind][0].format(p=p, e=self)), due or now
        if p.email and key not in self.mails:
            self.mails[key] = Mail(key=key, event=self, person=p, made=now, due=at, next=at, told=told)

    def withdraw(self, *kinds: str, p: "Person | None" = None) -> "list[Mail]":
        """What did not leave yet stays here: of these kinds or of all, to one person or to everybody.

        Those that nobody can have. One that was on its way before, and perhaps arrived, counts as told.
        """
        taken = [m for m in self.mails.values() if m.state in HERE and p in (None, m.person)]
        taken = [m for m in taken if m.key[0] in (kinds or KINDS)]
        untold = [m for m in taken if m.state != "again"]
        for m in taken:
            m.state = "skipped"
        return untold

    def forget(self, p: "Person") -> None:
        """The person's data goes; the ledger keeps that there were mails."""
        self.withdraw(p=p)
        for m in self.mails.values():
            m.person = None if m.person is p else m.person
        p.state = "erased"
        del self.people[p.id]


@dataclass(kw_only=True, eq=False)
class Person(Noted):
    """One registration; `expires` is when waiting ends by itself, `places` counts the places somebody had."""

    id: int
    event: Event
    email: str
    attendance: str
    registered: datetime
    key: str = ""
    state: str = "pending"
    expires: datetime | None = None
    confirmed: datetime | None = None
    ended: datetime | None = None
    queued: int = 0
    requests: int = 0
    places: int = 0
    sequence: int = 0
    planned: int = 0
    muted: tuple[str, ...] = ()
    no_mailbox: bool = False


@dataclass(kw_only=True, eq=False)
class Mail(Noted):
    """One row of the ledger: kind, person and happening are its key. `again`: sent once more, nobody knows whether
    it arrived. `rank` is the service's id: which of two equally urgent mails leaves first is left to it."""

    key: tuple[str, int, str]
    event: Event
    person: Person | None
    made: datetime
    due: datetime
    next: datetime
    told: dict[str, Any]
    state: str = "waiting"
    attempts: int = 0
    uncertain: bool = False
    first: datetime | None = None  # Tried.
    sent: datetime | None = None
    lease: datetime | None = None
    rank: int = 0
