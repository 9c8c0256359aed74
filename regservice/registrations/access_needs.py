"""What people need to take part is asked again when an event takes place differently, until somebody has cleared it.

An interpreter at the desk, captions in a digital room and an induction loop in a hall are not the same thing: what was
arranged for one form is not arranged for another.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events.types import EventFacts
from regservice.registrations import access_rules, organisers, store
from regservice.registrations.entries import locked
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import RegistrationFacts, RegistrationState, TooLate

_OPEN = (RegistrationRow.needs_asked_at.is_not(None), RegistrationRow.state == RegistrationState.CONFIRMED)


def stated_for(event: EventFacts) -> list[RegistrationFacts]:
    """Everybody who said what they need, whether or not they have a place: they may have one yet."""
    return [row.facts() for row in _rows(event)]


def ask_again(event: EventFacts, concerned: Collection[int], *, by: str, now: datetime) -> list[int]:
    """What these people need is open again; who looks after the event hears by one mail of those with a place.

    Who has none is asked once they have one. Part of the caller's transaction, which locked the event and tells the
    people. Returns the people with a place.
    """
    asked = [row for row in _rows(event) if row.id in concerned]
    for row in asked:
        row.needs_asked_at, row.needs_said_at = now, None
    session().flush()
    coming = sorted(row.id for row in asked if row.state == RegistrationState.CONFIRMED)
    if coming:
        organisers.call_to_clear_needs(event, f"v{event.format_version}", by=by, now=now)
    return coming


def _rows(event: EventFacts) -> list[RegistrationRow]:
    if not access_rules.questions_about(event):
        return []
    rows = store.rows(event.id, tuple(RegistrationState))
    return [row for row in rows if access_rules.stated(event, row.answers)]


def say(registration_id: int, answers: Mapping[str, Any], *, by: str, now: datetime) -> RegistrationFacts | TooLate:
    """Keep what a person needs now, also where it is what they needed before; who needs nothing any more is cleared."""
    with transaction():
        event, row = locked(registration_id)
        if not access_rules.may_say(event, row.facts(), now):
            return TooLate(why="question_over")
        asked = {question.key for question in access_rules.questions_about(event)}
        kept = {key: value for key, value in row.answers.items() if key not in asked}
        row.answers = kept | {key: value for key, value in answers.items() if key in asked and value}
        row.needs_said_at = now
        if not access_rules.stated(event, row.answers):
            row.needs_asked_at = None
        audit.record("registration.said_needs", f"registration:{row.id}", actor=by, now=now)
        session().flush()
        return row.facts()


def clear(registration_id: int, *, by: str, now: datetime) -> None:
    """What this person needs is arranged; a repeat changes nothing."""
    with transaction():
        _, row = locked(registration_id)
        if row.needs_asked_at is not None:
            row.needs_asked_at = None
            audit.record("registration.needs_cleared", f"registration:{row.id}", actor=by, now=now)


def to_clear(event_id: int) -> list[RegistrationFacts]:
    """The people whose needs are open: who has said something first, then in the order in which they came."""
    query = select(RegistrationRow).where(RegistrationRow.event_id == event_id, *_OPEN)
    found = [row.facts() for row in session().scalars(query.order_by(RegistrationRow.id))]
    return sorted(found, key=lambda person: person.needs_said_at is None)


def open_counts() -> dict[int, int]:
    """How many people's needs are open, by event."""
    query = select(RegistrationRow.event_id, func.count().label("open")).where(*_OPEN)
    return {row.event_id: row.open for row in session().execute(query.group_by(RegistrationRow.event_id))}
