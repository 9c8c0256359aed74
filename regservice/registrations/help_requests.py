"""What people say to a switch to digital: they join, or they need help, which is a task with an owner and a day."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select

from regservice.audit import service as audit
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import help_rules, organisers, rules, store
from regservice.registrations import service as registrations
from regservice.registrations.entries import locked
from regservice.registrations.models import HelpRequestRow, RegistrationRow
from regservice.registrations.types import (
    Attendance,
    HelpKind,
    HelpRequest,
    HelpTask,
    RegistrationFacts,
    RegistrationState,
    SwitchAnswer,
    TooLate,
)

# The mail that asks once more.
ASKS_AGAIN = "decision_again"


def join(registration_id: int, now: datetime, *, by: str = "person") -> RegistrationFacts | TooLate:
    """The person takes part digitally without help; what they asked for before is settled.

    To whom a place is offered that is a yes to it.
    """
    with transaction():
        event, row = locked(registration_id)
        if row.state == RegistrationState.OFFERED:
            registrations.accept(registration_id, now, by=by)
        if not help_rules.may_be_helped(event, row.facts(), now):
            return TooLate(why="no_digital_place")
        _answer(event, row, SwitchAnswer.JOINS, by, now)
        request = _row_of(registration_id)
        if request is not None and request.done_at is None:
            request.done_at = now
        session().flush()
        return row.facts()


def ask(
    registration_id: int, kinds: Sequence[HelpKind], text: str, now: datetime, *, by: str = "person"
) -> HelpRequest | TooLate:
    """The person needs help to take part digitally; asking once more changes the request and opens it again."""
    with transaction():
        event, row = locked(registration_id)
        request = _row_of(registration_id)
        if not help_rules.may_change(event, row.facts(), request.facts() if request else None, now):
            return TooLate(why="no_digital_place")
        _answer(event, row, SwitchAnswer.HELP, by, now)
        is_new = request is None or request.done_at is not None
        if request is None:
            request = HelpRequestRow(event_id=event.id, registration_id=registration_id)
            session().add(request)
        request.kinds, request.text = [kind.value for kind in kinds], text
        request.asked_at, request.done_at = now, None
        session().flush()
        if is_new:
            occurrence, asked = f"{request.id}-{now.isoformat()}", {"request_id": request.id}
            organisers.call_to_help(event, [request.owner_id], occurrence, asked, by=by, now=now)
        return request.facts()


def open_again(event: EventFacts, concerned: Collection[int], *, by: str, now: datetime) -> list[int]:
    """What was arranged for one form is not arranged for another: the settled requests of these people who still take
    part digitally are open again, and who cares for them hears of it by one mail. Returns whose they are.

    Part of the caller's transaction, which locked the event.
    """
    query = select(HelpRequestRow).where(HelpRequestRow.event_id == event.id, HelpRequestRow.done_at.is_not(None))
    rows = {row.registration_id: row for row in session().scalars(query) if row.registration_id in concerned}
    people = store.with_ids(list(rows))
    again = [
        number
        for number, person in people.items()
        if person.state is RegistrationState.CONFIRMED and Attendance.DIGITAL in rules.ways_of(event, person)
    ]
    for number in again:
        rows[number].done_at = None
    session().flush()
    if again:
        occurrence, which = f"{event.id}-v{event.format_version}", {"version": event.format_version}
        organisers.call_to_help(event, {rows[number].owner_id for number in again}, occurrence, which, by=by, now=now)
    return sorted(again)


def _answer(event: EventFacts, row: RegistrationRow, answer: SwitchAnswer, by: str, now: datetime) -> None:
    """Remember the answer to the format that holds now. Part of the caller's transaction, which locked the event."""
    row.switch_answer, row.answered_version = answer, event.format_version
    outbox.skip_for_registration(row.id, "the person has answered", kinds=(ASKS_AGAIN,))
    audit.record("registration.answered_switch", f"registration:{row.id}", actor=by, now=now, answer=answer.value)


def take_over(request_id: int, *, owner_id: int | None, due_on: date | None, by: str, now: datetime) -> None:
    """Say who cares for a request and until when they answer, a local day of the event; the person sees both."""
    with transaction():
        row = _locked(request_id)
        row.owner_id, row.due_on = owner_id, due_on
        audit.record("help.taken_over", f"registration:{row.registration_id}", actor=by, now=now, owner=owner_id)


def settle(request_id: int, *, by: str, now: datetime) -> None:
    """The help is arranged; a repeat changes nothing."""
    with transaction():
        row = _locked(request_id)
        if row.done_at is None:
            row.done_at = now
            audit.record("help.settled", f"registration:{row.registration_id}", actor=by, now=now)


def _locked(request_id: int) -> HelpRequestRow:
    """The request behind its event's lock. Part of the caller's transaction. Raises LookupError once it is deleted."""
    found = session().get(HelpRequestRow, request_id)
    if found is not None:
        locked(found.registration_id)
        session().refresh(found)
        return found
    raise LookupError("the request is gone")


def _row_of(registration_id: int) -> HelpRequestRow | None:
    query = select(HelpRequestRow).where(HelpRequestRow.registration_id == registration_id)
    return session().scalars(query).one_or_none()


def find_of(registration_id: int) -> HelpRequest | None:
    """What this person asked for."""
    row = _row_of(registration_id)
    return row.facts() if row else None


def find(request_id: int) -> HelpRequest | None:
    """One request."""
    row = session().get(HelpRequestRow, request_id)
    return row.facts() if row else None


def of_event(event_id: int) -> list[HelpTask]:
    """Every request of an event with its person: what is to be done first, then by the day it is due."""
    rows = session().scalars(select(HelpRequestRow).where(HelpRequestRow.event_id == event_id))
    return sorted(
        _tasks([row.facts() for row in rows]),
        key=lambda task: (not task.to_do, task.request.due_on or date.max, task.request.asked_at, task.request.id),
    )


def still_waits(event_id: int, request_id: int | None) -> bool:
    """Whether something is still to be done for this request, or without one for any of the event."""
    return any(task.to_do for task in of_event(event_id) if request_id in (None, task.request.id))


def open_counts() -> dict[int, int]:
    """How many requests are to be cared for, by event."""
    rows = session().scalars(select(HelpRequestRow).where(HelpRequestRow.done_at.is_(None)))
    return Counter(task.request.event_id for task in _tasks([row.facts() for row in rows]) if task.to_do)


def _tasks(requests: Sequence[HelpRequest]) -> list[HelpTask]:
    people = store.with_ids([request.registration_id for request in requests])
    of_events = {number: events.get(number) for number in {request.event_id for request in requests}}
    return [
        HelpTask(
            request=request,
            person=people[request.registration_id],
            to_do=help_rules.is_to_do(of_events[request.event_id], people[request.registration_id], request),
        )
        for request in requests
    ]


def answers(event: EventFacts) -> dict[SwitchAnswer | None, int]:
    """How the people with a digital place answered the switch that holds now; None are those who have not yet."""
    answered = RegistrationRow.answered_version == event.format_version
    query = (
        select(RegistrationRow.switch_answer, answered, func.count())
        .where(
            RegistrationRow.event_id == event.id,
            RegistrationRow.state == RegistrationState.CONFIRMED,
            RegistrationRow.attendance == Attendance.DIGITAL,
        )
        .group_by(RegistrationRow.switch_answer, answered)
    )
    found: Counter[SwitchAnswer | None] = Counter()
    for answer, holds, number in session().execute(query):
        found[SwitchAnswer(answer) if answer and holds else None] += number
    return dict(found)
