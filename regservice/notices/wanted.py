"""Whether a message is still wanted, asked at the moment of sending: most wrong mails are right ones sent too late."""

from datetime import datetime, timedelta

from regservice.events import rules as event_rules
from regservice.events.types import EventFacts, EventStatus
from regservice.notices.kinds import KINDS, PLANNED, Rest
from regservice.notices.quiet import next_allowed
from regservice.outbox.types import MessageFacts
from regservice.registrations import help_rules, question_rules
from regservice.registrations import rules as registration_rules
from regservice.registrations.types import Attendance, Question, RegistrationFacts, RegistrationState

WEEK_REMINDER_LATE = timedelta(days=3)
DAY_REMINDER_BEFORE_START = timedelta(hours=3)
THANKS_LATE = timedelta(days=7)
# By then an offer whose time is over was prolonged or has gone to the next in line.
OFFER_SETTLED_WITHIN = timedelta(minutes=1)

# Reasons for the ledger.
UNKNOWN_KIND = "this kind of message is not known"
ERASED = "the person's data was deleted"
NO_ADDRESS = "there is no mail address"
EVENT_OFF = "the event is not public"
EVENT_CANCELLED = "the event was cancelled"
EVENT_POSTPONED = "the event was postponed"
EVENT_ON = "the event takes place"
NOT_OVER = "the event is not over"
OTHER_STATE = "the registration is {state}"
MUTED = "the person switched this kind of mail off"
NOT_DIGITAL = "the person takes part on site"
OTHER_SCHEDULE = "the event was moved"
NEWER_DECISION = "a newer decision was made"
ANSWERED = "the person has answered"
NOT_ASKED = "this is not asked any more"
NOT_ATTENDED = "the person was not there"
TOO_LATE = "it is too late for this message to be useful"
DECIDED = "the proposal is settled"
NOBODY_TO_WARN = "the event is over or off, or no warnings are asked for any more"
HELPED = "nobody waits for this help any more"
FRESH_AGAIN = "the value is fresh again, or no longer needed"

_DIGITAL_ONLY = ("remind_2h", "decision_again")
_DECISIONS = ("decision", "decision_again")
_ANNOUNCES = {"postponed": EventStatus.POSTPONED, "cancelled_event": EventStatus.CANCELLED}


def reason_to_skip(
    message: MessageFacts,
    event: EventFacts,
    registration: RegistrationFacts | None,
    now: datetime,
    *,
    attendance_recorded: bool = False,
) -> str | None:
    """None when the message to this person is still wanted, else the reason for the ledger."""
    kind = KINDS.get(message.kind)
    if kind is None:
        return UNKNOWN_KIND
    if registration is None:
        return ERASED
    if not registration.email:
        return NO_ADDRESS
    if registration.state not in kind.states:
        return OTHER_STATE.format(state=registration.state.value)
    if kind.can_be_muted and kind.name in registration.muted:
        return MUTED
    return (
        event_says_no(message, event, now)
        or _version_says_no(message, event, registration)
        or _attendance_says_no(message, event, registration, attendance_recorded)
        or _clock_says_no(message, event, registration, now)
    )


def event_says_no(message: MessageFacts, event: EventFacts, now: datetime) -> str | None:
    """Why no mail of this kind about the event leaves any more, or None."""
    if message.kind == "cancelled":
        return None  # A receipt is due whatever became of the event.
    if message.kind in _ANNOUNCES:
        return None if event.lifecycle is _ANNOUNCES[message.kind] else EVENT_ON
    status = event_rules.status(event, now)
    if status is EventStatus.CANCELLED:
        return EVENT_CANCELLED
    if status is EventStatus.POSTPONED:
        return EVENT_POSTPONED
    if message.kind == "thanks":
        return None if status is EventStatus.HELD else NOT_OVER
    if status not in (EventStatus.PUBLISHED, EventStatus.HELD):
        return EVENT_OFF
    return None


def occurrence_of(event: EventFacts, registration: RegistrationFacts) -> str:
    """What a reminder is about: the schedule, and the confirmation, since who comes back is reminded again."""
    return f"{event.schedule_version}.{registration.confirmations}"


