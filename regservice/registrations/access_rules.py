"""What people need so that nothing keeps them out, and when that is to be cleared again: PURE."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Question, QuestionKind
from regservice.registrations.types import RegistrationFacts, RegistrationState


def questions_about(event: EventFacts) -> tuple[Question, ...]:
    """The questions of the event that ask what somebody needs."""
    return tuple(question for question in event.questions if question.kind is QuestionKind.ACCESS)


def stated(event: EventFacts, answers: Mapping[str, Any]) -> dict[str, str]:
    """What a person said that they need, by the key of the question; empty for most people."""
    return {question.key: answers[question.key] for question in questions_about(event) if answers.get(question.key)}


def may_say(event: EventFacts, person: RegistrationFacts, now: datetime) -> bool:
    """Whether a person is asked what they need in the form that the event has now; they can change it until its end.

    Not where the question was taken away since: there would be nothing to write into.
    """
    return (
        person.needs_asked_at is not None
        and bool(questions_about(event))
        and person.state is RegistrationState.CONFIRMED
        and event_rules.status(event, now) is EventStatus.PUBLISHED
    )


def is_unsaid(event: EventFacts, person: RegistrationFacts, now: datetime) -> bool:
    """Whether they have said nothing to it yet."""
    return may_say(event, person, now) and person.needs_said_at is None
