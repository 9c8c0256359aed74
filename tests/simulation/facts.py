"""What the model remembers of events, people and mails, and Berlin's wall clock. Nothing of the service is imported."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86400))
ACTIVE, SEATED = ("pending", "confirmed", "waitlisted", "offered"), ("confirmed", "offered")
INVOLVED = ("confirmed", "waitlisted", "offered")
REMINDERS = ("remind_7d", "remind_1d", "remind_2h", "thanks")
ON_ITS_WAY = ("waiting", "claimed", "sending")
OVERTAKEN = (*REMINDERS, "changed", "decision", "decision_again", "offer", "waitlisted", "confirmed", "postponed")
# Who may get it, when it leaves people in peace, how urgent it is (the lowest leaves first).
KINDS = {
    "optin": (("pending",), "", 20),
    "optin_again": (("pending",), "night", 20),
    "already": (INVOLVED, "", 20),
    "confirmed": (("confirmed",), "", 20),
    "waitlisted": (("waitlisted",), "", 20),
    "offer": (("offered",), "night", 20),
    "cancelled": (("cancelled",), "", 10),
    "changed": (INVOLVED, "night unless near", 10),
    "postponed": (INVOLVED, "night unless near", 10),
    "cancelled_event": (INVOLVED, "night unless near", 10),
    "decision": (INVOLVED, "", 10),
    "decision_again": (("confirmed",), "night", 20),
    "remind_7d": (("confirmed",), "night and Sunday", 30),
    "remind_1d": (("confirmed",), "night", 30),
    "remind_2h": (("confirmed",), "", 30),
    "thanks": (("confirmed",), "night and Sunday", 30),
}


def wall(day: date, hour: int) -> datetime:
    """The instant at which Berlin's clocks show this full hour."""
    return datetime.combine(day, time(hour), BERLIN).astimezone(UTC)


def day_of(instant: datetime) -> date:
    """The day on Berlin's calendars."""
    return instant.astimezone(BERLIN).date()


def morning(instant: datetime) -> datetime:
    """The instant itself from 8 to 20 o'clock, else the next 8 o'clock."""
    hour = instant.astimezone(BERLIN).hour
    return instant if 8 <= hour < 20 else wall(day_of(instant) + DAY * (hour >= 20), 8)


def rested(kind: str, instant: datetime, starts: datetime) -> datetime:
    """When a mail of this kind may reach people, from this instant on."""
    rest = KINDS[kind][1]
    if not rest or (rest == "night unless near" and starts - instant < DAY):
        return instant
    at = morning(instant)
    return wall(day_of(at) + DAY, 8) if "Sunday" in rest and day_of(at).weekday() == 6 else at


def by_day_unless_near(earliest: datetime, now: datetime, *starts: datetime) -> datetime:
    """By day, unless a start, old or new, is less than a day away."""
    near = any(now < start and start - now < DAY for start in starts)
    return earliest if near else morning(earliest)


def offer_until(begins: datetime, starts: datetime) -> datetime | None:
    """24 hours of daytime; near the start half of what is left until three hours before it, never ending at night.

    None when less than half an hour is left.
    """
    until = mailed = morning(begins)
    left, latest = DAY, starts - 3 * HOUR
    if mailed + 30 * MINUTE > latest:
        return None
    while until + left > (evening := wall(day_of(until), 20)):
        left, until = left - (evening - until), morning(evening)
    if until + left <= latest:
        return until + left
    until = max(mailed + (latest - mailed) / 2, mailed + 30 * MINUTE)
    return until if morning(until) == until else min(morning(until) + HOUR, latest)


def attendance_in(format: str, wish: str) -> str:
    """How somebody takes part: as wished where there is a choice."""
    return {"onsite": "onsite", "digital": "digital"}.get(format, wish)


@dataclass(kw_only=True, eq=False)
class Event:
    """An event that everybody can see."""

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
    version: int = 2  # Making it is the first, publishing it the second.
    schedule: int = 1
    switches: int = 1
    people: "dict[int, Person]" = field(default_factory=dict)
    mails: "list[Mail]" = field(default_factory=list)

    @property
    def when_and_where(self) -> tuple[datetime, datetime, str]:
        """What people are told when it changes."""
        return self.starts, self.ends, self.place

    def is_on(self, now: datetime) -> bool:
        """Whether places can change hands."""
        return self.life == "published" and now < self.starts

    def is_held(self, now: datetime) -> bool:
        """Whether it is over."""
        return self.life == "published" and now >= self.ends

    def seats(self, attendance: str) -> int | None:
        """None: without a limit."""
        return self.digital_capacity if attendance == "digital" else self.capacity

    def free(self, attendance: str) -> float:
        """Seats that nobody has and nobody was offered."""
        taken = sum(p.attendance == attendance and p.state in SEATED for p in self.people.values())
        seats = self.seats(attendance)
        return float("inf") if seats is None else max(seats - taken, 0)

    def queue(self, attendance: str) -> "list[Person]":
        """Who waits, in the order in which they came."""
        waiting = [p for p in self.people.values() if p.state == "waitlisted" and p.attendance == attendance]
        return sorted(waiting, key=lambda p: p.queued)

    def without_seat(self, format: str) -> int:
        """How many people with a seat have none in this format."""
        where = [attendance_in(format, p.attendance) for p in self.people.values() if p.state in SEATED]
        return sum(max(where.count(a) - seats, 0) for a in set(where) if (seats := self.seats(a)) is not None)


@dataclass(kw_only=True, eq=False)
class Person:
    """One registration; `expires` is when waiting ends by itself."""

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
    confirmations: int = 0
    sequence: int = 0
    planned: int = 0
    muted: tuple[str, ...] = ()
    no_mailbox: bool = False


@dataclass(kw_only=True, eq=False)
class Mail:
    """One row of the ledger: kind, person and happening are its key. `again`: sent once more, nobody knows whether
    it arrived. `rank` is the service's id: which of two equally urgent mails leaves first is left to it."""

    key: tuple[str, int, str]
    person: Person | None
    recipient: str
    made: datetime
    due: datetime
    next: datetime
    told: Any = None
    state: str = "waiting"
    attempts: int = 0
    uncertain: bool = False
    again: bool = False
    first: datetime | None = None  # Tried.
    sent: datetime | None = None
    lease: datetime | None = None
    rank: int = 0
