"""What people say to a switch to digital, and whether help to take part so is still to be arranged: PURE."""

from datetime import datetime

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.registrations.rules import ways_of
from regservice.registrations.types import (
    Attendance,
    HelpKind,
    HelpRequest,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    Wish,
)

# What helps nobody who comes to the hall.
ONLY_DIGITAL = {HelpKind.DEVICE, HelpKind.WATCH_TOGETHER, HelpKind.TELEPHONE, HelpKind.DIALLING_IN}


def may_be_helped(event: EventFacts, registration: RegistrationFacts, now: datetime) -> bool:
    """Whether a person can say what would let them take part digitally: while they have such a place and it is on."""
    return (
        registration.state is RegistrationState.CONFIRMED
        and Attendance.DIGITAL in ways_of(event, registration)
        and event_rules.status(event, now) is EventStatus.PUBLISHED
    )


def is_to_do(event: EventFacts, registration: RegistrationFacts, asked: HelpRequest) -> bool:
    """Whether somebody has to care for a request: while it is open and the person has a place where it would help.

    Sign language helps in the hall as well, and so may what they wrote in words.
    """
    if not asked.open or registration.state is not RegistrationState.CONFIRMED:
        return False
    return Attendance.DIGITAL in ways_of(event, registration) or not ONLY_DIGITAL.issuperset(asked.kinds)


def may_change(event: EventFacts, registration: RegistrationFacts, asked: HelpRequest | None, now: datetime) -> bool:
    """Whether a person sees and changes what would help: also what is still arranged for who now comes to the hall."""
    if may_be_helped(event, registration, now):
        return True
    is_on = event_rules.status(event, now) is EventStatus.PUBLISHED
    return asked is not None and is_on and is_to_do(event, registration, asked)


def is_asked(event: EventFacts, registration: RegistrationFacts, now: datetime) -> bool:
    """Whether a person is asked if they can take part digitally: who had their place when the event was switched.

    Not who has a choice and took digital or said that they would stay so, and nobody any more once the event runs.
    """
    return (
        event.format_version > 1
        and not event_rules.has_started(event, now)
        and registration.confirmed_at is not None
        and registration.confirmed_at <= event.calendar_changed_at
        and not _has_chosen_digital(event, registration)
        and may_be_helped(event, registration, now)
    )


def _has_chosen_digital(event: EventFacts, registration: RegistrationFacts) -> bool:
    said = (registration.question, registration.question_answer)
    if said == (Question.STAY_DIGITAL, QuestionAnswer.YES):
        return event.format is not Format.DIGITAL
    return event.format is Format.HYBRID and registration.wish is Wish.DIGITAL


def has_answered(event: EventFacts, registration: RegistrationFacts) -> bool:
    """Whether a person has answered the switch that holds now."""
    return registration.switch_answer is not None and registration.answered_version == event.format_version
