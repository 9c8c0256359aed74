"""Who gets a place, decided from facts and `now`."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

from regservice.events import rules as event_rules
from regservice.events.daytime import after_daytime, next_daytime
from regservice.events.types import (
    Closed,
    EventFacts,
    EventStatus,
    Format,
    NotOffered,
    NotYetOpen,
    SessionFacts,
    SessionKind,
)
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations.types import (
    Attendance,
    CancelCause,
    Full,
    Places,
    Question,
    RegistrationFacts,
    RegistrationState,
    Wish,
)

# What was never confirmed or was given up is kept a week, so that the person can still ask what happened.
KEPT_AFTER_END = timedelta(days=7)
OPT_IN_VALID = timedelta(hours=48)
OPT_IN_AGAIN_AFTER = timedelta(hours=24)
OFFER_LENGTH = timedelta(hours=24)
SHORTEST_OFFER = timedelta(minutes=30)
LAST_OFFER_BEFORE_START = timedelta(hours=3)
# An offer never ends at night, nor before people had a chance to read their mail in the morning.
TIME_TO_WAKE_UP = timedelta(hours=1)
# A mail that left later than this after its time took more of the offer's length than the person should lose.
OFFER_MAIL_LATE = timedelta(hours=1)
UNDO_WITHIN = timedelta(minutes=30)


def attendances(format: Format) -> tuple[Attendance, ...]:
    """How people can take part; more than one means that the form asks."""
    match format:
        case Format.ONSITE:
            return (Attendance.ONSITE,)
        case Format.DIGITAL:
            return (Attendance.DIGITAL,)
        case _:
            return (Attendance.ONSITE, Attendance.DIGITAL)


def attendances_by(parts: Iterable[SessionFacts]) -> tuple[Attendance, ...]:
    """How people of these sessions can take part: on site once they have to come for one of them."""
    formats = {part.format for part in parts if part.decides_format}
    if Format.ONSITE in formats:
        return (Attendance.ONSITE,)
    return (Attendance.DIGITAL,) if formats == {Format.DIGITAL} else (Attendance.ONSITE, Attendance.DIGITAL)


def attendances_with(event: EventFacts, session_ids: Collection[int]) -> tuple[Attendance, ...]:
    """How a person can take part who was put into these sessions, beside those for everyone."""
    if event.format is not Format.MIXED:
        return attendances(event.format)
    return attendances_by(sessions_with(event, session_ids))


def sessions_with(event: EventFacts, session_ids: Collection[int]) -> tuple[SessionFacts, ...]:
    """The sessions of a person who was put into these, beside those for everyone."""
    return tuple(part for part in event.sessions if part.for_everyone or part.id in session_ids)


def parts_of(event: EventFacts, registration: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """The named sessions of a person: those for everyone, and those that they were put into."""
    return tuple(part for part in sessions_with(event, registration.session_ids) if part in event.parts)


def programme_of(event: EventFacts, registration: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """What a person has to know of their sessions: a meal that they do not come to is none."""
    return tuple(
        part
        for part in parts_of(event, registration)
        if part.kind is not SessionKind.MEAL or attendance_at(part, registration.attendance) is Attendance.ONSITE
    )


def attendance_at(part: SessionFacts, attendance: Attendance) -> Attendance:
    """How a person takes part in one session: as it takes place, where it has both as they were assigned."""
    match part.format:
        case Format.ONSITE:
            return Attendance.ONSITE
        case Format.DIGITAL:
            return Attendance.DIGITAL
        case _:
            return attendance


def own_rooms(event: EventFacts, registration: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """The parts that a person joins by a link of their own; the other digital ones are in the event's room."""
    return tuple(
        part
        for part in programme_of(event, registration)
        if part.join_url and attendance_at(part, registration.attendance) is Attendance.DIGITAL
    )


def room_at(event: EventFacts, registration: RegistrationFacts, now: datetime) -> str:
    """The address that the person's one link leads to: of their part that is on, else of the next one, else the last.

    Where no part of theirs has a time and a link, it is the event's.
    """
    part = _part_at(own_rooms(event, registration), now)
    return part.join_url if part else event.join_url


def _part_at(parts: Iterable[SessionFacts], now: datetime) -> SessionFacts | None:
    """The part that is on, else the next one, else the last; None where none has a time."""
    timed = sorted(
        ((part.starts_at, part.ends_at or part.starts_at, part.position, part) for part in parts if part.starts_at),
        key=lambda line: line[:3],
    )
    on = [part for starts, _, _, part in timed if starts <= now and (part.ends_at is None or now < part.ends_at)]
    to_come = [part for starts, _, _, part in timed if starts > now]
    if on:
        return on[-1]
    if to_come:
        return to_come[0]
    return timed[-1][3] if timed else None


