"""Where places on site are few, people can be asked to confirm that they come; who does not takes part digitally."""

from datetime import datetime

from sqlalchemy import func, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import entries, moving, question_rules, store
from regservice.registrations import service as registrations
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, Question, RegistrationState


def give_up(event: EventFacts, row: RegistrationRow, *, by: str, now: datetime) -> None:
    """Their place on site goes to the next in line; they take part digitally, or not at all if that is full.

    Part of the caller's transaction, which locked the event.
    """
    row.answer_by = None
    session().flush()
    outbox.skip_for_registration(row.id, "this is not asked any more", kinds=("keep_place",))
    audit.record("registration.place_given_up", f"registration:{row.id}", actor=by, now=now, event=event.id)
    # Who drew no place on site keeps the digital one while another is held for them.
    kept_digital = row.queued_at is not None
    if not kept_digital and entries.places_of(event, Attendance.DIGITAL).free == 0:
        registrations.cancel(row.id, now, by=by)
        return
    moving.reseat(event, row, Attendance.DIGITAL, by=by, now=now, why="" if by == "person" else "unconfirmed")


def unconfirmed(event_id: int) -> int:
    """How many people still have to confirm that they come."""
    query = select(func.count()).where(RegistrationRow.event_id == event_id, RegistrationRow.answer_by.is_not(None))
    return session().scalar(query) or 0


def end_due(now: datetime) -> int:
    """Give on the places that nobody confirmed in time. Returns how many."""
    query = select(RegistrationRow.event_id).where(RegistrationRow.answer_by <= now).distinct()
    ended = 0
    for event_id in sorted(session().scalars(query)):
        with transaction():
            event = events.lock(event_id)
            for row in store.rows(event_id, tuple(RegistrationState), RegistrationRow.answer_by <= now):
                ended += _end(event, row, now)
    return ended


def _end(event: EventFacts, row: RegistrationRow, now: datetime) -> bool:
    if not question_rules.may_answer(event, row.facts(), Question.KEEP_PLACE, now):
        # Cancelled or changed sides since, or the event is off: there is nothing to give on.
        row.answer_by = None
        session().flush()
        return False
    give_up(event, row, by="service", now=now)
    return True
