"""Before an event goes back on site with too few places: who would come is asked whether they would stay digital."""

from datetime import datetime

from regservice.audit import service as audit
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import seating, store
from regservice.formats.return_types import Asked
from regservice.formats.types import SwitchRefused
from regservice.registrations import questions
from regservice.registrations.announcing import announce
from regservice.registrations.types import Question, QuestionCounts

KIND = "stay_digital"


def ask(event_id: int, *, by: str, now: datetime) -> Asked | SwitchRefused:
    """Mail everybody once who would have a place on site; who was asked already is not asked again."""
    with transaction():
        event = events.lock(event_id)
        if refused := seating.refusal(event, "to be said", now):
            return SwitchRefused(code=refused)
        since = _went_digital_at(event)
        people = [person for person in seating.would_come(event) if person.asked_at is None or person.asked_at < since]
        questions.ask(event_id, Question.STAY_DIGITAL, people, now=now)
        told = announce(
            KIND,
            people,
            occurrence=f"v{event.format_version}",
            payload_for=lambda _: {"version": event.format_version},
            due_at=now,
            now=now,
        )
        audit.record("format.asked_to_stay_digital", f"event:{event_id}", actor=by, now=now, people=len(people))
        return Asked(mailed=len(told.mailed), to_call=len(told.to_call))


def answers(event: EventFacts) -> QuestionCounts:
    """How many were asked since the event went digital, and what they said."""
    return questions.counts(event.id, Question.STAY_DIGITAL, _went_digital_at(event))


def _went_digital_at(event: EventFacts) -> datetime:
    switch = store.find_switch(event.id, event.format_version)
    return switch.decided_at if switch else event.created_at