def made_rooms(event: EventFacts, registration: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """The person's digital parts, to choose from, where one of them is a group with a made room of its own."""
    own = tuple(
        part
        for part in programme_of(event, registration)
        if part.decides_format and attendance_at(part, registration.attendance) is Attendance.DIGITAL
    )
    return own if any(part in event_rules.group_rooms(event) for part in own) else ()


def group_at(event: EventFacts, registration: RegistrationFacts, now: datetime) -> SessionFacts | None:
    """The group to whose made room the person's one link leads at this moment; None for the event's room."""
    part = _part_at(made_rooms(event, registration), now)
    return part if part in event_rules.group_rooms(event) else None


def places_to_watch(event: EventFacts, registration: RegistrationFacts, now: datetime) -> tuple[SessionFacts, ...]:
    """Where a person with a digital place can choose to watch together with others on site."""
    if registration.state is not RegistrationState.CONFIRMED or not may_take_part(event, now):
        return ()
    if Attendance.DIGITAL not in ways_of(event, registration):
        return ()
    return tuple(part for part in event.parts if part.kind is SessionKind.WATCH_TOGETHER and not part.for_everyone)


def ways_of(event: EventFacts, registration: RegistrationFacts) -> frozenset[Attendance]:
    """Whether this person comes, joins by the link, or does both at sessions that differ."""
    assigned = attendance_for(event, registration.attendance)
    if event.format is not Format.MIXED:
        return frozenset({assigned})
    own = [part for part in sessions_with(event, registration.session_ids) if part.decides_format]
    return frozenset(attendance_at(part, assigned) for part in own) or frozenset({assigned})


def place_is_off(event: EventFacts, registration: RegistrationFacts) -> bool:
    """Whether the place was given up for this person: by a switch, everything of theirs is digital.

    Who takes part digitally where others come does so beside the place and not instead of it.
    """
    own = sessions_with(event, registration.session_ids)
    return event.format_version > 1 and event_rules.derived_format(own) is Format.DIGITAL


def attendance_for(event: EventFacts, wish: Wish | Attendance | None) -> Attendance:
    """How this person takes part: their wish where there is a choice, else what there is."""
    return _wished(attendances(event.format), wish)


def _wished(possible: tuple[Attendance, ...], wish: Wish | Attendance | None) -> Attendance:
    wanted = wish.value if wish is not None else ""
    return next((attendance for attendance in possible if attendance.value == wanted), possible[0])


def choices(event: EventFacts) -> tuple[Attendance, ...]:
    """Between which ways of taking part a newcomer chooses."""
    return attendances_with(event, ())


def wish_for(event: EventFacts, wish: Wish | Attendance | None) -> Wish:
    """What is kept as a person's wish: theirs where they were asked, else what there is."""
    possible = choices(event)
    if len(possible) > 1 and wish is not None:
        return Wish(wish)
    return Wish(possible[0])


def attendance_of_newcomer(event: EventFacts, wish: Wish, places: Mapping[Attendance, Places]) -> Attendance:
    """Which seat a newcomer gets or waits for; to whom both are the same, one that is free, on site before digital."""
    possible = choices(event)
    if wish is not Wish.EITHER:
        return _wished(possible, wish)
    free = [attendance for attendance in possible if seat_for_newcomer(places[attendance])]
    return (free or possible)[0]


def attendance_in(format: Format, before: Attendance) -> Attendance:
    """How a person takes part in another format: as before where that is still possible, else as there is."""
    return kept_or_first(attendances(format), before)


def kept_or_first(possible: tuple[Attendance, ...], before: Attendance) -> Attendance:
    """As before where that is still possible, else as there is."""
    return before if before in possible else possible[0]


def capacity(event: EventFacts, attendance: Attendance) -> int | None:
    """How many seats of this kind there are; None without a limit."""
    return event.digital_capacity if attendance is Attendance.DIGITAL else event.capacity


def seats_decide(event: EventFacts, wish: Wish) -> bool:
    """Whether it depends on the seats what becomes of a sign-up: how they take part, or whether they are refused."""
    is_limited = any(capacity(event, attendance) is not None for attendance in choices(event))
    return wish is Wish.EITHER or (is_limited and not event.waiting_list)


def refusal(event: EventFacts, places: Places | None, now: datetime) -> NotOffered | NotYetOpen | Closed | Full | None:
    """Why a new registration is not taken at this moment, or None; without `places` where they do not decide."""
    by_clock = event_rules.registration_refusal(event, now)
    if by_clock:
        return by_clock
    if places is not None and places.free == 0 and not event.waiting_list:
        assert places.capacity is not None
        return Full(capacity=places.capacity)
    return None


def seat_for_newcomer(places: Places) -> bool:
    """Whether a newcomer gets a seat: the waiting list is served first."""
    return places.free is None or (places.free > 0 and places.waiting == 0)


def end_of_line(last: datetime | None, now: datetime) -> datetime:
    """From when on a person counts as waiting: after everybody who is in line, also when the clock was set back."""
    return max(now, last + timedelta(microseconds=1)) if last else now


def without_seat(event: EventFacts, format: Format, seated: Mapping[Attendance, int]) -> int:
    """How many of the people who have a seat would have none in this format."""
    moved: Counter[Attendance] = Counter()
    for attendance, number in seated.items():
        moved[attendance_in(format, attendance)] += number
    return beyond_capacity(event, moved)


def beyond_capacity(event: EventFacts, seated: Mapping[Attendance, int]) -> int:
    """How many people have a seat beyond the number of seats."""
    limits = ((number, capacity(event, attendance)) for attendance, number in seated.items())
    return sum(max(number - limit, 0) for number, limit in limits if limit is not None)


def opt_in_expires_at(event: EventFacts, requested_at: datetime) -> datetime:
    """Until when the confirm link works: 48 hours, at the latest until the event starts."""
    latest = requested_at + OPT_IN_VALID
    return min(latest, event.starts_at) if event.starts_at else latest


def opt_in_again_at(event: EventFacts, requested_at: datetime) -> datetime | None:
    """When to ask a pending person once more: a day later in the daytime, never after the deadline."""
    again_at = next_daytime(requested_at + OPT_IN_AGAIN_AFTER, event.timezone)
    deadline = event_rules.closes_at(event)
    if again_at >= opt_in_expires_at(event, requested_at) or (deadline and again_at > deadline):
        return None
    return again_at


def offer_times(event: EventFacts, now: datetime) -> tuple[datetime, datetime] | None:
    """When an offer made now is mailed and until when it holds; None when it is too near the start for offers.

    Offers reach people between 8:00 and 20:00 and hold for 24 hours of daytime. Near the event an offer holds for half
    of the time that is left until three hours before the start, so that the next in line has a chance as well.
    """
    mailed_at = next_daytime(now, event.timezone)
    if event.starts_at is None:
        return None
    cut_off = event.starts_at - LAST_OFFER_BEFORE_START
    if mailed_at + SHORTEST_OFFER > cut_off:
        return None
    expires_at = after_daytime(mailed_at, OFFER_LENGTH, event.timezone)
    if expires_at > cut_off:
        expires_at = max(mailed_at + (cut_off - mailed_at) / 2, mailed_at + SHORTEST_OFFER)
        morning = next_daytime(expires_at, event.timezone)
        if morning != expires_at:
            expires_at = min(morning + TIME_TO_WAKE_UP, cut_off)
    return mailed_at, expires_at


def may_take_part(event: EventFacts, now: datetime) -> bool:
    """Whether places can still change hands: the event is on and has not begun."""
    return event.lifecycle is EventStatus.PUBLISHED and not event_rules.has_started(event, now)


def may_change_sides(event: EventFacts, to: Attendance, now: datetime) -> bool:
    """Whether people can go over to this way of taking part: until the start, and to digital while the event runs."""
    return may_take_part(event, now) or (event_rules.is_running(event, now) and to is Attendance.DIGITAL)


def may_give_back(event: EventFacts, now: datetime) -> bool:
    """Whether a place can still be given back: until the start, which a postponed event does not have."""
    return event.lifecycle is EventStatus.POSTPONED or not event_rules.has_started(event, now)


def has_expired(event: EventFacts, registration: RegistrationFacts, now: datetime) -> bool:
    """Whether a pending registration is over."""
    return registration.state is RegistrationState.PENDING and now >= opt_in_expires_at(
        event, registration.registered_at
    )


def offer_is_over(registration: RegistrationFacts, now: datetime) -> bool:
    """Whether an offered place goes to the next person."""
    return (
        registration.state is RegistrationState.OFFERED
        and registration.expires_at is not None
        and now >= registration.expires_at
    )


def offer_goes_on_until(
    event: EventFacts, *, waiting: int, mail: MessageFacts | None, now: datetime
) -> datetime | None:
    """Until when an offer whose time is over still holds; None when the place goes to the next in line.

    Nobody loses a place by a mail that could not leave: the time of an offer begins when its mail does. While nobody
    else waits for the place, it stays held for the person without another mail.
    """
    began_at = now if waiting == 0 else _began_late_at(mail, now)
    times = offer_times(event, began_at) if began_at else None
    return times[1] if times and times[1] > now else None


def _began_late_at(mail: MessageFacts | None, now: datetime) -> datetime | None:
    """When an offer really began; None where its mail left in time, failed for good, or is kept for the organiser."""
    if mail is None:
        return None
    if mail.state in (MessageState.WAITING, MessageState.CLAIMED, MessageState.SENDING):
        return now
    return mail.sent_at if mail.sent_at and mail.sent_at > mail.due_at + OFFER_MAIL_LATE else None


def digital_part_starts_at(event: EventFacts, registration: RegistrationFacts) -> datetime | None:
    """When what a person joins by their link begins: where their parts differ, the first of those that are digital."""
    if event.format is not Format.MIXED:
        return event.starts_at
    starts = [
        part.starts_at
        for part in programme_of(event, registration)
        if part.starts_at and attendance_at(part, registration.attendance) is Attendance.DIGITAL
    ]
    return min(starts, default=event.starts_at)


def room_opens_at(event: EventFacts, registration: RegistrationFacts) -> datetime | None:
    """When the digital room opens to a person: before their first digital part, as the organiser set it."""
    starts_at = digital_part_starts_at(event, registration)
    return starts_at - timedelta(minutes=event.join_opens_min) if starts_at else None


def held_until(registration: RegistrationFacts) -> datetime | None:
    """Until when a place is held for a person who has yet to say that they take it; None where none is."""
    if registration.state is RegistrationState.OFFERED:
        return registration.expires_at
    if until := held_on_site_until(registration):
        return until
    asked = registration.question is Question.KEEP_PLACE and registration.question_answer is None
    return registration.answer_by if asked and registration.state is RegistrationState.CONFIRMED else None


def held_on_site_until(registration: RegistrationFacts) -> datetime | None:
    """Until when a place on site is held for a person beside their digital one; None where none is.

    They take part digitally until they say that they come, and go on so if they say nothing.
    """
    digital = registration.state is RegistrationState.CONFIRMED and registration.attendance is Attendance.DIGITAL
    return registration.answer_by if digital and registration.question is Question.TAKE_PLACE else None


def drew_no_place(registration: RegistrationFacts) -> bool:
    """Whether a person would have come back on site and drew no place: they wait for one beside their digital one."""
    return (
        registration.state is RegistrationState.CONFIRMED
        and registration.attendance is Attendance.DIGITAL
        and registration.queued_at is not None
        and held_on_site_until(registration) is None
    )


def cause_that_counts(
    event: EventFacts, registration: RegistrationFacts, cause: CancelCause | None
) -> CancelCause | None:
    """Why a person gives their place back, as far as it is so: where they could come, the format is no reason."""
    could_come = event.format in (Format.ONSITE, Format.HYBRID) and not drew_no_place(registration)
    return None if cause is CancelCause.FORMAT and could_come else cause


def is_asked_first(event: EventFacts, registration: RegistrationFacts, now: datetime) -> bool:
    """Whether a person who left because of the format may still be asked to come back: until the event begins."""
    return (
        registration.state is RegistrationState.CANCELLED
        and registration.cancel_cause is CancelCause.FORMAT
        and event.lifecycle in (EventStatus.PUBLISHED, EventStatus.POSTPONED)
        and may_give_back(event, now)
    )


def kept_until(event: EventFacts, registration: RegistrationFacts) -> date | None:
    """The local day on which a person's data is deleted: with the event's, or earlier where they have no place."""
    last = event_rules.erased_on(event)
    if registration.ended_at is None:
        return last
    days = [event_rules.local(registration.ended_at + KEPT_AFTER_END, event.timezone).date()]
    if registration.cancel_cause is CancelCause.FORMAT and event.starts_at:
        days.append(event_rules.local(event.starts_at, event.timezone).date() + timedelta(days=1))
    return min(max(days), last) if last else max(days)


def can_undo(event: EventFacts, registration: RegistrationFacts, now: datetime) -> bool:
    """Whether a cancelled place can be taken back with one click."""
    return (
        registration.state is RegistrationState.CANCELLED
        and registration.confirmed_at is not None
        and registration.ended_at is not None
        and now <= registration.ended_at + UNDO_WITHIN
        and may_take_part(event, now)
    )
