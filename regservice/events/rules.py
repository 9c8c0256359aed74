"""Decisions about an event as functions of its facts and `now`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from regservice.events.rooms import LINK
from regservice.events.types import (
    Closed,
    EventFacts,
    EventStatus,
    EventValues,
    Format,
    NotOffered,
    NotYetOpen,
    Problem,
    RegistrationMode,
    SessionFacts,
    SessionKind,
    SessionValues,
)

ASSUMED_LENGTH = timedelta(hours=2)
# An event longer than this is a programme of several events.
LONGEST_EVENT = timedelta(days=31)
# People stay on and talk after an event; a made room is not taken from under them.
ROOMS_STAY = timedelta(hours=6)
# Who speaks enters before the others, to try out sound and slides.
SPEAKERS_EARLIER = timedelta(hours=1)
# So long people of a postponed event are kept for its new date.
KEPT_FOR_A_NEW_DATE = timedelta(days=365)
# The kinds of named sessions by which people take part.
DECIDING = (SessionKind.TALK, SessionKind.GROUP)
UPCOMING = (EventStatus.PUBLISHED, EventStatus.POSTPONED, EventStatus.CANCELLED)


def derived_format(sessions: Iterable[SessionFacts]) -> Format:
    """The format of the whole: that of its sessions, or `mixed` when they differ.

    Breaks and places to watch together go along: they make no event digital or mixed.
    """
    sessions = tuple(sessions)
    formats = {session.format for session in sessions if session.decides_format}
    formats = formats or {session.format for session in sessions}
    return formats.pop() if len(formats) == 1 else Format.MIXED


def session_named(event: EventFacts, name: object) -> int:
    """The id of the session with this title or position; 0 where there is none."""
    if isinstance(name, bool):
        return 0  # True is no position, though it equals 1.
    return next((part.id for part in event.parts if name in (part.title, part.position, str(part.position))), 0)


def whole(event: EventFacts, format: Format) -> dict[int, Format]:
    """Every session of an event with this format, by their ids; a place to watch together is one, whatever comes."""
    return {part.id: format for part in event.sessions if part.kind is not SessionKind.WATCH_TOGETHER}


def with_formats(event: EventFacts, targets: Mapping[int, Format]) -> EventFacts:
    """The event as it is once these sessions have their new formats."""
    parts = tuple(replace(part, format=targets.get(part.id, part.format)) for part in event.sessions)
    return replace(event, sessions=parts, format=derived_format(parts))


def arranged(
    event: EventFacts, wanted: Sequence[tuple[int | None, SessionValues]]
) -> list[tuple[int | None, SessionValues]]:
    """The sessions that an event has once these are wanted, with the ids of those that stay.

    The first part that people take part by takes over what was the whole event, and the last one to go becomes the
    whole again, so that there is always one, and format and room stay what they were.
    """
    known = {part.id for part in event.sessions}
    whole = next((part for part in event.sessions if part.kind is SessionKind.WHOLE), None)
    found: list[tuple[int | None, SessionValues]] = []
    for wanted_id, values in wanted:
        identity = wanted_id if wanted_id in known else None
        if identity is None and whole is not None and values.kind in DECIDING:
            identity, whole = whole.id, None
        found.append((identity, values))
    if not any(values.kind in DECIDING for _, values in found):
        kept = {identity for identity, _ in found}
        last = whole or next(part for part in event.sessions if part.decides_format)
        again = SessionValues(format=last.format, join_url=last.join_url)
        found.insert(0, (None if last.id in kept else last.id, again))
    return found


def with_sessions(event: EventFacts, wanted: Sequence[tuple[int | None, SessionValues]]) -> EventFacts:
    """The event as it is once it has these sessions; new ones have no usable id yet."""
    parts = tuple(
        SessionFacts(id=identity or -position, position=position, **vars(values))
        for position, (identity, values) in enumerate(arranged(event, wanted), start=1)
    )
    return replace(event, sessions=parts, format=derived_format(parts))


def ends_at(event: EventValues) -> datetime | None:
    """When the event is over; without an announced end two hours after its start."""
    return event.ends_at or _assumed_end(event.starts_at)


def rooms_close_at(event: EventFacts) -> datetime | None:
    """When the rooms that were made for an event are closed: some hours after its end, and that of its last session.

    Nothing of it is closed between the days of an event whose sessions go on.
    """
    ends = [ends_at(event), *(part.ends_at or _assumed_end(part.starts_at) for part in event.sessions)]
    known = [end for end in ends if end is not None]
    return max(known) + ROOMS_STAY if known else None


def _assumed_end(starts_at: datetime | None) -> datetime | None:
    return starts_at + ASSUMED_LENGTH if starts_at else None


def status(event: EventFacts, now: datetime) -> EventStatus:
    """The stored state, or `held` once a published event is over."""
    over = ends_at(event)
    if event.lifecycle is EventStatus.PUBLISHED and over is not None and now >= over:
        return EventStatus.HELD
    return event.lifecycle


def is_public(event: EventFacts) -> bool:
    """Whether everybody may see the page."""
    return event.lifecycle is not EventStatus.DRAFT


def has_started(event: EventFacts, now: datetime) -> bool:
    """Whether the event has begun."""
    return event.starts_at is not None and now >= event.starts_at


def closes_at(event: EventValues) -> datetime | None:
    """The first instant at which nobody can register any more: the deadline, else the start."""
    return event.registration_closes_at or event.starts_at


def is_running(event: EventFacts, now: datetime) -> bool:
    """Whether the event takes place at this moment."""
    return status(event, now) is EventStatus.PUBLISHED and has_started(event, now)


def registration_refusal(event: EventFacts, now: datetime) -> NotOffered | NotYetOpen | Closed | None:
    """Why nobody can register at this moment, or None. Full is for the places to say, not for the clock.

    A deadline is the last instant that counts: at 23:59:59 a registration is taken, a second later it is not.
    """
    if event.lifecycle is not EventStatus.PUBLISHED or event.registration_mode is not RegistrationMode.FORM:
        return NotOffered(status=event.lifecycle)
    last = closes_at(event)
    if last is None:
        return NotOffered(status=event.lifecycle)
    if has_started(event, now):
        assert event.starts_at is not None
        return Closed(since=min(last, event.starts_at))
    if event.registration_opens_at and now < event.registration_opens_at:
        return NotYetOpen(opens_at=event.registration_opens_at)
    if now >= last + timedelta(seconds=1):
        return Closed(since=last)
    return None


def end_of_day(day: date, timezone: str) -> datetime:
    """What "until 13 November" means: the last second of that local day, as an instant."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(timezone))


