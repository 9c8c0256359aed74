"""What an event is: facts that a page, a mail, a calendar and a rule read alike."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Format(StrEnum):
    """Where people take part; `mixed` is derived when the sessions of an event differ."""

    ONSITE = "onsite"
    DIGITAL = "digital"
    HYBRID = "hybrid"
    MIXED = "mixed"


class EventStatus(StrEnum):
    """The life of an event; `held` is derived from the clock and never stored."""

    DRAFT = "draft"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    HELD = "held"
    ARCHIVED = "archived"


class RegistrationMode(StrEnum):
    """How people register: by our form, by mail to a mailbox, somewhere else, or not at all."""

    FORM = "form"
    EMAIL = "email"
    EXTERNAL = "external"
    NONE = "none"


class SessionKind(StrEnum):
    """What a session is: the whole event where it has no parts, else one of its parts."""

    WHOLE = "whole"
    TALK = "talk"
    GROUP = "group"
    BREAK = "break"
    MEAL = "meal"
    WATCH_TOGETHER = "watch_together"


class QuestionKind(StrEnum):
    """How a question of the event is answered."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    CHOICES = "choices"
    YES_NO = "yes_no"
    # What a person needs so that nothing keeps them out, in their own words; asked again after a switch.
    ACCESS = "access"


@dataclass(frozen=True, kw_only=True)
class Venue:
    """A place on site; every part may be unknown."""

    name: str = ""
    room: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""

    @property
    def label(self) -> str:
        """The place in one line, without what is unknown."""
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return ", ".join(part for part in (self.name, self.room, self.street, town) if part)


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Whom to ask."""

    name: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, kw_only=True)
class DialIn:
    """How to take part by telephone; shown to those with a digital place, never in public."""

    number: str = ""
    meeting_id: str = ""
    pin: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """Who speaks or moderates."""

    name: str
    role: str = ""
    organisation: str = ""
    # Where decisions about the format are told before the public hears of them; never shown in public.
    email: str = field(default="", repr=False)
    moderates: bool = False


@dataclass(frozen=True, kw_only=True)
class AgendaItem:
    """One part of the programme of the day; times may be unknown."""

    title: str
    kind: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    speakers: tuple[str, ...] = ()
    place: str = ""


@dataclass(frozen=True, kw_only=True)
class WorkingGroup:
    """One of the groups that meet in parallel."""

    name: str
    room: str = ""
    capacity: int | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question that the form of this event asks beyond name, address and language."""

    key: str
    label: str
    kind: QuestionKind = QuestionKind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Document:
    """Something to read or download."""

    label: str
    url: str
    format: str = ""


@dataclass(frozen=True, kw_only=True)
class Image:
    """A picture with what a blind reader, a caption and the law on credits need."""

    url: str
    alt: str = ""
    caption: str = ""
    credit: str = ""


@dataclass(frozen=True, kw_only=True)
class EventValues:
    """What an organiser can set. Instants are UTC; `timezone` says in which zone they are meant."""

    title: str
    summary: str = ""
    description: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    timezone: str = "Europe/Berlin"
    venue: Venue = Venue()
    capacity: int | None = None
    digital_capacity: int | None = None
    waiting_list: bool = True
    registration_mode: RegistrationMode = RegistrationMode.FORM
    registration_address: str = ""
    registration_opens_at: datetime | None = None
    registration_closes_at: datetime | None = None
    contact: Contact = Contact()
    speakers: tuple[Speaker, ...] = ()
    agenda: tuple[AgendaItem, ...] = ()
    groups: tuple[WorkingGroup, ...] = ()
    questions: tuple[Question, ...] = ()
    documents: tuple[Document, ...] = ()
    target_groups: tuple[str, ...] = ()
    image: Image | None = None
    host: str = ""
    access: str = ""
    town: str = ""
    retention_days: int = 30
    dial_in: DialIn = DialIn()
    # How many minutes before the start the digital room opens.
    join_opens_min: int = 30
    # Names of the fields that were assumed rather than announced; shown to organisers only.
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SessionValues:
    """What an organiser can set of a session."""

    title: str = ""
    kind: SessionKind = SessionKind.WHOLE
    format: Format = Format.ONSITE
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    # The room on site.
    place: str = ""
    # How many people can be in it; None without a limit. Of a session for everyone the event's places count instead.
    capacity: int | None = None
    # False: only for those who are put into it,
    for_everyone: bool = True
    # or who choose it themselves while there is room.
    people_choose: bool = False
    # The room's own address. It is never shown in public; people are led to it by their personal link.
    join_url: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class SessionFacts(SessionValues):
    """A part of an event with its own format; every event has at least one."""

    id: int
    position: int
    # What the system calls the room that was made for this part alone; empty before the first click.
    room_reference: str = field(default="", repr=False)

    @property
    def decides_format(self) -> bool:
        """Whether people take part in the event by this session; breaks and places to watch together go along."""
        return self.kind in (SessionKind.WHOLE, SessionKind.TALK, SessionKind.GROUP)