def _version_says_no(message: MessageFacts, event: EventFacts, registration: RegistrationFacts) -> str | None:
    if message.kind in PLANNED and message.occurrence != occurrence_of(event, registration):
        return OTHER_SCHEDULE
    if message.kind == "changed" and message.occurrence != str(event.schedule_version):
        return OTHER_SCHEDULE
    if message.kind in _DECISIONS and message.payload.get("version", event.format_version) != event.format_version:
        return NEWER_DECISION
    if message.kind in question_rules.ASKED_BY:
        return _question_says_no(message, event, registration)
    if message.kind == "group_gone" and not registration.group_gone:
        return ANSWERED
    if message.kind == "decision_again" and help_rules.has_answered(event, registration):
        return ANSWERED
    return None


def _question_says_no(message: MessageFacts, event: EventFacts, registration: RegistrationFacts) -> str | None:
    question = question_rules.ASKED_BY[message.kind]
    if message.payload.get("version", event.format_version) != event.format_version:
        return NEWER_DECISION
    if registration.question is not question:
        return NOT_ASKED
    if registration.question_answer:
        return ANSWERED
    over = question is Question.TAKE_PLACE and registration_rules.held_on_site_until(registration) is None
    return NOT_ASKED if over else None


def takes_part_digitally(event: EventFacts, registration: RegistrationFacts) -> bool:
    """Whether this person needs the join link, by the format of this moment."""
    return Attendance.DIGITAL in registration_rules.ways_of(event, registration)


def takes_part_on_site(event: EventFacts, registration: RegistrationFacts) -> bool:
    """Whether this person comes, by the format of this moment; where the parts differ, people may do both."""
    return Attendance.ONSITE in registration_rules.ways_of(event, registration)


def _attendance_says_no(
    message: MessageFacts, event: EventFacts, registration: RegistrationFacts, recorded: bool
) -> str | None:
    if message.kind in _DIGITAL_ONLY and not takes_part_digitally(event, registration):
        return NOT_DIGITAL
    if message.kind == "thanks" and recorded and registration.state is not RegistrationState.ATTENDED:
        return NOT_ATTENDED
    return None


def useful_until(message: MessageFacts, event: EventFacts, registration: RegistrationFacts) -> datetime | None:
    """The first instant at which the message is of no use any more; None when it always is."""
    match message.kind:
        case "optin" | "optin_again":
            return registration.expires_at
        case "waitlisted" | "offer" | "group_gone" | "remind_2h" | "decision_again" | "stay_digital" | "new_date_again":
            return event.starts_at
        case "keep_place" | "take_place":
            return registration.answer_by or event.starts_at
        case "remind_7d":
            late = message.due_at + WEEK_REMINDER_LATE
            return min(late, event.starts_at) if event.starts_at else late
        case "remind_1d":
            return event.starts_at - DAY_REMINDER_BEFORE_START if event.starts_at else None
        case "thanks":
            return message.due_at + THANKS_LATE
        case "cancelled":
            return None
        case "cancelled_event":
            # An event that was postponed is cancelled after its old date as well.
            over = event_rules.ends_at(event)
            return over if over is not None and message.due_at < over else None
        case _:
            return event_rules.ends_at(event)


def _clock_says_no(
    message: MessageFacts, event: EventFacts, registration: RegistrationFacts, now: datetime
) -> str | None:
    until = useful_until(message, event, registration)
    return TOO_LATE if until is not None and now >= until else None


def waits_until(
    message: MessageFacts, event: EventFacts, registration: RegistrationFacts, now: datetime
) -> datetime | None:
    """When a message that became late must wait for the morning: until then. None when it may leave now.

    It does not wait longer than it is of use.
    """
    kind = KINDS[message.kind]
    if message.kind == "offer" and registration_rules.offer_is_over(registration, now):
        return now + OFFER_SETTLED_WITHIN
    if kind.rest is Rest.NONE:
        return None
    allowed = next_allowed(kind, now, event)
    until = useful_until(message, event, registration)
    if allowed == now or (until is not None and allowed >= until):
        return None
    return allowed
