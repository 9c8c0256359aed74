"""Who is in which session: people are put into those that are not for everyone, as long as there is room."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, SessionFacts, SessionKind
from regservice.registrations import entries, group_rules, in_sessions, moving, own_programme, rules
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    SEATED,
    Full,
    NoSuchSession,
    RegistrationFacts,
    RegistrationState,
    SessionFull,
    SessionTaken,
    TooLate,
)

ChooseAnswer = SessionTaken | SessionFull | Full | NoSuchSession | TooLate


def choose(
    registration_id: int, session_id: int, *, by: str, now: datetime, leaving: Collection[int] = ()
) -> ChooseAnswer:
    """Put a person into a session. Who has to come for it holds a seat on site from then on, if there is one.

    `leaving` are the sessions that the person gives up for it, and keeps where it is refused.
    """
    with transaction():
        event, row = entries.locked(registration_id)
        part = _joinable(event, session_id)
        if part is None:
            return NoSuchSession()
        if row.state not in in_sessions.COUNTED or event_rules.status(event, now) not in OPEN:
            return TooLate(why="ended")
        person = row.facts()
        if session_id in person.session_ids:
            return SessionTaken(registration=person, already=True)
        if group_rules.is_full(part, in_sessions.people_in(event.id)):
            return SessionFull(capacity=part.capacity or 0)
        chosen = person.session_ids.difference(leaving) | {session_id}
        to = rules.kept_or_first(rules.attendances_with(event, chosen), person.attendance)
        moves = to is not person.attendance
        if moves and person.state in SEATED and (full := entries.full_for_newcomer(event, to)):
            return Full(capacity=full.capacity or 0)
        if part.kind is not SessionKind.WATCH_TOGETHER:
            # Whatever they wished for when they registered, this is newer.
            row.group_wish, row.group_gone = None, ""
        in_sessions.change(row, joins=session_id, leaves=leaving)
        _record(row, "registration.session_chosen", part, by=by, now=now)
        if moves and person.state in SEATED:
            moving.reseat(event, row, to, by=by, now=now)  # Its mail says what the programme is now.
        else:
            row.attendance = to
            own_programme.tell(event, row, own_programme.programme(event, person), now)
        return SessionTaken(registration=row.facts())


def choose_group(registration_id: int, session_id: int, now: datetime) -> ChooseAnswer:
    """A person chooses one of the parts that are theirs to choose, instead of another at the same time."""
    with transaction():
        event, row = entries.locked(registration_id)
        person = row.facts()
        part = next((part for part in group_rules.groups_to_choose(event, person, now) if part.id == session_id), None)
        if part is None:
            return TooLate(why="choice_over")
        leaving = group_rules.left_for(event, part, person.session_ids)
        return choose(registration_id, session_id, by="person", now=now, leaving=leaving)


OPEN = (EventStatus.PUBLISHED, EventStatus.POSTPONED)


def leave(registration_id: int, session_id: int, *, by: str, now: datetime) -> RegistrationFacts:
    """Take a person out of a session; their place at the event stays. A repeat changes nothing."""
    with transaction():
        event, row = entries.locked(registration_id)
        person = row.facts()
        if session_id in person.session_ids:
            in_sessions.change(row, leaves=(session_id,))
            part = next((part for part in event.sessions if part.id == session_id), None)
            _record(row, "registration.session_left", part, by=by, now=now)
            own_programme.tell(event, row, own_programme.programme(event, person), now)
        return row.facts()


def _joinable(event: EventFacts, session_id: int) -> SessionFacts | None:
    return next((part for part in event.parts if part.id == session_id and not part.for_everyone), None)


def _record(row: RegistrationRow, verb: str, part: SessionFacts | None, *, by: str, now: datetime) -> None:
    title = part.title if part else ""
    audit.record(verb, f"registration:{row.id}", actor=by, now=now, session=title)


def keep_what_fits(event: EventFacts, row: RegistrationRow) -> None:
    """Who comes back finds their sessions again, but for those that others have filled. Part of the transaction."""
    numbers = in_sessions.people_in(event.id)
    own = rules.sessions_with(event, row.facts().session_ids)
    filled = [part.id for part in own if not part.for_everyone and group_rules.is_full(part, numbers)]
    in_sessions.change(row, leaves=filled)


def sessions_of(event: EventFacts, registration: RegistrationFacts) -> tuple[SessionFacts, ...]:
    """The named sessions of a person: those for everyone, and those that they were put into."""
    return rules.parts_of(event, registration)


def with_a_place(event_id: int) -> list[RegistrationFacts]:
    """Everyone who can be put into a session of an event."""
    query = select(RegistrationRow).where(
        RegistrationRow.event_id == event_id, RegistrationRow.state == RegistrationState.CONFIRMED
    )
    return [row.facts() for row in session().scalars(query.order_by(RegistrationRow.id))]