@dataclass(frozen=True, kw_only=True)
class EventFacts(EventValues):
    """An event as it stands."""

    id: int
    slug: str
    owner_id: int | None
    programme_id: int | None
    lifecycle: EventStatus
    sessions: tuple[SessionFacts, ...]
    format: Format
    # Counts every switch of format; the first one is 1.
    format_version: int
    # Counts every change of time or place that reminders depend on.
    schedule_version: int
    # Counts every change at all: what a cached page or calendar was made from.
    version: int
    # SEQUENCE of the public calendar entry (RFC 5545 3.8.7.4).
    calendar_sequence: int
    calendar_changed_at: datetime
    status_reason: str
    created_at: datetime
    # Which system makes the digital room; "link" where the organiser enters its address.
    room_system: str = "link"
    # Counts the rooms that were given up because their address had become known.
    room_generation: int = 1
    # What the system calls the room that was made; empty before the first click.
    room_reference: str = field(default="", repr=False)
    # The start with which it was published first; None before.
    announced_starts_at: datetime | None = None
    # Who decides about the format beside the owner.
    deputy_id: int | None = None

    @property
    def join_url(self) -> str:
        """The room's own address, if one is known."""
        return next((session.join_url for session in self.sessions if session.join_url), "")

    @property
    def has_room(self) -> bool:
        """Whether people can be led to a digital room: its address is known, or a system makes one."""
        return self.room_system != "link" or bool(self.join_url)

    @property
    def parts(self) -> tuple[SessionFacts, ...]:
        """The sessions that the organiser named; empty for an event that is one whole."""
        return tuple(session for session in self.sessions if session.kind is not SessionKind.WHOLE)

    @property
    def place(self) -> str:
        """The place on site in one line."""
        return self.venue.label


@dataclass(frozen=True, kw_only=True)
class ProgrammeFacts:
    """Several events under one name, such as a festival. The days are local, the last one included."""

    id: int
    slug: str
    title: str
    motto: str
    summary: str
    description: str
    starts_on: date
    ends_on: date
    timezone: str
    region: str
    towns: tuple[str, ...]
    host: str
    documents: tuple[Document, ...]
    contact: Contact
    target_groups: tuple[str, ...]
    version: int
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class NotYetOpen:
    """Registration opens later."""

    opens_at: datetime


@dataclass(frozen=True, kw_only=True)
class Closed:
    """Registration has ended; `since` is the first instant after the deadline."""

    since: datetime


@dataclass(frozen=True, kw_only=True)
class NotOffered:
    """The event takes no registrations here: a draft, cancelled, postponed, or registered elsewhere."""

    status: EventStatus


@dataclass(frozen=True, kw_only=True)
class Overtaken:
    """Somebody else changed the event since it was looked at; nothing was written over."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that stands in the way of publishing; `code` is translated by the page."""

    field: str
    code: str
