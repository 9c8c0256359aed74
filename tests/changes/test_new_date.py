"""After a time without a date: who has a place is asked whether the new one suits them, and nobody loses it unasked."""

from datetime import timedelta

import pytest
from flask import Flask

from regservice.changes import rules, service
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import questions
from regservice.registrations import service as registrations
from regservice.registrations.types import Cancelled, Question, QuestionAnswer, RegistrationFacts, TooLate
from regservice.registrations.types import RegistrationState as State
from tests.changes.test_service import deliver_all, filled, messages, values
from tests.conftest import Clock
from tests.factories import STARTS_AT
from tests.facts import event_facts

DAY = timedelta(days=1)
NEW_START = STARTS_AT + 30 * DAY
MINUTE = timedelta(minutes=1)


def taken_up(clock: Clock) -> EventFacts:
    """Everybody heard that there is no date; now there is one."""
    event = filled(clock)
    service.postpone(event.id, reason="Storm", by="test", now=clock())
    deliver_all(clock)
    clock.advance(days=1)
    again = service.take_up_again(event.id, values(event, starts_at=NEW_START, ends_at=None), by="test", now=clock())
    assert isinstance(again, EventFacts)
    return again


def person(event: EventFacts, name: str) -> RegistrationFacts:
    [found] = [each for each in registrations.of_event(event.id, tuple(State)) if each.name == name]
    return found


def test_who_has_a_place_is_asked_and_who_waits_is_told(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    placed = [each.email for each in registrations.of_event(event.id, (State.CONFIRMED,)) if each.email]
    assert [message.recipient for message in messages(event, "new_date")] == placed
    assert [message.recipient for message in messages(event, "new_date_again")] == placed
    assert not set(placed) & {message.recipient for message in messages(event, "changed")}
    counted = questions.counts(event.id, Question.NEW_DATE, event.created_at)
    assert (counted.asked, counted.yes, counted.no) == (len(registrations.of_event(event.id, (State.CONFIRMED,))), 0, 0)


def test_the_appointment_is_a_new_one(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    before = {each.name: each.confirmations for each in registrations.of_event(event.id, (State.CONFIRMED,))}
    service.postpone(event.id, reason="Storm", by="test", now=clock())
    deliver_all(clock)
    service.take_up_again(event.id, values(event, starts_at=NEW_START, ends_at=None), by="test", now=clock())
    after = {each.name: each.confirmations for each in registrations.of_event(event.id, (State.CONFIRMED,))}
    assert after == {name: number + 1 for name, number in before.items()}
    [first, *_] = messages(event, "new_date")
    letter = notices.compose(first, clock())
    assert letter.method is not None
    assert letter.invitation is not None
    assert (letter.method.value, letter.invitation.uid.split("@")[0]) == (
        "REQUEST",
        f"r{first.registration_id}-{before[letter.recipient.name] + 1}",
    )


def test_yes_is_kept_and_ends_the_asking(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    ada = person(event, "Ada")
    for _ in range(2):
        questions.answer(ada.id, Question.NEW_DATE, QuestionAnswer.YES, by="person", now=clock())
    found = person(event, "Ada")
    assert (found.state, found.question_answer) == (State.CONFIRMED, QuestionAnswer.YES)
    [again] = [each for each in outbox.ledger_for_registration(ada.id) if each.kind == "new_date_again"]
    assert again.state == "skipped"
    # The one with the appointment still leaves.
    [telling] = [each for each in outbox.ledger_for_registration(ada.id) if each.kind == "new_date"]
    assert (telling.state, notices.still_wanted(telling, telling.due_at)) == ("waiting", None)


def test_no_gives_the_place_to_who_waits(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    ada = person(event, "Ada")
    answer = questions.answer(ada.id, Question.NEW_DATE, QuestionAnswer.NO, by="person", now=clock())
    assert isinstance(answer, Cancelled)
    assert person(event, "Ada").state is State.CANCELLED
    assert registrations.of_event(event.id, (State.OFFERED,))
    late = questions.answer(ada.id, Question.NEW_DATE, QuestionAnswer.YES, by="person", now=clock())
    assert late == TooLate(why="question_over")


def test_who_takes_it_back_is_asked_nothing_more(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    ben = person(event, "Ben")
    service.edit(event.id, values(event, capacity=5), by="test", now=clock())
    questions.answer(ben.id, Question.NEW_DATE, QuestionAnswer.NO, by="person", now=clock())
    registrations.undo_cancel(ben.id, clock())
    assert person(event, "Ben").question is None


def test_who_does_not_answer_keeps_the_place_and_is_asked_once_more(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    asked_at = clock()
    [again, *_] = messages(event, "new_date_again")
    assert again.due_at - asked_at >= 3 * DAY
    clock.set(again.due_at)
    deliver_all(clock)
    assert {each.state.value for each in messages(event, "new_date_again")} == {"sent"}
    clock.set(NEW_START - MINUTE)
    deliver_all(clock)
    assert person(event, "Ada").state is State.CONFIRMED


def test_another_change_before_the_mail_left_is_told_by_it(each_app: Flask, clock: Clock) -> None:
    event = taken_up(clock)
    service.edit(event.id, values(event, starts_at=NEW_START + DAY, ends_at=None), by="test", now=clock())
    asked = {message.registration_id for message in messages(event, "new_date")}
    assert not asked & {message.registration_id for message in messages(event, "changed")}
    letter = notices.compose(messages(event, "new_date")[0], clock())
    assert letter.invitation is not None
    assert letter.invitation.time.starts_at == NEW_START + DAY  # type: ignore[union-attr]


def test_who_never_heard_that_the_date_was_gone_is_not_asked_about_the_same_one(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    service.postpone(event.id, reason="Storm", by="test", now=clock())
    service.take_up_again(event.id, values(event), by="test", now=clock())
    assert messages(event, "new_date") == []
    assert person(events.get(event.id), "Ada").question is None


NIGHT = STARTS_AT.replace(hour=22)


@pytest.mark.parametrize(
    ("mails_at", "starts_in", "expected"),
    [
        (STARTS_AT, 5 * DAY, STARTS_AT + 3 * DAY),
        (STARTS_AT, 4 * DAY, STARTS_AT + 3 * DAY),
        (STARTS_AT, 4 * DAY - MINUTE, None),
        # In the night in Berlin: at eight in the morning.
        (NIGHT, 10 * DAY, NIGHT.replace(hour=7) + 4 * DAY),
    ],
)
def test_when_people_are_asked_once_more(mails_at: object, starts_in: timedelta, expected: object) -> None:
    assert rules.asks_again_at(event_facts(starts_at=mails_at + starts_in), mails_at) == expected  # type: ignore
