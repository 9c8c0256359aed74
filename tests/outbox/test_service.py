"""The outbox protocol with a post that does what the test says, on real databases."""

import errno
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale

from regservice.db import transaction
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome, Rejected, Retry, Scope, Sent, Uncertain
from regservice.outbox.rules import LEASE, next_attempt
from regservice.outbox.types import MessageFacts, MessageState, NewMessage, Priority
from regservice.web.organiser import labels
from tests.conftest import START, Clock
from tests.factories import make_event


class Crash(BaseException):
    """The worker dies at this point; nothing catches it."""


@dataclass
class FakePost:
    """A relay in memory: says what it was told to say, and notes what it got."""

    outcomes: list[Outcome | BaseException] = field(default_factory=list)
    unwanted: dict[str, str] = field(default_factory=dict)
    got: list[tuple[str, str]] = field(default_factory=list)

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | None:
        return self.unwanted.get(message.kind)

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        outcome = self.outcomes.pop(0) if self.outcomes else Sent()
        self.got.append((message.kind, message.message_id))
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.got]


def enqueue(
    now: datetime, *kinds: str, event_id: int | None = None, priority: Priority = Priority.CONFIRMATION
) -> None:
    with transaction():
        messages = [
            NewMessage(kind=kind, occurrence="1", recipient="ada@example.org", language="de", due_at=now,
                       event_id=event_id, priority=priority)
            for kind in kinds
        ]  # fmt: skip
        outbox.enqueue(*messages, now=now)


def states(event_id: int) -> list[tuple[str, str, bool]]:
    return [(message.kind, message.state.value, message.uncertain) for message in outbox.ledger(event_id)]