def local(instant: datetime, timezone: str) -> datetime:
    """The wall-clock time of an instant in the event's zone."""
    return instant.astimezone(ZoneInfo(timezone))


def overlap(one: SessionFacts, other: SessionFacts) -> bool:
    """Whether two sessions take place at the same time; where a time is not known they are taken to."""
    if one.starts_at is None or one.ends_at is None or other.starts_at is None or other.ends_at is None:
        return True
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def room_opens_at(event: EventValues) -> datetime | None:
    """When the digital room opens, as the organiser set it."""
    return event.starts_at - timedelta(minutes=event.join_opens_min) if event.starts_at else None


def speaks_at(event: EventValues, address: str) -> bool:
    """Whether this is the mailbox of somebody who speaks or moderates: they are hosts in the digital room."""
    return any(speaker.email and speaker.email.casefold() == address.casefold() for speaker in event.speakers)


def speakers_enter_at(event: EventFacts) -> datetime | None:
    """From when on who speaks can enter the digital room; None where nobody does, as on site."""
    opens = room_opens_at(event)
    if opens is None or event.starts_at is None or digital_begins_at(event) is None or not event.has_room:
        return None
    return min(opens, event.starts_at - SPEAKERS_EARLIER) if event.lifecycle is EventStatus.PUBLISHED else None


def digital_begins_at(event: EventFacts) -> datetime | None:
    """When the first part that people follow digitally begins; None where none does, or the day is not known."""
    digital = [part for part in event.sessions if part.decides_format and part.format is not Format.ONSITE]
    if not digital or event.starts_at is None:
        return None
    return min(part.starts_at or event.starts_at for part in digital)


