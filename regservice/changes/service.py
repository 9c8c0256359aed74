"""An event is edited, moved, postponed, cancelled or taken up again, and everyone concerned hears of it.

Each use case is one transaction; its preview is the same code rolled back, so that the numbers shown are the real ones.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from regservice.changes import rules, speakers
from regservice.changes.types import ChangeRefused, EditRefused
from regservice.db import dry_run, transaction
from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, EventValues, Format, Overtaken, Problem
from regservice.formats import service as formats
from regservice.formats.speakers import effects as told_first
from regservice.outbox import service as outbox
from regservice.outbox.types import Priority
from regservice.registrations import answered, entries, event_changes, questions, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.announcing import Announced, announce
from regservice.registrations.types import INVOLVED, Question, RegistrationFacts, RegistrationState

REMINDERS = ("remind_7d", "remind_1d", "remind_2h", "thanks")
# What nobody wants to read any more once an event is postponed or cancelled.
OVERTAKEN = (
    *REMINDERS,
    *("changed", "decision", "decision_again", "stay_digital", "keep_place", "new_date", "new_date_again"),
    *("offer", "waitlisted", "confirmed", "postponed", "group_gone"),
)

Refused = TypeVar("Refused")


@dataclass(frozen=True, kw_only=True)
class Change:
    """The event after a change, and how many people it means what for."""

    event: EventFacts
    effects: dict[str, int]


def edit(event_id: int, values: EventValues, *, by: str, now: datetime) -> EventFacts | EditRefused:
    """Write an organiser's edit. A new time or place is told to everyone who comes or waits; a typing error to nobody.

    Several edits within ten minutes become one mail.
    """
    with transaction():
        answer = _edit(events.lock(event_id), values, by=by, now=now)
        return answer.event if isinstance(answer, Change) else answer


def save_form(
    event_id: int, values: EventValues, *, seen: int, format: Format | None, join_url: str, by: str, now: datetime
) -> EventFacts | EditRefused | Overtaken:
    """Write what the form of an event says; nothing when somebody changed the event since its version `seen`.

    The format can be chosen only while the event is a draft.
    """

    def write(event: EventFacts) -> EventFacts | EditRefused:
        if event.lifecycle is EventStatus.DRAFT:
            return events.edit_draft(event_id, values, format=format, join_url=join_url, by=by, now=now)
        return edit(event_id, values, by=by, now=now)

    return _write_form(event_id, write, seen=seen, join_url=join_url, by=by, now=now)


def save_new_date(
    event_id: int, values: EventValues, *, seen: int, join_url: str, by: str, now: datetime
) -> EventFacts | EditRefused | ChangeRefused | Overtaken:
    """Take a postponed event up again as its form says; nothing when somebody changed it since its version `seen`."""

    def write(_event: EventFacts) -> EventFacts | EditRefused | ChangeRefused:
        return take_up_again(event_id, values, by=by, now=now)

    return _write_form(event_id, write, seen=seen, join_url=join_url, by=by, now=now)


def _write_form(
    event_id: int,
    write: Callable[[EventFacts], EventFacts | Refused],
    *,
    seen: int,
    join_url: str,
    by: str,
    now: datetime,
) -> EventFacts | Refused | Overtaken:
    with transaction():
        event = events.lock(event_id)
        if event.version != seen:
            return Overtaken()
        answer = write(event)
        if isinstance(answer, EventFacts) and answer.join_url != join_url:
            return events.set_join_url(event_id, join_url, by=by, now=now)
        return answer


def preview_edit(event_id: int, values: EventValues, now: datetime) -> dict[str, int] | EditRefused:
    """How many people an edit would be told to."""
    with dry_run():
        answer = _edit(events.lock(event_id), values, by="preview", now=now)
        return answer.effects if isinstance(answer, Change) else answer


def _edit(before: EventFacts, values: EventValues, *, by: str, now: datetime) -> Change | EditRefused:
    if problems := (*rules.edit_problems(before, values, now), *_question_problems(before, values)):
        return EditRefused(problems=problems)
    after = events.update(before.id, values, by=by, now=now)
    effects: dict[str, int] = {}
    if event_rules.moves_schedule(before, after):
        effects = _move(before, after, now)
    offered = waiting_list.promote(after, now)
    return Change(event=after, effects=effects | {"offers": len(offered)})


def _question_problems(before: EventFacts, values: EventValues) -> tuple[Problem, ...]:
    if values.questions == before.questions:
        return ()
    return rules.question_problems(before.questions, values.questions, answered.of_event(before))


def _move(before: EventFacts, after: EventFacts, now: datetime) -> dict[str, int]:
    """Time or place changed: reminders of the old schedule go, calendars get their next SEQUENCE, people are told."""
    outbox.skip_for_event(after.id, "the event was moved", kinds=REMINDERS)
    if before.starts_at != after.starts_at:
        event_changes.follow_start(after)
    event_changes.advance_calendars(after.id)
    if event_rules.status(before, now) is not EventStatus.PUBLISHED:
        return {}
    # Of what is nobody's concern only those hear who wait for the mail about a change before it: it speaks of a
    # schedule that is no more, and would not leave.
    since = before if rules.tells_people(before, after, now) else after
    effects = told_first(after, speakers.tell_of_change(since, after, now))
    effects |= _tell_change(since, after, now + rules.MERGE, now)
    return effects if since is before or effects["mails"] else {}


def _tell_change(
    before: EventFacts,
    after: EventFacts,
    earliest: datetime,
    now: datetime,
    *,
    know_the_date: Collection[int] | None = None,
) -> dict[str, int]:
    """One mail for all changes since the last one that left: it tells the difference from what the person knows.

    Where it is said who knows the date that was, the others heard that there is none: even the same is new to them, and
    who has a place is asked whether it suits them.
    """
    known = {
        message.registration_id: message.payload["before"]
        for message in outbox.unsent_for_event(after.id, ("changed",))
    }
    outbox.skip_for_event(after.id, "a later change is told with it", kinds=("changed",))
    since = rules.schedule(before)
    # The mail with the new date did not leave yet and will say it as it is then.
    to_be_asked = {message.registration_id for message in outbox.unsent_for_event(after.id, ("new_date",))}

    def payload_for(person: RegistrationFacts) -> dict[str, Any] | None:
        if person.id in to_be_asked:
            return None
        heard = known.get(person.id, since)
        if heard != rules.schedule(after):
            return {"before": heard}
        was_told = know_the_date is not None and person.id not in know_the_date
        return {"before": rules.without_date(heard)} if was_told else None

    people = registrations.of_event(after.id, INVOLVED)
    due_at = rules.mails_leave_at(before, after, earliest, now)

    def tell(kind: str, whom: list[RegistrationFacts]) -> Announced:
        return announce(
            kind,
            whom,
            occurrence=str(after.schedule_version),
            payload_for=payload_for,
            due_at=due_at,
            priority=Priority.SWITCH,
            now=now,
        )

    if know_the_date is None:
        return tell("changed", people).effects | {"calendar_updates": _with_place(people)}
    with_place = [person for person in people if person.state is RegistrationState.CONFIRMED]
    tell("changed", [person for person in people if person not in with_place])
    _ask_about(after, tell("new_date", with_place), due_at, now)
    return {}


def _ask_about(after: EventFacts, told: Announced, due_at: datetime, now: datetime) -> None:
    """Who has a place is asked whether the new date suits them; without an answer they keep it, and are asked again."""
    questions.ask(after.id, Question.NEW_DATE, [*told.mailed, *told.to_call], now=now)
    again_at = rules.asks_again_at(after, due_at)
    if again_at is not None:
        again = (
            entries.message(person, "new_date_again", str(after.schedule_version), again_at) for person in told.mailed
        )
        outbox.enqueue(*again, now=now)


def _with_place(people: list[RegistrationFacts]) -> int:
    return sum(person.state is RegistrationState.CONFIRMED for person in people)


def take_up_again(
    event_id: int, values: EventValues, *, by: str, now: datetime
) -> EventFacts | EditRefused | ChangeRefused:
    """Give a postponed event its new date; everyone who was registered or waiting still is, and hears of it."""
    with transaction():
        before = events.lock(event_id)
        if before.lifecycle is not EventStatus.POSTPONED:
            return ChangeRefused(code=before.lifecycle.value)
        if problems := (*rules.new_date_problems(before, values, now), *_question_problems(before, values)):
            return EditRefused(problems=problems)
        events.update(event_id, values, by=by, now=now)
        after = events.set_lifecycle(event_id, EventStatus.PUBLISHED, reason="", by=by, now=now)
        event_changes.follow_start(after)
        event_changes.advance_calendars(event_id)
        # Some calendar programs ignore an entry that they were told to remove. Who was not told keeps theirs.
        unsent = outbox.unsent_for_event(event_id, ("postponed",))
        untold = {message.registration_id for message in unsent if message.registration_id is not None}
        event_changes.renew_calendar_entries(event_id, but=untold)
        outbox.skip_for_event(event_id, "the event was taken up again", kinds=("postponed",))
        speakers.tell_of_new_date(after, now)
        _tell_change(before, after, now, now, know_the_date=untold)
        waiting_list.promote(after, now)
        return after


def postpone(event_id: int, *, reason: str, by: str, now: datetime) -> EventFacts | ChangeRefused:
    """Take the date away; people keep their places and the waiting list its order until there is a new one."""
    with transaction():
        event = events.lock(event_id)
        if event.lifecycle is EventStatus.POSTPONED:
            return event
        if refusal := rules.postpone_refusal(event, now):
            return ChangeRefused(code=refusal)
        change = _call_off(event, EventStatus.POSTPONED, "postponed", reason=reason, by=by, now=now)
        event_changes.hold_waiting(event_id)
        return change.event


def preview_postpone(event_id: int, now: datetime) -> dict[str, int] | ChangeRefused:
    """How many people would hear that the event is postponed."""
    return _preview(event_id, EventStatus.POSTPONED, "postponed", rules.postpone_refusal, now)


def cancel_event(event_id: int, *, reason: str, by: str, now: datetime) -> EventFacts | ChangeRefused:
    """Cancel for good; the reason is public. Registrations stay as they are, so that everyone can look it up."""
    with transaction():
        event = events.lock(event_id)
        if event.lifecycle is EventStatus.CANCELLED:
            return event
        if refusal := rules.cancel_refusal(event, reason, now):
            return ChangeRefused(code=refusal)
        # Nobody is asked to confirm any more; a link that is out already shows the cancellation.
        outbox.skip_for_event(event_id, "the event was cancelled", kinds=("optin", "optin_again"))
        return _call_off(event, EventStatus.CANCELLED, "cancelled_event", reason=reason, by=by, now=now).event


def preview_cancel(event_id: int, now: datetime) -> dict[str, int] | ChangeRefused:
    """How many people would hear that the event is cancelled."""

    def refusal(event: EventFacts, now: datetime) -> str | None:
        return rules.cancel_refusal(event, "to be said", now)

    return _preview(event_id, EventStatus.CANCELLED, "cancelled_event", refusal, now)


def _preview(
    event_id: int,
    status: EventStatus,
    kind: str,
    refusal_of: Callable[[EventFacts, datetime], str | None],
    now: datetime,
) -> dict[str, int] | ChangeRefused:
    with dry_run():
        event = events.lock(event_id)
        if refusal := refusal_of(event, now):
            return ChangeRefused(code=refusal)
        return _call_off(event, status, kind, reason="", by="preview", now=now).effects


def _call_off(event: EventFacts, status: EventStatus, kind: str, *, reason: str, by: str, now: datetime) -> Change:
    """The event will not take place as announced. Part of the caller's transaction, which locked the event."""
    after = events.set_lifecycle(event.id, status, reason=reason, by=by, now=now)
    event_changes.advance_calendars(event.id)
    outbox.skip_for_event(event.id, f"the event was {status.value}", kinds=OVERTAKEN)
    formats.void_proposals(event.id, why=status.value, by=by, now=now)
    speakers_told = speakers.tell_of_calling_off(after, kind, reason, now)
    people = registrations.of_event(event.id, INVOLVED)
    told = announce(
        kind,
        people,
        occurrence=str(after.version),
        payload_for=lambda _: {"reason": reason},
        due_at=rules.mails_leave_at(event, after, now, now),
        priority=Priority.SWITCH,
        now=now,
    )
    effects = told.effects | {"calendar_updates": _with_place(people)} | told_first(after, speakers_told)
    return Change(event=after, effects=effects)
