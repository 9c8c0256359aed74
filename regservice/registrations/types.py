"""People and their places."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from regservice.events.types import EventFacts


class RegistrationState(StrEnum):
    """Where a registration stands. A pending one holds no seat."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    ATTENDED = "attended"
    NO_SHOW = "no_show"


# One of these per event and address; the others are over.
ACTIVE = (
    RegistrationState.PENDING,
    RegistrationState.CONFIRMED,
    RegistrationState.WAITLISTED,
    RegistrationState.OFFERED,
)
# They confirmed their address, so they hear what happens to the event.
INVOLVED = (RegistrationState.CONFIRMED, RegistrationState.WAITLISTED, RegistrationState.OFFERED)
# These take a seat; an offered one is held for the person until the offer ends.
SEATED = (
    RegistrationState.CONFIRMED,
    RegistrationState.OFFERED,
    RegistrationState.ATTENDED,
    RegistrationState.NO_SHOW,
)


class Attendance(StrEnum):
    """How a person takes part."""

    ONSITE = "onsite"
    DIGITAL = "digital"


class Wish(StrEnum):
    """How a person wants to take part; `either` gets the seat that is free."""

    ONSITE = "onsite"
    DIGITAL = "digital"
    EITHER = "either"


class SwitchAnswer(StrEnum):
    """What a person says to a switch to digital; who cannot take part then cancels."""

    JOINS = "joins"
    HELP = "help"


class CancelCause(StrEnum):
    """Why a person gave their place back, where they said so by a button of their own."""

    FORMAT = "format"


class Question(StrEnum):
    """What a person with a place is asked: to stay digital when others come back, or to confirm that they come then;

    to come after all, where a place on site is held beside their digital one; or whether a new date suits them.
    """

    STAY_DIGITAL = "stay_digital"
    NEW_DATE = "new_date"
    KEEP_PLACE = "keep_place"
    TAKE_PLACE = "take_place"


class QuestionAnswer(StrEnum):
    """What they say."""

    YES = "yes"
    NO = "no"


class HelpKind(StrEnum):
    """What would let a person take part digitally: named as a service, never as a condition of theirs."""

    DEVICE = "device"
    WATCH_TOGETHER = "watch_together"
    TELEPHONE = "telephone"
    DIALLING_IN = "dialling_in"
    SIGN_LANGUAGE = "sign_language"
    OTHER = "other"


class Source(StrEnum):
    """How the registration reached the town."""

    FORM = "form"
    API = "api"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class RegistrationRequest:
    """What a person typed, checked and normalised; `request_key` is equal when the same form is sent twice."""

    name: str
    email: str
    language: str
    # How they want to take part; None where nothing was asked.
    attendance: Wish | Attendance | None = None
    # The session of the working group that they wish for.
    group: int | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    request_key: str = ""
    source: Source = Source.FORM


@dataclass(frozen=True, kw_only=True)
class RegistrationFacts:
    """A person's registration as it stands. `email` is empty for people without an address."""

    id: int
    event_id: int
    state: RegistrationState
    name: str
    email: str
    language: str
    # How the person takes part as things stand, which is the seat that they hold or wait for, and what they wanted.
    attendance: Attendance
    wish: Wish
    # "Yes, also if it goes digital": who waits is confirmed by a switch that makes room for everyone.
    digital_too: bool
    # The sessions that this person was put into, beside those for everyone.
    session_ids: frozenset[int]
    source: Source
    code: str
    answers: dict[str, Any]
    registered_at: datetime
    confirmed_at: datetime | None
    # Since when they wait for a place; with a digital one, for the place on site that they drew none of.
    queued_at: datetime | None
    # When a pending registration, an offered place or the waiting list ends by itself.
    expires_at: datetime | None
    ended_at: datetime | None
    # How often the opt-in was asked for and the place confirmed: each is a happening of its own for the outbox.
    requests: int
    confirmations: int
    # SEQUENCE of the person's calendar entry (RFC 5545 3.8.7.4).
    calendar_sequence: int
    link_generation: int
    link_key_id: str
    planned_version: int
    # Kinds of mail that the person has switched off.
    muted: tuple[str, ...]
    note: str
    cancel_cause: CancelCause | None = None
    # What the person said to a switch to digital, and to which format version.
    switch_answer: SwitchAnswer | None = None
    answered_version: int = 0
    # What the person is asked, since when, and what they said.
    question: Question | None = None
    question_answer: QuestionAnswer | None = None
    asked_at: datetime | None = None
    # The working group that the person wished for when they registered, as long as they are not in it.
    group_wish: int | None = None
    # The title of that group once it was taken off the programme, until the person chooses another.
    group_gone: str = ""
    # Until when they have to say that they come, or the place on site that they have or are held goes to somebody else.
    answer_by: datetime | None = None
    # When they first pressed the button into the digital room, which is no proof that they stayed.
    joined_at: datetime | None = None
    # Since when it is open what the person needs in the form that the event has now, and what they said to it.
    needs_asked_at: datetime | None = None
    needs_said_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the registration is still going on."""
        return self.state in ACTIVE


@dataclass(frozen=True, kw_only=True)
class QuestionCounts:
    """How many people were asked, and what they said."""

    asked: int
    yes: int
    no: int

    @property
    def unanswered(self) -> int:
        """Who has said nothing."""
        return self.asked - self.yes - self.no


@dataclass(frozen=True, kw_only=True)
class Places:
    """How many seats of one kind there are and how many are spoken for; `capacity` None means no limit."""

    capacity: int | None
    taken: int
    waiting: int

    @property
    def free(self) -> int | None:
        """Seats that nobody has; None without a limit. Never negative, though staff may have overbooked."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)


