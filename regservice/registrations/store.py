"""Queries of registrations: facts in, facts out."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    column,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    union_all,
    update,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy.orm import InstrumentedAttribute

from regservice.db import UtcDateTime, is_postgresql, one_of, read_alone, reading, session
from regservice.events.types import EventStatus
from regservice.registrations.erased_list import Erased
from regservice.registrations.models import HAS_ACTIVE_ADDRESS, RegistrationRow
from regservice.registrations.types import (
    ACTIVE,
    SEATED,
    Attendance,
    CancelCause,
    Question,
    RegistrationFacts,
    RegistrationGone,
    RegistrationState,
    Wish,
)

# The events' own table, named as a foreign key names it: its rows stay in their own domain.
EVENT = table(
    "event",
    column("id", Integer),
    column("slug", String),
    column("version", Integer),
    column("schedule_version", Integer),
    column("programme_id", Integer),
    column("lifecycle", String),
    column("starts_at", UtcDateTime),
    column("capacity", Integer),
    column("digital_capacity", Integer),
)
# How many ids one statement names.
CHUNK = 500
# States that end by themselves.
ENDING = (RegistrationState.PENDING, RegistrationState.WAITLISTED, RegistrationState.OFFERED)


def event_of(registration_id: int) -> int:
    """The event of a registration, which never changes. Raises RegistrationGone once its data is deleted."""
    event_id = reading(_EVENT_OF).execute(_EVENT_OF, {"registration_id": registration_id}).scalar_one_or_none()
    if event_id is None:
        raise RegistrationGone
    return int(event_id)


_EVENT_OF = select(RegistrationRow.event_id).where(RegistrationRow.id == bindparam("registration_id"))


def get_row(registration_id: int) -> RegistrationRow:
    """The registration as it stands in the database at this moment, for the services of this domain.

    Raises RegistrationGone once its data is deleted, which may happen between finding it and locking its event.
    """
    row = session().scalars(_AS_IT_IS, {"registration_id": registration_id}).one_or_none()
    if row is None:
        raise RegistrationGone
    return row


# Made once, since nearly every use case begins with it.
_AS_IT_IS = (
    select(RegistrationRow)
    .where(RegistrationRow.id == bindparam("registration_id"))
    .execution_options(populate_existing=True)
)


def find(registration_id: int) -> RegistrationFacts | None:
    """The registration with this id; None once its data is deleted."""
    row = session().get(RegistrationRow, registration_id)
    return row.facts() if row else None


def find_active(event_id: int, email_key: str) -> RegistrationRow | None:
    """The active registration of an address at an event."""
    return session().scalars(_OF_ADDRESS, {"event_id": event_id, "email_key": email_key}).one_or_none()


def find_known(event_id: int, email_key: str, request_key: str) -> list[RegistrationRow]:
    """The active registrations of an address, and those that this form or idempotency key made, the newest first."""
    which = {"event_id": event_id, "email_key": email_key, "request_key": request_key}
    return list(session().scalars(_KNOWN if request_key else _OF_ADDRESS, which))


def stands(*states: RegistrationState) -> ColumnElement[bool]:
    """In one of these states."""
    return one_of(RegistrationRow.state, states)


_AT_EVENT = select(RegistrationRow.id).where(RegistrationRow.event_id == bindparam("event_id"))
_BY_ADDRESS = _AT_EVENT.where(RegistrationRow.email_key == bindparam("email_key"), HAS_ACTIVE_ADDRESS)
_BY_REQUEST = _AT_EVENT.where(RegistrationRow.request_key == bindparam("request_key"), stands(*ACTIVE))
_NEWEST_FIRST = select(RegistrationRow).order_by(RegistrationRow.id.desc())
_OF_ADDRESS = _NEWEST_FIRST.where(RegistrationRow.id.in_(_BY_ADDRESS))
# Each half by its own index: with an OR both databases read everybody who is registered for the event.
_KNOWN = _NEWEST_FIRST.where(RegistrationRow.id.in_(union_all(_BY_ADDRESS, _BY_REQUEST)))


def active_of_address(email_key: str) -> list[RegistrationRow]:
    """All active registrations of an address."""
    query = select(RegistrationRow).where(RegistrationRow.email_key == email_key, RegistrationRow.state.in_(ACTIVE))
    return list(session().scalars(query.order_by(RegistrationRow.id)))


def counts(event_id: int) -> dict[tuple[Attendance, RegistrationState], int]:
    """How many registrations of an event stand where."""
    query = (
        select(RegistrationRow.attendance, RegistrationRow.state, func.count())
        .where(RegistrationRow.event_id == event_id)
        .group_by(RegistrationRow.attendance, RegistrationRow.state)
    )
    return {(Attendance(kind), RegistrationState(state)): number for kind, state, number in session().execute(query)}


def taken_and_waiting(event_id: int) -> dict[Attendance, tuple[int, int]]:
    """Of each kind the seats that are spoken for, and the people who wait for one; who takes either waits for both."""
    session().flush()  # What the transaction has changed already counts.
    taken, waiting = Counter[Attendance](), Counter[Attendance]()
    # Who is held a place on site beside a digital one takes both until they have said which.
    for kind, state, wish, number in reading(_TAKEN_AND_WAITING).execute(_TAKEN_AND_WAITING, {"event_id": event_id}):
        if state in SEATED:
            taken[Attendance(kind)] += number
            continue
        for attendance in Attendance if wish == Wish.EITHER else (Attendance(kind),):
            waiting[attendance] += number
    return {attendance: (taken[attendance], waiting[attendance]) for attendance in Attendance}


def held_on_site() -> ColumnElement[bool]:
    """Who takes part digitally and is held a place on site (as `rules.held_on_site_until` says it of a person)."""
    return and_(
        RegistrationRow.answer_by.is_not(None),
        RegistrationRow.question == Question.TAKE_PLACE,
        RegistrationRow.state == RegistrationState.CONFIRMED,
        RegistrationRow.attendance == Attendance.DIGITAL,
    )


def held_at(event_id: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
    """For whom a place on site is held so at an event.

    Few people anywhere have something to say by a certain time, and many take part digitally in one event: the sum
    keeps databases from reading the latter.
    """
    return RegistrationRow.event_id + 0 == event_id, held_on_site()


def count_held(event_id: int) -> int:
    """How many places on site are held at an event for people with a digital one."""
    held = select(func.count()).select_from(RegistrationRow).where(*held_at(literal(event_id)))
    return session().scalar(held) or 0


_SEATS = (
    select(RegistrationRow.attendance, RegistrationRow.state, RegistrationRow.wish, func.count())
    .where(
        RegistrationRow.event_id == bindparam("event_id"),
        stands(*SEATED, RegistrationState.WAITLISTED),
    )
    .group_by(RegistrationRow.attendance, RegistrationRow.state, RegistrationRow.wish)
)
_HELD = select(
    literal_column(f"'{Attendance.ONSITE}'", String),
    literal_column(f"'{RegistrationState.OFFERED}'", String),
    literal_column(f"'{Wish.ONSITE}'", String),
    func.count(),
).where(*held_at(bindparam("event_id")))
_TAKEN_AND_WAITING = union_all(_SEATS, _HELD)


def in_line_for(attendance: Attendance | str | BindParameter[str]) -> ColumnElement[bool]:
    """Who waits in the line of this kind; to whom both are the same waits in both lines."""
    return or_(RegistrationRow.attendance == attendance, RegistrationRow.wish == Wish.EITHER)


def count_waiting(event_id: int, attendances: Collection[Attendance]) -> int:
    """People on the waiting list for seats of these kinds."""
    which = {"event_id": event_id, "attendances": list(attendances)}
    found = read_alone(_COUNT_WAITING, which)
    return int(found[0]) if found else 0


_COUNT_WAITING = select(func.count()).where(
    RegistrationRow.event_id == bindparam("event_id"),
    RegistrationRow.state == RegistrationState.WAITLISTED,
    or_(RegistrationRow.attendance.in_(bindparam("attendances", expanding=True)), RegistrationRow.wish == Wish.EITHER),
)


def next_waiting(event_id: int, attendance: Attendance) -> RegistrationRow | None:
    """Who is first in line."""
    query = (
        select(RegistrationRow)
        .where(
            RegistrationRow.event_id == event_id,
            RegistrationRow.state == RegistrationState.WAITLISTED,
            in_line_for(attendance),
        )
        .order_by(RegistrationRow.queued_at, RegistrationRow.id)
        .limit(1)
    )
    return session().scalars(query).one_or_none()


def last_queued_at(event_id: int) -> datetime | None:
    """Since when the last in line waits; who was offered a place keeps theirs in case the event is postponed."""
    session().flush()
    last: datetime | None = reading(_LAST_QUEUED_AT).execute(_LAST_QUEUED_AT, {"event_id": event_id}).scalar()
    return last


_LAST_QUEUED_AT = select(func.max(RegistrationRow.queued_at)).where(RegistrationRow.event_id == bindparam("event_id"))


def first_queued_at(event_id: int) -> datetime | None:
    """Since when the first in line waits."""
    query = select(func.min(RegistrationRow.queued_at)).where(RegistrationRow.event_id == event_id)
    return session().scalar(query)


def people_ahead(row: RegistrationFacts) -> int:
    """How many wait before this person."""
    which = {"event_id": row.event_id, "attendance": row.attendance, "queued_at": row.queued_at, "id": row.id}
    found = read_alone(_PEOPLE_AHEAD, which)
    return int(found[0]) if found else 0


_PEOPLE_AHEAD = select(func.count()).where(
    RegistrationRow.event_id == bindparam("event_id"),
    stands(RegistrationState.WAITLISTED),
    in_line_for(bindparam("attendance")),
    or_(
        RegistrationRow.queued_at < bindparam("queued_at"),
        and_(RegistrationRow.queued_at == bindparam("queued_at"), RegistrationRow.id < bindparam("id")),
    ),
)


def rows(
    event_id: int, states: Sequence[RegistrationState], *conditions: ColumnElement[bool], limit: int | None = None
) -> list[RegistrationRow]:
    """Registrations of an event in these states, in the order they came."""
    query = select(RegistrationRow).where(
        RegistrationRow.event_id == event_id, RegistrationRow.state.in_(states), *conditions
    )
    return list(session().scalars(query.order_by(RegistrationRow.id).limit(limit)))


def columns_of(
    event_id: int,
    states: Sequence[RegistrationState],
    columns: Sequence[InstrumentedAttribute[Any]],
    *,
    after_id: int,
    limit: int,
) -> Sequence[Any]:
    """Some columns of registrations in these states, in the order they came, from the one after an id on."""
    query = select(*columns).where(
        RegistrationRow.event_id == event_id, RegistrationRow.state.in_(states), RegistrationRow.id > after_id
    )
    return session().execute(query.order_by(RegistrationRow.id).limit(limit)).all()


def listed(event_id: int, states: Sequence[RegistrationState]) -> list[tuple[int, str, str, str, datetime | None]]:
    """Id, name, address, code and time of queueing: what lists are searched and sorted by."""
    query = select(
        RegistrationRow.id,
        RegistrationRow.name,
        RegistrationRow.email,
        RegistrationRow.code,
        RegistrationRow.queued_at,
    ).where(RegistrationRow.event_id == event_id, RegistrationRow.state.in_(states))
    return [
        (person_id, name, email, code, queued_at)
        for person_id, name, email, code, queued_at in session().execute(query)
    ]


def with_ids(registration_ids: Sequence[int]) -> dict[int, RegistrationFacts]:
    """Registrations by their ids."""
    query = select(RegistrationRow).where(RegistrationRow.id.in_(registration_ids))
    return {row.id: row.facts() for row in session().scalars(query)}


def events_with_expired(now: datetime) -> list[int]:
    """Events with a registration that ends by itself by now."""
    query = select(RegistrationRow.event_id).where(RegistrationRow.state.in_(ENDING), RegistrationRow.expires_at <= now)
    # Not DISTINCT, for which SQLite would read everybody by event instead of the few whose time is over.
    return sorted(set(session().scalars(query)))


def events_with_unplanned(since: datetime) -> list[int]:
    """Published events that begin after `since` and have people whose reminders are not planned for its schedule."""
    unplanned = exists().where(
        RegistrationRow.event_id == EVENT.c.id,
        RegistrationRow.state == RegistrationState.CONFIRMED,
        RegistrationRow.planned_version < EVENT.c.schedule_version,
    )
    query = select(EVENT.c.id).where(EVENT.c.lifecycle == EventStatus.PUBLISHED, EVENT.c.starts_at > since, unplanned)
    return list(session().scalars(query.order_by(EVENT.c.starts_at, EVENT.c.id)))


def advance_calendar(event_id: int, only: Collection[int] | None) -> None:
    """Everyone with a place, or only these, gets the next SEQUENCE of their calendar entry."""
    _update_confirmed(event_id, only, calendar_sequence=RegistrationRow.calendar_sequence + 1)


def forget_plan(event_id: int, only: Collection[int]) -> None:
    """Those of these people who have a place count as not planned for yet."""
    _update_confirmed(event_id, only, planned_version=0)


def _update_confirmed(event_id: int, only: Collection[int] | None, **values: Any) -> None:
    confirmed = (RegistrationRow.event_id == event_id, RegistrationRow.state == RegistrationState.CONFIRMED)
    conditions: list[tuple[ColumnElement[bool], ...]] = [()]
    if only is not None:
        ids = sorted(only)
        conditions = [(RegistrationRow.id.in_(ids[at : at + CHUNK]),) for at in range(0, len(ids), CHUNK)]
    for condition in conditions:
        query = update(RegistrationRow).where(*confirmed, *condition).values(values)
        session().execute(query.execution_options(synchronize_session="fetch"))


def has_state(event_id: int, state: RegistrationState) -> bool:
    """Whether any registration of the event stands like this."""
    query = select(RegistrationRow.id).where(RegistrationRow.event_id == event_id, RegistrationRow.state == state)
    return session().scalar(query.limit(1)) is not None


def next_number(event_id: int, code: str) -> tuple[int, bool]:
    """The number of the registration that is written next, and whether another of the event has this code already.

    On SQLite the transaction is alone, so nobody writes with this number in between (https://sqlite.org/autoinc.html).
    """
    statement = _NEXT_OF_SEQUENCE if is_postgresql() else _NEXT_IN_FILE
    number, is_taken = reading(statement).execute(statement, {"event_id": event_id, "code": code}).one()
    return number, is_taken


_SQLITE_SEQUENCE = table("sqlite_sequence", column("name", String), column("seq", Integer))
_HIGHEST = select(_SQLITE_SEQUENCE.c.seq).where(_SQLITE_SEQUENCE.c.name == "registration").scalar_subquery()
_OF_CODE = exists().where(RegistrationRow.event_id == bindparam("event_id"), RegistrationRow.code == bindparam("code"))
_NEXT_IN_FILE = select(func.coalesce(_HIGHEST, 0) + 1, _OF_CODE)
_NEXT_OF_SEQUENCE = select(func.nextval("registration_id_seq"), _OF_CODE)


def with_other_keys(known_key_ids: Sequence[str]) -> list[RegistrationRow]:
    """Active registrations whose link was made with a key that is no longer listed."""
    query = select(RegistrationRow).where(
        RegistrationRow.state.in_(ACTIVE), RegistrationRow.link_key_id.not_in(known_key_ids)
    )
    return list(session().scalars(query.limit(CHUNK)))


def set_planned(registration_ids: Sequence[int], schedule_version: int) -> None:
    """Remember for which schedule the reminders of these people were planned."""
    session().execute(
        update(RegistrationRow)
        .where(RegistrationRow.id.in_(registration_ids))
        .values(planned_version=schedule_version)
        .execution_options(synchronize_session="fetch")
    )


def ids_of_event(event_id: int) -> list[int]:
    """Every registration of an event, whatever its state."""
    return list(session().scalars(select(RegistrationRow.id).where(RegistrationRow.event_id == event_id)))


def ids_ended_before(moment: datetime, states: Sequence[RegistrationState], but: Collection[int]) -> list[int]:
    """Registrations in these states that ended before a moment, without these."""
    query = select(RegistrationRow.id).where(RegistrationRow.state.in_(states), RegistrationRow.ended_at <= moment)
    return [number for number in session().scalars(query.with_for_update(skip_locked=True)) if number not in but]


def left_because_of_the_format() -> list[tuple[int, RegistrationFacts]]:
    """Everybody who gave their place up because of the format, each with the id of their event."""
    query = select(RegistrationRow).where(
        RegistrationRow.state == RegistrationState.CANCELLED, RegistrationRow.cancel_cause == CancelCause.FORMAT
    )
    return [(row.event_id, row.facts()) for row in session().scalars(query)]


def erased_entries(ids: Sequence[int]) -> list[Erased]:
    """What the list of deleted registrations keeps of these."""
    return [Erased(registration_id=number, mark=code) for number, code, _ in _marks(ids)]


def ids_of_erased(erased: Collection[Erased]) -> list[int]:
    """The registrations of a list that are there, which only an earlier copy of the database can bring about."""
    listed = {(each.registration_id, each.mark) for each in erased}
    there = _marks(sorted({number for number, _ in listed}))
    return [number for number, *marks in there if any((number, mark) in listed for mark in marks)]


def _marks(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    """Of these registrations the code, and the time at which they were made as the list of deleted ones names it."""
    found: list[tuple[int, str, str]] = []
    for start in range(0, len(ids), CHUNK):
        query = select(RegistrationRow.id, RegistrationRow.code, RegistrationRow.registered_at)
        rows = session().execute(query.where(RegistrationRow.id.in_(ids[start : start + CHUNK])))
        found += [(number, code, moment.isoformat()) for number, code, moment in rows]
    return found


def skip_calendar_sequences(count: int) -> None:
    """Raise the sequence of everybody's calendar entry by so many."""
    later = update(RegistrationRow).values(calendar_sequence=RegistrationRow.calendar_sequence + count)
    session().execute(later.execution_options(synchronize_session=False))


def delete(ids: Sequence[int]) -> None:
    """Delete registrations for good."""
    for start in range(0, len(ids), 500):
        chunk = ids[start : start + 500]
        session().execute(sql_delete(RegistrationRow).where(RegistrationRow.id.in_(chunk)))
    session().expire_all()