def test_the_same_happening_is_said_once(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    for _ in range(2):
        enqueue(clock(), "confirmed", event_id=event.id)
    assert states(event.id) == [("confirmed", "waiting", False)]
    post = FakePost()
    sending.deliver(post, clock)
    enqueue(clock(), "confirmed", event_id=event.id)
    sending.deliver(post, clock)
    assert post.kinds == ["confirmed"]


def test_what_is_due_is_sent_once_and_the_most_urgent_first(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "remind_1d", event_id=event.id, priority=Priority.REMINDER)
    enqueue(clock(), "decision", event_id=event.id, priority=Priority.SWITCH)
    enqueue(clock() + timedelta(seconds=1), "later", event_id=event.id)
    post = FakePost()
    assert sending.deliver(post, clock) == sending.Delivered(sent=2, more=False)
    assert sending.deliver(post, clock) == sending.Delivered(sent=0, more=False)
    assert post.kinds == ["decision", "remind_1d"]


def test_nobody_gets_what_is_not_wanted_any_more(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "remind_1d", "confirmed", event_id=event.id)
    post = FakePost(unwanted={"remind_1d": "the registration was cancelled"})
    sending.deliver(post, clock)
    assert (post.kinds, states(event.id)) == (
        ["confirmed"],
        [("remind_1d", "skipped", False), ("confirmed", "sent", False)],
    )


def test_a_message_withdrawn_while_a_worker_holds_it_is_not_sent(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)

    class Withdrawing(FakePost):
        def send(self, message: MessageFacts, now: datetime) -> Outcome:
            with transaction():
                outbox.skip_for_event(event.id, "the event was cancelled", kinds=("second",))
            return super().send(message, now)

    post = Withdrawing()
    sending.deliver(post, clock)
    assert (post.kinds, states(event.id)) == (["first"], [("first", "sent", False), ("second", "skipped", False)])


def test_while_a_relay_is_silent_what_stands_behind_it_is_seen_waiting(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    seen = []

    class Slow(FakePost):
        def send(self, message: MessageFacts, now: datetime) -> Outcome:
            clock.advance(minutes=5)
            with force_locale("en"):
                words = [str(labels.MESSAGE_STATE[state]) for _, state, _ in states(event.id)]
            seen.append((words, outbox.oldest_due_age(clock())))
            return super().send(message, now)

    sending.deliver(Slow(), clock, limit=2)
    assert seen[0] == (["handed over, the relay has not answered yet", "will be sent"], timedelta(minutes=5))


def test_a_crash_while_sending_is_uncertain_and_sent_once_more_with_the_same_id(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", "remind_1d", event_id=event.id)
    post = FakePost(outcomes=[Crash()])
    with pytest.raises(Crash):
        sending.deliver(post, clock)
    assert sending.recover(clock()) == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert sending.recover(clock()) == 1
    sending.deliver(post, clock)
    assert states(event.id) == [("confirmed", "sent", True), ("remind_1d", "sent", False)]
    (first, second) = [message_id for kind, message_id in post.got if kind == "confirmed"]
    assert first == second


def test_uncertain_twice_is_not_sent_a_third_time(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    post = FakePost(outcomes=[Uncertain(reason="timed out"), Uncertain(reason="timed out")])
    for _ in range(4):
        sending.deliver(post, clock)
    assert (post.kinds, states(event.id)) == (["confirmed"] * 2, [("confirmed", "uncertain", True)])


def test_a_passing_failure_is_tried_again_after_1_5_15_and_60_minutes(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    post = FakePost(outcomes=[Retry(reason="450 busy", scope=Scope.MESSAGE)] * 5)
    tries = []
    for _ in range(90):
        before = len(post.got)
        sending.deliver(post, clock)
        if len(post.got) > before:
            tries.append(int((clock() - START).total_seconds() // 60))
        clock.advance(minutes=1)
    assert tries == [0, 1, 6, 21, 81]


def test_a_relay_that_is_gone_costs_one_attempt_and_the_rest_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    post = FakePost(outcomes=[Retry(reason="refused", scope=Scope.ALL)])
    assert sending.deliver(post, clock) == sending.Delivered(sent=0, more=False)
    assert [(message.attempts, message.state) for message in outbox.ledger(event.id)] == [
        (1, MessageState.WAITING),
        (0, MessageState.WAITING),
    ]


def test_a_message_that_cannot_be_made_fails_alone(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "broken", "good", event_id=event.id)
    post = FakePost(outcomes=[KeyError("template")])
    sending.deliver(post, clock)
    assert states(event.id) == [("broken", "failed", False), ("good", "sent", False)]


class FullDisk(FakePost):
    """There is room to claim a batch, and none for the first mark in it."""

    def still_wanted(self, message: MessageFacts, now: datetime) -> str | None:
        if not self.got and not self.unwanted:
            self.unwanted["nothing"] = "it was asked once"
            raise OSError(errno.ENOSPC, "no space left on device")
        return super().still_wanted(message, now)


def test_what_was_claimed_on_a_full_disk_leaves_as_soon_as_there_is_room(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "optin", "already", event_id=event.id)
    post = FullDisk()
    with pytest.raises(OSError, match="no space left"):
        sending.deliver(post, clock)
    assert states(event.id) == [("optin", "waiting", False), ("already", "waiting", False)]
    sending.deliver(post, clock)
    assert post.kinds == ["optin", "already"]


def test_a_refused_address_fails_with_its_reason(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    sending.deliver(FakePost(outcomes=[Rejected(reason="550 no such user", address_is_bad=True)]), clock)
    [message] = outbox.ledger(event.id)
    assert (message.state, message.reason) == (MessageState.FAILED, "550 no such user")


def test_without_a_relay_mails_are_held_and_leave_when_one_is_set(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    assert (outbox.hold(clock()), states(event.id)) == (1, [("confirmed", "held", False)])
    sending.deliver(FakePost(), clock)
    assert states(event.id) == [("confirmed", "sent", False)]


@pytest.mark.parametrize(
    ("attempts", "now", "expected"),
    [
        (1, START, START + timedelta(minutes=1)),
        (2, START, START + timedelta(minutes=5)),
        (3, START, START + timedelta(minutes=15)),
        (4, START, START + timedelta(minutes=60)),
        (40, START + timedelta(hours=71), START + timedelta(hours=72)),
        (40, START + timedelta(hours=71, seconds=1), None),
    ],
)
def test_back_off_ends_after_72_hours(attempts: int, now: datetime, expected: datetime | None) -> None:
    assert next_attempt(START, attempts, now) == expected
