"""What a change of an event means for the people who come: PURE."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any

from regservice.changes.types import AnswersConcerned
from regservice.events import rules as event_rules
from regservice.events.daytime import next_daytime
from regservice.events.types import (
    EventFacts,
    EventStatus,
    EventValues,
    Format,
    Problem,
    Question,
    QuestionKind,
)
from regservice.registrations.answer_rules import Answered

# Several edits in a row become one mail.
MERGE = timedelta(minutes=10)
NIGHT_COUNTS_UNTIL = timedelta(hours=24)
# Who does not say whether a new date suits them is asked once more, unless it is nearly there.
ASK_AGAIN_AFTER = timedelta(days=3)
NOT_ASKED_BEFORE_START = timedelta(hours=24)
# What an answered question can become: its answers fit there as they are.
FITS_INTO = {
    QuestionKind.TEXT: (QuestionKind.LONG_TEXT, QuestionKind.ACCESS),
    QuestionKind.LONG_TEXT: (QuestionKind.ACCESS,),
}


def edited(event: EventFacts, values: EventValues) -> EventFacts:
    """The event as it would be."""
    return replace(event, **{entry.name: getattr(values, entry.name) for entry in fields(EventValues)})


def edit_problems(event: EventFacts, values: EventValues, now: datetime) -> tuple[Problem, ...]:
    """What stands in the way of an edit that people can see; drafts may be as unfinished as they like."""
    if event.lifecycle is not EventStatus.PUBLISHED:
        return ()
    before = {(problem.field, problem.code) for problem in event_rules.publish_problems(event, now)}
    problems = [
        problem
        for problem in event_rules.publish_problems(edited(event, values), now)
        # What was wrong before does not keep a typing error from being corrected.
        if (problem.field, problem.code) not in before
    ]
    if values.starts_at != event.starts_at and values.starts_at is not None and values.starts_at <= now:
        problems.append(Problem(field="starts_at", code="past"))
    return tuple(problems)


def new_date_problems(event: EventFacts, values: EventValues, now: datetime) -> tuple[Problem, ...]:
    """What stands in the way of taking a postponed event up again."""
    problems = list(event_rules.publish_problems(edited(event, values), now))
    if values.starts_at is not None and values.starts_at <= now:
        problems.append(Problem(field="starts_at", code="past"))
    return tuple(problems)


def kinds_for(question: Question | None, answered: Answered) -> tuple[QuestionKind, ...]:
    """How a question can be answered from now on: in every way, unless it has answers that would not fit there."""
    if question is None or not answered.number:
        return tuple(QuestionKind)
    return (question.kind, *FITS_INTO.get(question.kind, ()))


def question_problems(
    before: Sequence[Question], after: Sequence[Question], answered: Mapping[str, Answered]
) -> tuple[Problem, ...]:
    """Why a form cannot ask this: a question would stand before answers that were given to something else."""
    known = {question.key: question for question in before}
    for question in after:
        given = answered.get(question.key, Answered())
        if question.key in known:
            fits = question.kind in kinds_for(known[question.key], given)
        else:
            # One that is asked again, as a file or a program may: whether its answers name several must be the same.
            fits = given.several == (given.number if question.kind is QuestionKind.CHOICES else 0)
        if not fits:
            return (Problem(field="questions", code="answered"),)
    return ()


def answers_concerned(
    before: Sequence[Question], after: Sequence[Question], answered: Mapping[str, Answered]
) -> AnswersConcerned | None:
    """Which answers hang on what a form would not ask or offer any more; None where there are none."""
    left = {question.key: question for question in after}
    given = {question.key: answered.get(question.key, Answered()) for question in before}
    gone = [(question, given[question.key].number) for question in before if question.key not in left]
    choices = [
        (choice, given[question.key].chosen.get(choice, 0))
        for question in before
        if question.key in left
        for choice in question.choices
        if choice not in left[question.key].choices
    ]
    found = AnswersConcerned(
        questions=tuple((question, number) for question, number in gone if number),
        choices=tuple((choice, number) for choice, number in choices if number),
    )
    return found if found.number else None


def tells_people(before: EventFacts, after: EventFacts, now: datetime) -> bool:
    """Whether a change is one that the people who come must hear of: time, or a place that they would go to."""
    if event_rules.status(before, now) is not EventStatus.PUBLISHED:
        return False
    times = (before.starts_at, before.ends_at, before.timezone) != (after.starts_at, after.ends_at, after.timezone)
    return times or (before.venue != after.venue and after.format is not Format.DIGITAL)


def schedule(event: EventFacts) -> dict[str, Any]:
    """When and where, as the mail about a change shows it."""
    return {
        "starts_at": event.starts_at.isoformat() if event.starts_at else None,
        "ends_at": event.ends_at.isoformat() if event.ends_at else None,
        "timezone": event.timezone,
        "place": event.place,
    }


def without_date(schedule: dict[str, Any]) -> dict[str, Any]:
    """The same while the event was postponed."""
    return schedule | {"starts_at": None, "ends_at": None}


def mails_leave_at(before: EventFacts, after: EventFacts, earliest: datetime, now: datetime) -> datetime:
    """When mails about a change leave: by day, unless the start, old or new, is less than a day away."""
    starts = [start for start in (before.starts_at, after.starts_at) if start is not None and start > now]
    if any(start - now < NIGHT_COUNTS_UNTIL for start in starts):
        return earliest
    return next_daytime(earliest, after.timezone)


def asks_again_at(event: EventFacts, mails_at: datetime) -> datetime | None:
    """When people who do not say whether the new date suits them are asked once more; None when it is nearly there."""
    at = next_daytime(mails_at + ASK_AGAIN_AFTER, event.timezone)
    return at if event.starts_at is not None and event.starts_at - at >= NOT_ASKED_BEFORE_START else None


def cancel_refusal(event: EventFacts, reason: str, now: datetime) -> str | None:
    """Why an event cannot be cancelled, or None."""
    if event.lifecycle not in (EventStatus.PUBLISHED, EventStatus.POSTPONED):
        return event.lifecycle.value
    if event_rules.status(event, now) is EventStatus.HELD:
        return "held"
    return None if reason.strip() else "reason_missing"


def postpone_refusal(event: EventFacts, now: datetime) -> str | None:
    """Why an event cannot be postponed, or None."""
    if event.lifecycle is not EventStatus.PUBLISHED:
        return event.lifecycle.value
    return "held" if event_rules.status(event, now) is EventStatus.HELD else None