def may_speakers_enter(event: EventFacts, now: datetime) -> bool:
    """Whether who speaks is let into the digital room at this moment."""
    opens, over = speakers_enter_at(event), ends_at(event)
    return opens is not None and over is not None and opens <= now < over


def group_rooms(event: EventFacts) -> tuple[SessionFacts, ...]:
    """The working groups for which the system makes a room each; everything else digital is in the event's room."""
    if event.room_system == LINK:
        return ()
    return tuple(
        part
        for part in event.parts
        if part.kind is SessionKind.GROUP and not part.for_everyone and part.format is not Format.ONSITE
    )


def delete_on(event: EventValues) -> date | None:
    """The local day on which the participants' data is deleted."""
    over = ends_at(event)
    if over is None:
        return None
    return local(over, event.timezone).date() + timedelta(days=event.retention_days)


def erased_on(event: EventFacts) -> date | None:
    """The local day on which the data really goes: a postponed event keeps its people for a new date, a year at most.

    The day of an event without a date is not known, but its last change of time or life is.
    """
    planned = delete_on(event)
    if event.lifecycle is not EventStatus.POSTPONED:
        return planned
    kept = local(event.calendar_changed_at, event.timezone).date() + KEPT_FOR_A_NEW_DATE
    return max(planned, kept) if planned else kept


def is_web_address(address: str) -> bool:
    """Whether a link can be shown: http or https with a host, no blanks, nothing that runs."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in address


def publish_problems(event: EventFacts, now: datetime) -> list[Problem]:
    """What is missing before the event may be shown to everybody; all of it at once."""
    problems = []
    if not event.title.strip():
        problems.append(Problem(field="title", code="missing"))
    if event.starts_at is None:
        problems.append(Problem(field="starts_at", code="missing"))
    elif event.lifecycle is EventStatus.DRAFT and event.starts_at <= now:
        problems.append(Problem(field="starts_at", code="past"))
    if event.starts_at and event.ends_at and event.ends_at <= event.starts_at:
        problems.append(Problem(field="ends_at", code="before_start"))
    if event.format is Format.DIGITAL and not event.has_room:
        problems.append(Problem(field="join_url", code="missing"))
    if event.format is not Format.DIGITAL and not (event.venue.name or event.venue.city):
        problems.append(Problem(field="venue", code="missing"))
    if not (event.contact.email or event.contact.phone):
        problems.append(Problem(field="contact", code="missing"))
    deadline, opening = event.registration_closes_at, event.registration_opens_at
    if deadline and event.starts_at and deadline > event.starts_at:
        problems.append(Problem(field="registration_closes_at", code="after_start"))
    if deadline and opening and opening >= deadline:
        problems.append(Problem(field="registration_opens_at", code="after_deadline"))
    if (
        event.registration_mode in {RegistrationMode.EMAIL, RegistrationMode.EXTERNAL}
        and not event.registration_address
    ):
        problems.append(Problem(field="registration_address", code="missing"))
    return problems


def publish_warnings(event: EventFacts) -> list[Problem]:
    """What a good announcement has beyond the necessary."""
    warnings = []
    if not event.access:
        warnings.append(Problem(field="access", code="missing"))
    if event.image and not event.image.alt:
        warnings.append(Problem(field="image", code="alt_missing"))
    if event.image and not event.image.credit:
        warnings.append(Problem(field="image", code="credit_missing"))
    if not event.ends_at:
        warnings.append(Problem(field="ends_at", code="missing"))
    if event.venue.name and not event.venue.street:
        warnings.append(Problem(field="venue.street", code="missing"))
    if (
        event.capacity is None
        and event.registration_mode is RegistrationMode.FORM
        and event.format is not Format.DIGITAL
    ):
        warnings.append(Problem(field="capacity", code="missing"))
    return warnings


def start_before_the_move(event: EventFacts) -> datetime | None:
    """The start that an event was announced with; None while that still holds, also after a move there and back."""
    return event.announced_starts_at if event.announced_starts_at != event.starts_at else None


def moves_schedule(before: EventValues, after: EventValues) -> bool:
    """Whether a change concerns when or where: reminders and calendar entries depend on it."""
    return (before.starts_at, before.ends_at, before.timezone, before.venue) != (
        after.starts_at,
        after.ends_at,
        after.timezone,
        after.venue,
    )
