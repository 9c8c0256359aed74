"""Where places on site are few, people can be asked to confirm that they come; who does not takes part digitally.

So does who is held a place on site beside their digital one: without their word it goes to the next.
"""

from datetime import datetime

from sqlalchemy import func, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import entries, moving, question_rules, store, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.models import RegistrationRow
from regservice.registrations.types import Attendance, Question, QuestionAnswer, RegistrationState


def settle(
    event: EventFacts, row: RegistrationRow, question: Question, said: QuestionAnswer | None, *, by: str, now: datetime
) -> None:
    """Do what a person's answer about a place on site asks for, or that they gave none in time.

    Part of the caller's transaction, which locked the event.
    """
    if question is Question.TAKE_PLACE and said is QuestionAnswer.YES:
        moving.reseat(event, row, Attendance.ONSITE, by=by, now=now)
        return
    row.answer_by = None
    session().flush()
    if said is QuestionAnswer.YES or question not in (Question.KEEP_PLACE, Question.TAKE_PLACE):
        return
    outbox.skip_for_registration(row.id, "this is not asked any more", kinds=question_rules.MAILS[question])
    audit.record("registration.place_given_up", f"registration:{row.id}", actor=by, now=now, event=event.id)
    if question is Question.TAKE_PLACE:
        _let_go(event, row, now)
    else:
        _give_up(event, row, by=by, now=now)


def _let_go(event: EventFacts, row: RegistrationRow, now: datetime) -> None:
    """They take part digitally as before, which their calendar says already, and the place is held for the next."""
    row.queued_at = None
    session().flush()
    waiting_list.promote(event, now)


def _give_up(event: EventFacts, row: RegistrationRow, *, by: str, now: datetime) -> None:
    """Their place on site goes to the next in line; they take part digitally, or not at all if that is full."""
    if entries.places_of(event, Attendance.DIGITAL).free == 0:
        registrations.cancel(row.id, now, by=by)
        return
    moving.reseat(event, row, Attendance.DIGITAL, by=by, now=now, why="" if by == "person" else "unconfirmed")


def unconfirmed(event_id: int) -> int:
    """How many people with a place on site still have to confirm that they come."""
    query = select(func.count()).where(
        RegistrationRow.event_id == event_id,
        RegistrationRow.answer_by.is_not(None),
        RegistrationRow.question == Question.KEEP_PLACE,
    )
    return session().scalar(query) or 0


def end_due(now: datetime) -> int:
    """Give on the places that nobody confirmed in time. Returns how many."""
    # Told apart here: asked for distinct events, SQLite reads everybody in the order of their events.
    query = select(RegistrationRow.event_id).where(RegistrationRow.answer_by <= now)
    ended = 0
    for event_id in sorted(set(session().scalars(query))):
        with transaction():
            event = events.lock(event_id)
            for row in store.rows(event_id, tuple(RegistrationState), RegistrationRow.answer_by <= now):
                ended += _end(event, row, now)
    return ended


def _end(event: EventFacts, row: RegistrationRow, now: datetime) -> bool:
    asked = question_rules.question_for(event, row.facts(), now)
    if asked not in (Question.KEEP_PLACE, Question.TAKE_PLACE):
        # Cancelled or changed sides since, or the event is off: there is nothing to give on.
        row.answer_by = None
        session().flush()
        return False
    settle(event, row, asked, None, by="service", now=now)
    return True
