"""Events edited, postponed, cancelled and taken up again: who hears of it, when, and with what numbers before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.changes import service
from regservice.changes.types import ChangeRefused, EditRefused
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, EventValues, Format, Problem, Venue
from regservice.formats import service as formats
from regservice.notices.delivery import LetterPost
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Sent
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations import service as registrations
from regservice.registrations import waiting_list
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, kinds_sent_to, make_event, register

DAY = timedelta(days=1)
PLACE = "Town hall, Large hall, Market 1, 12345 Exampletown"


def values(event: EventFacts, **changes: Any) -> EventValues:
    return replace(events.values_of(events.get(event.id)), **changes)


def edit(event: EventFacts, clock: Clock, **changes: Any) -> EventFacts:
    answer = service.edit(event.id, values(event, **changes), by="test", now=clock())
    assert isinstance(answer, EventFacts), answer
    return answer


def messages(event: EventFacts, kind: str) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=1000) if message.kind == kind]


def filled(clock: Clock, **changes: Any) -> EventFacts:
    """Two seats taken, one waits, one is pending."""
    event = make_event(clock(), **changes)
    for name in ("Ada", "Ben", "Eva"):
        confirm(event, name, clock())
    register(event, "Finn", clock())
    return event


def deliver_all(clock: Clock) -> None:
    """Everything that is due leaves."""
    for _ in range(5):
        sending.deliver(LetterPost(hand_over=lambda _: Sent()), clock)


def test_a_typing_error_is_told_to_nobody(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    after = edit(event, clock, description="Corrected")
    assert (after.schedule_version, messages(event, "changed")) == (1, [])


def test_a_new_time_is_told_to_everyone_who_comes_or_waits(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    moved = values(event, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY)
    expected = {"mails": 3, "mails_de": 3, "call_list": 0, "calendar_updates": 2, "offers": 0}
    assert service.preview_edit(event.id, moved, clock()) == expected
    assert messages(event, "changed") == []
    after = edit(event, clock, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY)
    told = messages(event, "changed")
    assert [message.recipient for message in told] == [f"{name}@example.org" for name in ("ada", "ben", "eva")]
    assert {message.due_at for message in told} == {clock() + timedelta(minutes=10)}
    assert told[0].payload == {
        "before": {
            "starts_at": STARTS_AT.isoformat(),
            "ends_at": ENDS_AT.isoformat(),
            "timezone": "Europe/Berlin",
            "place": PLACE,
        }
    }
    people = registrations.of_event(event.id, tuple(State))
    assert [person.calendar_sequence for person in people] == [1, 1, 0, 0]
    assert [person.expires_at for person in people] == [None, None, after.starts_at, clock() + timedelta(hours=48)]


def test_edits_within_ten_minutes_are_one_mail(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    edit(event, clock, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY)
    clock.advance(minutes=5)
    edit(event, clock, venue=Venue(name="Library"))
    states = [message.state for message in messages(event, "changed")]
    assert states == ["skipped"] * 3 + ["waiting"] * 3
    last = messages(event, "changed")[-1]
    assert (last.due_at, last.payload["before"]["starts_at"], last.payload["before"]["place"]) == (
        clock() + timedelta(minutes=10),
        STARTS_AT.isoformat(),
        PLACE,
    )


def test_an_edit_taken_back_in_time_is_not_told(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    edit(event, clock, venue=Venue(name="Library"))
    edit(event, clock, venue=event.venue)
    assert [message.state for message in messages(event, "changed")] == ["skipped"] * 3


def test_mails_about_a_change_keep_the_night(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    clock.set(datetime(2026, 11, 17, 21, tzinfo=UTC))
    edit(event, clock, venue=Venue(name="Library"))
    assert {message.due_at for message in messages(event, "changed")} == {datetime(2026, 11, 18, 7, tzinfo=UTC)}


def test_less_than_a_day_before_the_start_the_night_is_broken(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    clock.set(datetime(2026, 11, 19, 21, tzinfo=UTC))
    edit(event, clock, venue=Venue(name="Library"))
    assert {message.due_at for message in messages(event, "changed") if message.state == "waiting"} == {
        clock() + timedelta(minutes=10)
    }


def test_the_room_of_a_digital_event_concerns_nobody(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url="https://room.example.org/x")
    confirm(event, "Ada", clock())
    edit(event, clock, venue=Venue(name="Library"))
    assert messages(event, "changed") == []


def test_a_switch_carries_a_change_that_was_not_told_yet(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    edit(event, clock, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY)
    formats.switch(event.id, Format.DIGITAL, reason="", join_url="https://room.example.org/x", by="test", now=clock())
    assert {message.state for message in messages(event, "changed")} == {"skipped"}
    assert [message.payload["before"]["starts_at"] for message in messages(event, "decision")] == [
        STARTS_AT.isoformat(),
        STARTS_AT.isoformat(),
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"starts_at": datetime(2026, 10, 6, 10, tzinfo=UTC)}, Problem(field="starts_at", code="past")),
        ({"starts_at": None, "ends_at": None}, Problem(field="starts_at", code="missing")),
        ({"title": " "}, Problem(field="title", code="missing")),
        ({"ends_at": STARTS_AT}, Problem(field="ends_at", code="before_start")),
    ],
)
def test_what_people_can_see_stays_complete(
    each_app: Flask, clock: Clock, changes: dict[str, Any], problem: Problem
) -> None:
    event = filled(clock)
    before = events.get(event.id)
    refused = service.edit(event.id, values(event, **changes), by="test", now=clock())
    assert refused == EditRefused(problems=(problem,))
    assert events.get(event.id) == before


def test_more_seats_are_offered_at_once(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    assert service.preview_edit(event.id, values(event, capacity=3), clock()) == {"offers": 1}
    edit(event, clock, capacity=3)
    assert [person.name for person in registrations.of_event(event.id, (State.OFFERED,))] == ["Eva"]


def test_cancelling_needs_a_reason_and_tells_everyone_but_the_unconfirmed(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    assert service.cancel_event(event.id, reason=" ", by="test", now=clock()) == ChangeRefused(code="reason_missing")
    expected = {"mails": 3, "mails_de": 3, "call_list": 0, "calendar_updates": 2}
    assert service.preview_cancel(event.id, clock()) == expected
    assert events.get(event.id).lifecycle is EventStatus.PUBLISHED
    after = service.cancel_event(event.id, reason="Storm", by="test", now=clock())
    assert isinstance(after, EventFacts)
    assert (after.lifecycle, after.status_reason) == (EventStatus.CANCELLED, "Storm")
    told = messages(event, "cancelled_event")
    assert [message.recipient for message in told] == [f"{name}@example.org" for name in ("ada", "ben", "eva")]
    assert told[0].payload == {"reason": "Storm"}
    people = registrations.of_event(event.id, tuple(State))
    assert [person.state for person in people] == [State.CONFIRMED, State.CONFIRMED, State.WAITLISTED, State.PENDING]
    assert [person.calendar_sequence for person in people] == [1, 1, 0, 0]
    assert {state for _, state in kinds_sent_to(people[3])} == {"skipped"}
    assert service.cancel_event(event.id, reason="Again", by="test", now=clock()) == after
    assert len(messages(event, "cancelled_event")) == 3


def test_postponed_people_keep_their_places_and_hear_the_new_date(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    ada = registrations.of_event(event.id, (State.CONFIRMED,))[0]
    registrations.cancel(ada.id, clock())
    with transaction():
        ben = registrations.of_event(event.id, (State.CONFIRMED,))[0]
        registrations.mark_planned([ben.id], 1)
    assert len(registrations.of_event(event.id, (State.OFFERED,))) == 1
    after = service.postpone(event.id, reason="Hall flooded", by="test", now=clock())
    assert isinstance(after, EventFacts)
    assert after.lifecycle is EventStatus.POSTPONED
    told = messages(event, "postponed")
    assert [message.recipient for message in told] == ["ben@example.org", "eva@example.org"]
    # Nobody's offer or waiting ends while there is no date.
    clock.set(STARTS_AT + DAY)
    waiting_list.expire_due(clock())
    assert [person.name for person in registrations.of_event(event.id, (State.WAITLISTED,))] == ["Eva"]
    new_start = STARTS_AT + 30 * DAY
    same = service.take_up_again(event.id, values(event), by="test", now=clock())
    assert same == EditRefused(problems=(Problem(field="starts_at", code="past"),))
    again = service.take_up_again(event.id, values(event, starts_at=new_start, ends_at=None), by="test", now=clock())
    assert isinstance(again, EventFacts)
    assert (again.lifecycle, again.starts_at) == (EventStatus.PUBLISHED, new_start)
    assert [message.recipient for message in messages(event, "new_date")] == ["ben@example.org"]
    assert [message.recipient for message in messages(event, "changed")] == ["eva@example.org"]
    assert [person.name for person in registrations.of_event(event.id, (State.OFFERED,))] == ["Eva"]
    assert [person.name for person in registrations.unplanned(event.id, again.schedule_version, limit=9)] == ["Ben"]


def test_the_same_date_after_all_plans_the_reminders_anew(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    with transaction():
        people = registrations.of_event(event.id, (State.CONFIRMED,))
        registrations.mark_planned([person.id for person in people], 1)
    service.postpone(event.id, reason="", by="test", now=clock())
    again = service.take_up_again(event.id, values(event), by="test", now=clock())
    assert isinstance(again, EventFacts)
    assert len(registrations.unplanned(event.id, again.schedule_version, limit=9)) == 2


@pytest.mark.parametrize("status", [EventStatus.DRAFT, EventStatus.CANCELLED])
def test_only_what_is_on_can_be_postponed(each_app: Flask, clock: Clock, status: EventStatus) -> None:
    event = make_event(clock())
    with transaction():
        events.set_lifecycle(event.id, status, reason="", by="test", now=clock())
    assert service.postpone(event.id, reason="", by="test", now=clock()) == ChangeRefused(code=status.value)


def test_what_is_over_is_not_cancelled(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    clock.set(ENDS_AT)
    assert service.cancel_event(event.id, reason="Late", by="test", now=clock()) == ChangeRefused(code="held")


def test_who_heard_that_it_is_postponed_hears_that_the_same_date_stands(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    service.postpone(event.id, reason="", by="test", now=clock())
    deliver_all(clock)
    service.take_up_again(event.id, values(event), by="test", now=clock())
    told = messages(event, "new_date") + messages(event, "changed")
    assert [message.recipient for message in told] == ["ada@example.org", "ben@example.org", "eva@example.org"]
    assert [message.payload["before"]["starts_at"] for message in told] == [None] * 3


def test_a_postponed_event_is_cancelled_after_its_old_date_and_everyone_hears(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    service.postpone(event.id, reason="", by="test", now=clock())
    clock.set(ENDS_AT)
    service.cancel_event(event.id, reason="No hall", by="test", now=clock())
    deliver_all(clock)
    assert [message.state for message in messages(event, "cancelled_event")] == [MessageState.SENT] * 3


def test_a_new_time_is_told_also_when_something_is_nobodys_concern_is_corrected_after_it(
    each_app: Flask, clock: Clock
) -> None:
    """The place of a digital event makes a new schedule, and mails about the one before would not leave any more."""
    event = filled(clock, format=Format.DIGITAL, join_url="https://room.example.org/dialogue")
    deliver_all(clock)
    assert isinstance(edit(event, clock, starts_at=STARTS_AT + DAY, ends_at=ENDS_AT + DAY), EventFacts)
    clock.advance(minutes=5)
    edit(event, clock, venue=Venue(name="Old school"))
    clock.advance(minutes=10)
    deliver_all(clock)
    told = [message for message in messages(event, "changed") if message.state is MessageState.SENT]
    assert [message.recipient for message in told] == [f"{name}@example.org" for name in ("ada", "ben", "eva")]
    assert {message.payload["before"]["starts_at"] for message in told} == {STARTS_AT.isoformat()}
    edit(event, clock, venue=Venue(name="New school"))
    clock.advance(minutes=10)
    deliver_all(clock)
    assert len([message for message in messages(event, "changed") if message.state is MessageState.SENT]) == 3
