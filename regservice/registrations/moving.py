"""A person goes from on site to digital or back: one action that keeps every count right and tells them once."""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import rules as event_rules
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import entries, rules, waiting_list
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import (
    ACTIVE,
    Attendance,
    Full,
    Moved,
    NotOfferedToThem,
    RegistrationFacts,
    RegistrationState,
    TooLate,
    Wish,
)

MoveAnswer = Moved | Full | TooLate | NotOfferedToThem


def move(registration_id: int, to: Attendance, *, by: str, now: datetime) -> MoveAnswer:
    """Let a person take part in the other way, while a seat is free there that nobody waits for, or is held for them.

    Who waits and finds a free seat there has a place at once. The seat they leave goes to the next in its line.
    """
    with transaction():
        event, row = entries.locked(registration_id)
        person = row.facts()
        if person.state not in ACTIVE:
            return TooLate(why="ended")
        if not rules.may_change_sides(event, to, now):
            return TooLate(why="started" if event_rules.has_started(event, now) else "off")
        if to not in rules.attendances_with(event, person.session_ids):
            return NotOfferedToThem()
        if to is person.attendance and person.state is RegistrationState.CONFIRMED:
            row.wish = Wish(to)
            return Moved(registration=row.facts(), already=True)
        needs_seat = person.state is not RegistrationState.PENDING and not rules.held_on_site_until(person)
        if needs_seat and (full := entries.full_for_newcomer(event, to)):
            return Full(capacity=full.capacity or 0)
        row.wish = Wish(to)
        reseat(event, row, to, by=by, now=now)
        return Moved(registration=row.facts())


def other_ways(event: EventFacts, person: RegistrationFacts, now: datetime) -> list[tuple[Attendance, bool]]:
    """The ways in which this person could take part instead, each with whether a place is free there.

    Who waits is told of free places alone: that all are taken is why they wait. Who is held a place on site is asked
    whether they come, and by nothing else beside.
    """
    waits = person.state is RegistrationState.WAITLISTED
    if (not waits and person.state is not RegistrationState.CONFIRMED) or rules.held_on_site_until(person):
        return []
    possible = rules.attendances_with(event, person.session_ids)
    others = [way for way in possible if way is not person.attendance and rules.may_change_sides(event, way, now)]
    if not others:
        return []
    places = entries.all_places(event)
    found = [(way, rules.seat_for_newcomer(places[way])) for way in others]
    return [(way, free) for way, free in found if free] if waits else found


def reseat(event: EventFacts, row: RegistrationRow, to: Attendance, *, by: str, now: datetime, why: str = "") -> None:
    """Give the person the other seat. Part of the caller's transaction, which locked the event and found it free.

    Their mail says `why`, where it was not they who wanted it.
    """
    before, row.attendance = row.attendance, to
    session().flush()
    audit.record("registration.moved", f"registration:{row.id}", actor=by, now=now, **{"from": before, "to": to.value})
    if row.state == RegistrationState.CONFIRMED:
        # Whatever they had still to say about a place on site is settled by it.
        row.queued_at = row.answer_by = None
        entries.tell_moved(row, now, why)
    elif row.state != RegistrationState.PENDING:
        outbox.skip_for_registration(row.id, "a place was found in the other way", kinds=("waitlisted", "offer"))
        entries.give_place(event, row, now, by=by)
    waiting_list.promote(event, now)
