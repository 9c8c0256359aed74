"""When a question to a person with a place can still be answered, and what an answer means: PURE."""

from datetime import datetime

from regservice.events.types import EventFacts, Format
from regservice.registrations.rules import held_on_site_until, may_take_part
from regservice.registrations.types import Attendance, Question, QuestionAnswer, RegistrationFacts, RegistrationState

# The mails that only ask, by question: none leaves once the person has answered. The one that tells of a new date
# brings the appointment as well.
MAILS = {
    Question.STAY_DIGITAL: ("stay_digital",),
    Question.NEW_DATE: ("new_date_again",),
    Question.KEEP_PLACE: ("keep_place",),
    Question.TAKE_PLACE: ("take_place",),
}
ASKED_BY = {kind: question for question, kinds in MAILS.items() for kind in kinds}


def may_answer(event: EventFacts, person: RegistrationFacts, question: Question, now: datetime) -> bool:
    """Whether this is what the person is asked at this moment; an answer can be changed as long as it is."""
    if person.question is not question or person.state is not RegistrationState.CONFIRMED:
        return False
    if not may_take_part(event, now):
        return False
    if question is Question.KEEP_PLACE:
        return person.attendance is Attendance.ONSITE and event.format is Format.HYBRID
    if question is Question.TAKE_PLACE:
        return held_on_site_until(person) is not None
    return question is not Question.STAY_DIGITAL or event.format is Format.DIGITAL


def question_for(event: EventFacts, person: RegistrationFacts, now: datetime) -> Question | None:
    """What the person's own page asks."""
    asked = person.question
    return asked if asked is not None and may_answer(event, person, asked, now) else None


def is_unanswered(event: EventFacts, person: RegistrationFacts, now: datetime) -> bool:
    """Whether the person still has something to say."""
    return person.question_answer is None and question_for(event, person, now) is not None


def gives_up(question: Question, said: QuestionAnswer) -> bool:
    """Whether this answer gives the place back."""
    return question is Question.NEW_DATE and said is QuestionAnswer.NO


def stays_digital(person: RegistrationFacts) -> bool:
    """Whether a person said that they would stay digital when others come back."""
    return person.question is Question.STAY_DIGITAL and person.question_answer is QuestionAnswer.YES
