"""What people say to a switch to digital, on real databases: who is asked, what becomes a task, what goes with them."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.outbox import service as outbox
from regservice.privacy import service as privacy
from regservice.registrations import help_requests, help_rules
from regservice.registrations import service as registrations
from regservice.registrations.models import HelpRequestRow
from regservice.registrations.types import (
    Attendance,
    CancelCause,
    Cancelled,
    HelpKind,
    HelpRequest,
    RegistrationFacts,
    SwitchAnswer,
    TooLate,
)
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, kinds_sent_to, make_event, register
from tests.facts import MADE_AT, event_facts, registration_facts

ROOM = "https://room.example.org/dialogue"
SECOND = timedelta(seconds=1)
SWITCHED = {"format": Format.DIGITAL, "format_version": 2}
DIGITAL = {"attendance": Attendance.DIGITAL}


@pytest.mark.parametrize(
    ("event_changes", "person_changes", "now", "helped", "asked"),
    [
        (SWITCHED, DIGITAL, MADE_AT, True, True),
        (SWITCHED, DIGITAL, STARTS_AT - SECOND, True, True),
        (SWITCHED, DIGITAL, STARTS_AT, True, False),
        (SWITCHED, DIGITAL, ENDS_AT - SECOND, True, False),
        (SWITCHED, DIGITAL, ENDS_AT, False, False),
        ({"format": Format.DIGITAL}, DIGITAL, MADE_AT, True, False),
        (SWITCHED, DIGITAL | {"confirmed_at": MADE_AT + SECOND}, STARTS_AT, True, False),
        ({"format": Format.HYBRID, "format_version": 2}, {}, MADE_AT, False, False),
        (SWITCHED, DIGITAL | {"state": State.WAITLISTED}, MADE_AT, False, False),
        (SWITCHED, DIGITAL | {"state": State.CANCELLED}, MADE_AT, False, False),
        (SWITCHED | {"lifecycle": EventStatus.CANCELLED}, DIGITAL, MADE_AT, False, False),
        (SWITCHED | {"lifecycle": EventStatus.POSTPONED}, DIGITAL, MADE_AT, False, False),
    ],
)
def test_who_may_ask_for_help_and_who_is_asked(
    event_changes: dict[str, object], person_changes: dict[str, object], now: datetime, helped: bool, asked: bool
) -> None:
    event, person = event_facts(**event_changes), registration_facts(**person_changes)
    assert (help_rules.may_be_helped(event, person, now), help_rules.is_asked(event, person, now)) == (helped, asked)


def switched(clock: Clock, **changes: object) -> tuple[EventFacts, RegistrationFacts]:
    """An event that went digital an hour ago, with Ada, who had her place before."""
    event = make_event(clock(), **changes)  # type: ignore[arg-type]
    ada = confirm(event, "Ada", clock())
    clock.advance(hours=1)
    to(event, Format.DIGITAL, clock)
    return events.get(event.id), ada


def to(event: EventFacts, format: Format, clock: Clock) -> None:
    answer = formats.switch(event.id, format, reason="Test", join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched)


def facts_of(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def asked_again(person: RegistrationFacts) -> list[str]:
    return [state for kind, state in kinds_sent_to(person) if kind == "decision_again"]


def test_joining_is_an_answer_to_the_switch_that_holds(each_app: Flask, clock: Clock) -> None:
    event, ada = switched(clock)
    ben = confirm(event, "Ben", clock())
    assert help_requests.answers(event) == {None: 2}
    help_requests.join(ada.id, clock())
    found = facts_of(ada)
    assert (found.state, found.switch_answer, help_rules.has_answered(event, found)) == (State.CONFIRMED, "joins", True)
    assert help_requests.answers(event) == {SwitchAnswer.JOINS: 1, None: 1}
    assert (asked_again(ada), asked_again(ben)) == (["skipped"], [])
    clock.advance(hours=1)
    to(event, Format.HYBRID, clock)
    to(event, Format.DIGITAL, clock)
    assert not help_rules.has_answered(events.get(event.id), facts_of(ada))


def test_help_is_a_task_that_changes_and_opens_again(each_app: Flask, clock: Clock) -> None:
    event, ada = switched(clock)
    first = help_requests.ask(ada.id, [HelpKind.DEVICE, HelpKind.TELEPHONE], "Only on Fridays", clock())
    assert isinstance(first, HelpRequest)
    assert (first.kinds, first.text, first.open) == ((HelpKind.DEVICE, HelpKind.TELEPHONE), "Only on Fridays", True)
    assert help_requests.open_counts() == {event.id: 1}
    help_requests.take_over(first.id, owner_id=7, due_on=date(2026, 11, 17), by="organiser:7", now=clock())
    help_requests.settle(first.id, by="organiser:7", now=clock())
    help_requests.settle(first.id, by="organiser:8", now=clock() + SECOND)
    settled = help_requests.find(first.id)
    assert settled is not None
    assert (settled.owner_id, settled.due_on, settled.done_at) == (7, date(2026, 11, 17), clock())
    assert help_requests.open_counts() == {}
    again = help_requests.ask(ada.id, [HelpKind.SIGN_LANGUAGE], "", clock() + SECOND)
    assert isinstance(again, HelpRequest)
    assert (again.id, again.kinds, again.text, again.owner_id, again.open) == (
        first.id,
        (HelpKind.SIGN_LANGUAGE,),
        "",
        7,
        True,
    )
    assert help_requests.answers(event) == {SwitchAnswer.HELP: 1}
    help_requests.join(ada.id, clock())
    assert help_requests.open_counts() == {}


def test_without_a_digital_place_nothing_is_kept(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    pending = register(event, "Cem", clock())
    for person in (ada, ben, pending):
        assert help_requests.join(person.id, clock()) == TooLate(why="no_digital_place")
        assert help_requests.ask(person.id, [HelpKind.OTHER], "x", clock()) == TooLate(why="no_digital_place")
    assert [facts_of(person).switch_answer for person in (ada, ben, pending)] == [None, None, None]
    assert session().scalar(select(func.count()).select_from(HelpRequestRow)) == 0


def test_open_requests_come_first_by_the_day_they_are_due(each_app: Flask, clock: Clock) -> None:
    event, ada = switched(clock)
    others = [confirm(event, name, clock()) for name in ("Ben", "Cem", "Dua")]
    made = {}
    for person in (ada, *others):
        answer = help_requests.ask(person.id, [HelpKind.OTHER], "x", clock())
        assert isinstance(answer, HelpRequest)
        made[person.name] = answer.id
        clock.advance(minutes=1)
    help_requests.settle(made["Ada"], by="test", now=clock())
    help_requests.take_over(made["Dua"], owner_id=1, due_on=date(2026, 11, 2), by="test", now=clock())
    assert [task.person.name for task in help_requests.of_event(event.id)] == ["Dua", "Ben", "Cem", "Ada"]


@pytest.mark.parametrize(
    ("event_changes", "person_changes", "kinds", "expected"),
    [
        (SWITCHED, DIGITAL, [HelpKind.DEVICE], True),
        (SWITCHED, DIGITAL | {"state": State.CANCELLED}, [HelpKind.DEVICE, HelpKind.OTHER], False),
        (SWITCHED, DIGITAL | {"state": State.WAITLISTED}, [HelpKind.DEVICE], False),
        ({"format": Format.HYBRID}, DIGITAL, [HelpKind.TELEPHONE], True),
        ({"format": Format.HYBRID}, {}, [HelpKind.DEVICE], False),
        ({"format_version": 3}, {}, [HelpKind.WATCH_TOGETHER, HelpKind.DIALLING_IN], False),
        ({"format_version": 3}, {}, [HelpKind.DEVICE, HelpKind.SIGN_LANGUAGE], True),
        ({"format_version": 3}, {}, [HelpKind.OTHER], True),
    ],
)
def test_help_is_to_be_arranged_where_it_helps(
    event_changes: dict[str, object], person_changes: dict[str, object], kinds: list[HelpKind], expected: bool
) -> None:
    asked = HelpRequest(
        id=1, event_id=1, registration_id=1, kinds=tuple(kinds), text="", asked_at=MADE_AT,
        owner_id=None, due_on=None, done_at=None,
    )  # fmt: skip
    event, person = event_facts(**event_changes), registration_facts(**person_changes)
    assert help_rules.is_to_do(event, person, asked) is expected
    assert not help_rules.is_to_do(event, person, replace(asked, done_at=MADE_AT))


def test_a_request_rests_while_the_person_has_no_digital_place(each_app: Flask, clock: Clock) -> None:
    event, ada = switched(clock)
    asked = help_requests.ask(ada.id, [HelpKind.DEVICE], "", clock())
    assert isinstance(asked, HelpRequest)

    def waits() -> bool:
        found = help_requests.open_counts() == {event.id: 1}
        assert found == help_requests.still_waits(event.id, asked.id) == help_requests.still_waits(event.id, None)
        return found

    assert waits()
    registrations.cancel(ada.id, clock())
    assert not waits()
    registrations.undo_cancel(ada.id, clock())
    assert waits()
    to(event, Format.ONSITE, clock)
    assert not waits()


def test_who_comes_sees_and_changes_what_is_still_arranged_for_them(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event, ada = switched(clock)
    page = f"/r/{registrations.personal_token(ada)}"
    help_requests.ask(ada.id, [HelpKind.SIGN_LANGUAGE, HelpKind.DEVICE], "", clock())
    to(event, Format.ONSITE, clock)
    assert [word in client.get(page).text for word in ("Sie haben um Hilfe gebeten", f"{page}/help")] == [True, True]
    assert 'value="sign_language"' in client.get(f"{page}/help").text
    assert isinstance(help_requests.ask(ada.id, [HelpKind.DEVICE], "", clock()), HelpRequest)
    assert f"{page}/help" not in client.get(page).text, "a device helps nobody in the hall"
    assert help_requests.ask(ada.id, [HelpKind.SIGN_LANGUAGE], "", clock()) == TooLate(why="no_digital_place")


def test_who_leaves_because_of_the_format_says_so_until_they_come_back(each_app: Flask, clock: Clock) -> None:
    _, ada = switched(clock)
    assert isinstance(registrations.cancel(ada.id, clock(), cause=CancelCause.FORMAT), Cancelled)
    assert facts_of(ada).cancel_cause is CancelCause.FORMAT
    assert asked_again(ada) == ["skipped"]
    registrations.undo_cancel(ada.id, clock())
    assert (facts_of(ada).state, facts_of(ada).cancel_cause) == (State.CONFIRMED, None)
    registrations.cancel(ada.id, clock())
    assert facts_of(ada).cancel_cause is None


def test_a_newer_switch_withdraws_the_second_question(each_app: Flask, clock: Clock) -> None:
    event, ada = switched(clock)
    assert asked_again(ada) == ["waiting"]
    to(event, Format.ONSITE, clock)
    assert asked_again(ada) == ["skipped"]


@pytest.mark.parametrize(("before_start", "number"), [(timedelta(hours=25), 1), (timedelta(hours=23), 0)])
def test_nobody_is_asked_again_after_the_start(
    each_app: Flask, clock: Clock, before_start: timedelta, number: int
) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    clock.set(STARTS_AT - before_start)
    to(event, Format.DIGITAL, clock)
    assert len(asked_again(ada)) == number


def test_the_second_question_waits_for_the_morning(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    clock.set(STARTS_AT - timedelta(days=4) + timedelta(hours=6))  # Monday, 22:00 in Berlin.
    to(event, Format.DIGITAL, clock)
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "decision_again"]
    assert message.due_at == STARTS_AT - timedelta(days=2) - timedelta(hours=8)  # Wednesday, 8:00.


def test_the_request_goes_with_the_person(each_app: Flask, clock: Clock) -> None:
    _, ada = switched(clock)
    help_requests.ask(ada.id, [HelpKind.OTHER], "a canary's words", clock())
    clock.set(ENDS_AT + timedelta(days=31))
    privacy.erase_due(clock())
    assert session().scalar(select(func.count()).select_from(HelpRequestRow)) == 0
