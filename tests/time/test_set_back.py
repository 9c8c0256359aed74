"""What the database holds of a time that is ahead, after the machine's clock was set back."""

from datetime import timedelta

import pytest
from flask import Flask

from regservice.db import transaction
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome, Retry, Scope, Sent
from regservice.outbox.rules import LEASE
from regservice.outbox.types import MessageState, NewMessage, Priority
from regservice.workers import service as workers
from tests.conftest import START, Clock
from tests.factories import make_event
from tests.outbox.test_service import Crash, FakePost, enqueue, states

HOUR = timedelta(hours=1)
BEYOND_THE_LEASE = LEASE + timedelta(seconds=1)


def test_a_dead_workers_messages_wait_no_longer_than_a_lease_of_the_new_time(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", "remind_1d", event_id=event.id)
    with pytest.raises(Crash):
        sending.deliver(FakePost(outcomes=[Crash()]), clock)
    clock.set(START - HOUR)
    outbox.follow_set_back(clock())
    post = FakePost()
    assert (sending.recover(clock()), sending.deliver(post, clock).sent) == (0, 0)
    clock.advance(seconds=BEYOND_THE_LEASE.total_seconds())
    assert (sending.recover(clock()), sending.deliver(post, clock).sent) == (1, 2)
    assert states(event.id) == [("confirmed", "sent", True), ("remind_1d", "sent", False)]


def test_a_worker_that_is_sending_keeps_its_batch(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    other = FakePost()

    class SetBack(FakePost):
        def send(self, message: object, now: object) -> Outcome:
            clock.set(START - HOUR)
            outbox.follow_set_back(clock())
            assert (sending.recover(clock()), sending.deliver(other, clock).sent) == (0, 0)
            return Sent()

    assert sending.deliver(SetBack(), clock).sent == 2
    assert (other.got, states(event.id)) == ([], [("first", "sent", False), ("second", "sent", False)])


def test_what_was_due_when_it_was_made_leaves_and_what_is_planned_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "optin", event_id=event.id)
    with transaction():
        reminder = {"kind": "remind_1d", "occurrence": "1", "recipient": "ada@example.org", "language": "de"}
        planned = NewMessage(**reminder, event_id=event.id, due_at=START + HOUR, priority=Priority.REMINDER)
        outbox.enqueue(planned, now=clock())
    clock.set(START - HOUR)
    post = FakePost()
    sending.deliver(post, clock)
    assert post.kinds == []
    outbox.follow_set_back(clock())
    sending.deliver(post, clock)
    assert post.kinds == ["optin"]


def test_a_next_try_is_at_most_an_hour_away(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    sending.deliver(FakePost(outcomes=[Retry(reason="450 busy", scope=Scope.MESSAGE)]), clock)
    clock.set(START - timedelta(days=30))
    outbox.follow_set_back(clock())
    sending.deliver(FakePost(), clock)
    assert [message.state for message in outbox.ledger(event.id)] == [MessageState.SENT]


def test_a_worker_that_died_before_the_clock_was_set_back_is_not_taken_for_alive(each_app: Flask, clock: Clock) -> None:
    workers.beat("dead", clock())
    clock.set(START - HOUR)
    assert workers.last_heard_at(clock()) is None
    workers.beat("alive", clock())
    assert workers.last_heard_at(clock()) == START - HOUR
