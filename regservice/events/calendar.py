"""What a calendar entry says, before any library turns it into iCalendar."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Method(StrEnum):
    """What a calendar program shall do with an entry (RFC 5546, 1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, kw_only=True)
class Person:
    """A name and a mail address."""

    name: str
    address: str


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A time by the clock: two instants, and the IANA zone in which people read them."""

    starts_at: datetime
    ends_at: datetime | None
    timezone: str

    def __post_init__(self) -> None:
        for instant in (self.starts_at, self.ends_at):
            if instant is not None and instant.tzinfo is None:
                raise ValueError("A calendar entry needs instants with an offset.")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("A calendar entry must end after its start.")


@dataclass(frozen=True, kw_only=True)
class AllDay:
    """Whole days without a clock time; the last day belongs to them."""

    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValueError("A calendar entry must not end before its first day.")


@dataclass(frozen=True, kw_only=True)
class CalendarEntry:
    """One event as one calendar shows it.

    `uid` stays for the entry's whole life; `sequence` rises with each change of time, place, format or status.
    `stamped_at` is the moment of sending in mails and equals `changed_at`, the stored moment of the last change, in
    downloads and feeds, so that their bytes stay the same. `conference_url` is our own joining address, never the room.
    """

    uid: str
    sequence: int
    stamped_at: datetime
    changed_at: datetime
    time: Timed | AllDay
    summary: str
    description: str
    location: str
    url: str
    conference_url: str | None
    organizer: Person | None
    attendee: Person | None
    cancelled: bool
    language: str


@dataclass(frozen=True, kw_only=True)
class CalendarFeed:
    """A calendar that people subscribe to; `url` is the page it belongs to."""

    name: str
    url: str
    entries: tuple[CalendarEntry, ...]