@dataclass(frozen=True, kw_only=True)
class CallLine:
    """One person to call; the number is written in by hand, since the service asks for none."""

    registration_id: int
    name: str
    code: str
    state: RegistrationState


@dataclass(frozen=True, kw_only=True)
class Participation:
    """A person's registration together with the event that it is for."""

    registration: RegistrationFacts
    event: EventFacts


@dataclass(frozen=True, kw_only=True)
class HelpRequest:
    """What somebody needs to take part digitally: a task with an owner and the local day by which they answer.

    `text` is the person's own words and goes with the person's data.
    """

    id: int
    event_id: int
    registration_id: int
    kinds: tuple[HelpKind, ...]
    text: str = field(repr=False)
    asked_at: datetime
    owner_id: int | None
    due_on: date | None
    done_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.done_at is None


@dataclass(frozen=True, kw_only=True)
class HelpTask:
    """A request with its person, and whether something is to be done for it: not where they take no part digitally."""

    request: HelpRequest
    person: RegistrationFacts
    to_do: bool


class RegistrationGone(LookupError):
    """The registration was deleted while somebody still looked at its page."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What everybody sees of an event depends on these alone, beside the clock and the language."""

    event: EventFacts
    places: Mapping[Attendance, Places]
    town_version: int
    programme_version: int
    has_rule: bool


# What a use case answers. Wording belongs to the pages.


@dataclass(frozen=True, kw_only=True)
class OptInSent:
    """A mail with the confirm link is on its way, or the address heard that it is registered already."""


@dataclass(frozen=True, kw_only=True)
class Full:
    """No seat is free and there is no waiting list."""

    capacity: int


@dataclass(frozen=True, kw_only=True)
class TooManyRequests:
    """Too many registrations at this moment; nothing was kept."""

    retry_after: timedelta


@dataclass(frozen=True, kw_only=True)
class KeyReused:
    """The idempotency key was used for other data."""


@dataclass(frozen=True, kw_only=True)
class Confirmed:
    """The person has a place; `already` when they had it before this call."""

    registration: RegistrationFacts
    already: bool = False


@dataclass(frozen=True, kw_only=True)
class Waitlisted:
    """The person is on the waiting list."""

    registration: RegistrationFacts
    already: bool = False


@dataclass(frozen=True, kw_only=True)
class Cancelled:
    """The registration is cancelled."""

    registration: RegistrationFacts
    already: bool = False


@dataclass(frozen=True, kw_only=True)
class NoPlaceLeft:
    """Others confirmed first and there is no waiting list; the registration has ended."""

    taken: int


@dataclass(frozen=True, kw_only=True)
class TooLate:
    """The time for this has passed: the link expired, the offer ended, or the event began."""

    why: str


@dataclass(frozen=True, kw_only=True)
class EventOff:
    """The event is cancelled or postponed."""

    event: EventFacts


@dataclass(frozen=True, kw_only=True)
class Moved:
    """The person takes part in the other way now; `already` when they did before this call."""

    registration: RegistrationFacts
    already: bool = False


@dataclass(frozen=True, kw_only=True)
class NotOfferedToThem:
    """The sessions of this person leave no choice between on site and digital, or they have no registration."""


@dataclass(frozen=True, kw_only=True)
class SessionTaken:
    """The person is in the session now; `already` when they were before this call."""

    registration: RegistrationFacts
    already: bool = False


@dataclass(frozen=True, kw_only=True)
class SessionFull:
    """Nobody else fits into this session."""

    capacity: int


@dataclass(frozen=True, kw_only=True)
class NoSuchSession:
    """The event has no session like this to which people are put."""


@dataclass(frozen=True, kw_only=True)
class AlreadyRegistered:
    """Staff entered an address that has an active registration."""

    registration: RegistrationFacts
