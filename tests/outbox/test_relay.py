"""The relay that all workers share: left alone when it takes nothing, kept to its pace, the most urgent first."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import event as database_event

from regservice.db import db, session, transaction
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import NotBefore, NotTried, Outcome, Rejected, Retry, Scope, Uncertain
from regservice.outbox.relay import Pace
from regservice.outbox.rules import LEASE, next_free_at, pause_after, paused_until, wait_for_pace
from regservice.outbox.types import MessageFacts, MessageState, NewMessage, Priority, RelayFacts
from tests.conftest import START, Clock
from tests.factories import make_event
from tests.outbox.test_service import FakePost, enqueue, states

GONE = Retry(reason="421 closing", scope=Scope.ALL)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class ActingPost(FakePost):
    """Does something else in the middle of a sending, as another process would."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def send(self, message: MessageFacts, now: datetime) -> Outcome:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return super().send(message, now)


def minutes_of_tries(post: FakePost, clock: Clock, minutes: int) -> list[int]:
    tries = []
    for minute in range(minutes):
        before = len(post.got)
        sending.deliver(post, clock)
        tries += [minute] * (len(post.got) - before)
        clock.advance(minutes=1)
    return tries


# A relay that takes nothing


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 15), (400, 15)])
def test_the_pause_grows_to_a_quarter_of_an_hour(failures: int, minutes: int) -> None:
    assert pause_after(failures, START) == START + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("failures", "ends_in", "paused"),
    [
        (0, MINUTE, False),
        (1, SECOND, True),
        (1, timedelta(0), False),
        (1, -SECOND, False),
        (3, 15 * MINUTE, True),
        (3, 15 * MINUTE + SECOND, False),  # The clock was set back, or a rehearsal ran ahead.
    ],
)
def test_a_pause_holds_until_its_end_and_never_longer_than_one_can_be(
    failures: int, ends_in: timedelta, paused: bool
) -> None:
    until = START + ends_in
    assert paused_until(RelayFacts(failures=failures, paused_until=until), START) == (until if paused else None)


def test_one_message_meets_an_outage_after_1_5_15_and_every_60_minutes_for_72_hours(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    post, tries = FakePost(outcomes=[GONE] * 100), list[float]()
    message = outbox.ledger(event.id)[0]
    while message.state is MessageState.WAITING:
        clock.set(message.next_attempt_at - SECOND)
        sending.deliver(post, clock)
        assert len(post.got) == len(tries)
        clock.set(message.next_attempt_at)
        sending.deliver(post, clock)
        tries.append((clock() - START) / MINUTE)
        assert len(post.got) == len(tries)
        [message] = outbox.ledger(event.id)
    assert tries == [0, 1, 6, *range(21, 72 * 60 + 1, 60)]
    assert (message.state, message.attempts) == (MessageState.FAILED, len(tries))
    assert message.reason == "given up after 72 hours: 421 closing"


def test_an_outage_costs_one_try_a_pause_however_many_wait(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), *(f"kind-{number}" for number in range(30)), event_id=event.id)
    post = FakePost(outcomes=[GONE] * 6)
    assert minutes_of_tries(post, clock, 66) == [0, 1, 6, 21, 36, 51]
    ledger = outbox.ledger(event.id)
    assert sum(message.attempts for message in ledger) == 6
    assert max(message.attempts for message in ledger) == 1
    while sending.deliver(post, clock).sent:
        clock.advance(hours=1)
    assert sorted(post.kinds[6:]) == sorted(f"kind-{number}" for number in range(30))
    assert outbox.relay_pause(clock()) is None


def test_a_paused_relay_costs_one_statement(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    sending.deliver(FakePost(outcomes=[GONE]), clock)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    database_event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert sending.deliver(FakePost(), clock) == sending.Delivered(sent=0, more=False)
    finally:
        database_event.remove(db.engine, "before_cursor_execute", note)
    assert len([each for each in statements if not each.startswith(("BEGIN", "SELECT 1"))]) == 1


def test_an_answer_ends_the_pause(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", "third", event_id=event.id)
    sending.deliver(FakePost(outcomes=[GONE]), clock)
    pause = outbox.relay_pause(clock())
    assert pause is not None
    assert (pause.failures, pause.failed_at, pause.reason) == (1, START, "421 closing")
    clock.advance(minutes=1)
    post = FakePost(outcomes=[Retry(reason="450 busy", scope=Scope.MESSAGE)])
    sending.deliver(post, clock)
    assert post.kinds == ["second", "third", "first"]
    assert outbox.relay_pause(clock()) is None


def test_what_never_reached_the_relay_says_nothing_about_it(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "broken", "third", event_id=event.id)
    post = FakePost(outcomes=[GONE, KeyError("template"), GONE])
    assert minutes_of_tries(post, clock, 7) == [0, 1, 1, 6, 6]
    assert post.kinds == ["first", "broken", "third", "first", "third"]


def test_after_a_pause_one_worker_tries_and_the_others_wait(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", "third", event_id=event.id)
    sending.deliver(FakePost(outcomes=[GONE]), clock)
    clock.advance(minutes=1)
    other = FakePost()
    trying = ActingPost(meanwhile=[lambda: sending.deliver(other, clock)])
    sending.deliver(trying, clock, limit=1)
    assert (len(trying.got), other.got) == (1, [])
    sending.deliver(other, clock)
    assert len(other.got) == 2


def test_who_dies_while_trying_holds_the_others_up_for_a_lease_at_most(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    sending.deliver(FakePost(outcomes=[GONE]), clock)
    clock.advance(minutes=1)
    with pytest.raises(SystemExit):
        sending.deliver(FakePost(outcomes=[SystemExit()]), clock, limit=1)
    clock.now += LEASE - SECOND
    post = FakePost()
    sending.deliver(post, clock)
    assert post.got == []
    clock.advance(seconds=1)
    sending.deliver(post, clock)
    assert post.kinds == ["first"]


def test_workers_that_fail_at_once_make_one_pause(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    other = FakePost(outcomes=[GONE])
    post = ActingPost(outcomes=[GONE], meanwhile=[lambda: sending.deliver(other, clock)])
    sending.deliver(post, clock, limit=1)
    pause = outbox.relay_pause(clock())
    assert (len(post.got), len(other.got), pause and pause.failures) == (1, 1, 1)


def test_a_worker_in_the_middle_of_its_batch_stops_when_another_finds_the_relay_gone(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", "third", event_id=event.id)

    def another_fails() -> None:
        enqueue(clock(), "fourth", event_id=event.id, priority=Priority.SWITCH)
        sending.deliver(FakePost(outcomes=[GONE]), clock)

    post = ActingPost(meanwhile=[another_fails])
    assert sending.deliver(post, clock) == sending.Delivered(sent=1, more=False)
    assert [message.attempts for message in outbox.ledger(event.id)] == [1, 0, 0, 1]


def test_a_worker_that_is_to_end_costs_no_try_and_no_pause(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    assert sending.deliver(FakePost(outcomes=[NotTried()]), clock) == sending.Delivered(sent=0, more=False)
    assert [(message.attempts, message.state) for message in outbox.ledger(event.id)] == [(0, MessageState.WAITING)] * 2
    assert outbox.relay_pause(clock()) is None
    post = FakePost()
    sending.deliver(post, clock)
    assert post.kinds == ["first", "second"]


def test_a_clock_set_back_does_not_leave_the_relay_alone_for_ever(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    clock.advance(days=30)
    enqueue(clock(), "ahead", event_id=event.id)
    sending.deliver(FakePost(outcomes=[GONE]), clock)
    clock.set(START)
    enqueue(clock(), "now", event_id=event.id)
    post = FakePost()
    sending.deliver(post, clock)
    assert post.kinds == ["now"]


# Its pace


@pytest.mark.parametrize(
    ("free_in_s", "wait_s"), [(None, None), (-9, None), (0, None), (0.5, 0.5), (2, 2), (2.1, None), (9, None)]
)
def test_a_mail_waits_for_the_next_free_moment(free_in_s: float | None, wait_s: float | None) -> None:
    free_at = None if free_in_s is None else START + free_in_s * SECOND
    expected = None if wait_s is None else wait_s * SECOND
    assert wait_for_pace(RelayFacts(next_free_at=free_at), 30, START) == expected


@pytest.mark.parametrize(("free_in_s", "next_in_s"), [(None, 2), (0, 2), (-0.5, 1.5), (-1, 1), (-60, 1), (60, 2)])
def test_idle_time_is_made_up_for_by_a_second_at_most(free_in_s: float | None, next_in_s: float) -> None:
    free_at = None if free_in_s is None else START + free_in_s * SECOND
    assert next_free_at(RelayFacts(next_free_at=free_at), 30, START) == START + next_in_s * SECOND


def test_mails_leave_at_even_distances_and_no_transaction_is_open_meanwhile(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", "third", event_id=event.id)
    real, left, open_meanwhile = Clock(), list[float](), list[bool]()

    class Noting(FakePost):
        def send(self, message: MessageFacts, now: datetime) -> Outcome:
            left.append((real() - START).total_seconds())
            return super().send(message, now)

    def sleep(seconds: float) -> None:
        open_meanwhile.append(session().in_transaction())
        real.advance(seconds=seconds)

    sending.deliver(Noting(), clock, pace=Pace(per_minute=30, clock=real, sleep=sleep))
    assert (left, open_meanwhile) == ([0, 2, 4], [False, False])
    assert states(event.id) == [(kind, "sent", False) for kind in ("first", "second", "third")]


def test_two_workers_share_one_pace(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), *(f"kind-{number}" for number in range(6)), event_id=event.id)
    real, posts = Clock(), (FakePost(), FakePost())
    for second in range(12):
        real.set(START + second * SECOND)
        for post in posts:
            # This one does not wait but comes again, as a worker does that is to end.
            sending.deliver(post, clock, pace=Pace(per_minute=30, clock=real, sleep=lambda _seconds: True), limit=1)
        assert len(posts[0].got) + len(posts[1].got) == second // 2 + 1


def test_a_worker_that_is_to_end_does_not_wait_for_the_pace(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "first", "second", event_id=event.id)
    pace = Pace(per_minute=1, clock=Clock(), sleep=lambda _seconds: True)
    assert sending.deliver(FakePost(), clock, pace=pace) == sending.Delivered(sent=1, more=False)
    assert states(event.id) == [("first", "sent", False), ("second", "waiting", False)]


# What is most urgent


def test_what_is_most_urgent_is_taken_first_however_long_the_rest_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    for kind, priority in (("remind_1d", Priority.REMINDER), ("confirmed", Priority.CONFIRMATION)):
        enqueue(clock(), kind, event_id=event.id, priority=priority)
        clock.advance(minutes=1)
    enqueue(clock(), "decision", event_id=event.id, priority=Priority.SWITCH)
    post = FakePost()
    while sending.deliver(post, clock, limit=1).more:
        pass
    assert post.kinds == ["decision", "confirmed", "remind_1d"]


def test_something_urgent_does_not_wait_for_the_rest_of_a_batch(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), *(f"remind-{n}" for n in range(50)), event_id=event.id, priority=Priority.REMINDER)
    urgent = ("decision", "cancelled_event")
    post = ActingPost(
        meanwhile=[
            lambda: None,
            lambda: enqueue(clock(), "confirmed", event_id=event.id, priority=Priority.CONFIRMATION),
            lambda: enqueue(clock(), *urgent, event_id=event.id, priority=Priority.SWITCH),
        ]
    )
    while sending.deliver(post, clock).more:
        pass
    expected = ["remind-0", "remind-1", "confirmed", *urgent, *(f"remind-{n}" for n in range(2, 50))]
    assert post.kinds == expected


# What is not tried again


def test_what_fell_due_while_nobody_worked_has_its_tries_before_it(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)
    clock.advance(days=4)
    post = FakePost(outcomes=[NotTried(), *[Retry(reason="450 busy", scope=Scope.MESSAGE)] * 2])
    for _ in range(3):
        sending.deliver(post, clock)
        clock.advance(minutes=1)
    sending.deliver(post, clock)
    [message] = outbox.ledger(event.id)
    assert (message.state, message.attempts, message.first_tried_at) == (
        MessageState.WAITING,
        2,
        START + timedelta(days=4, minutes=1),
    )


def test_a_try_that_would_come_too_late_is_not_promised(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "waitlisted", "offer", "confirmed", event_id=event.id)

    class Until(FakePost):
        def still_wanted(self, message: MessageFacts, now: datetime) -> str | NotBefore | None:  # type: ignore[override]
            if message.kind == "waitlisted":
                return "too late" if now >= START + MINUTE else None
            return NotBefore(at=START + 60 * MINUTE) if message.kind == "offer" and now > START else None

    sending.deliver(Until(outcomes=[Retry(reason="450 busy", scope=Scope.MESSAGE)] * 3), clock)
    assert [(m.state, m.attempts, m.next_attempt_at, m.reason) for m in outbox.ledger(event.id)] == [
        (MessageState.SKIPPED, 1, START, "too late"),
        (MessageState.WAITING, 1, START + 60 * MINUTE, "450 busy"),
        (MessageState.WAITING, 1, START + MINUTE, "450 busy"),
    ]


def to_person(kind: str, recipient: str, clock: Clock, event_id: int) -> None:
    with transaction():
        message = NewMessage(kind=kind, occurrence="1", event_id=event_id, registration_id=7, recipient=recipient,
                             language="de", due_at=clock())  # fmt: skip
        outbox.enqueue(message, now=clock())


@pytest.mark.parametrize(("bad", "later"), [(True, "skipped"), (False, "sent")])
def test_a_mailbox_that_does_not_exist_is_not_written_to_until_it_is_corrected(
    each_app: Flask, clock: Clock, bad: bool, later: str
) -> None:
    event = make_event(clock())
    to_person("confirmed", "wrong@example.org", clock, event.id)
    sending.deliver(FakePost(outcomes=[Rejected(reason="550 refused", address_is_bad=bad)]), clock)
    to_person("changed", "wrong@example.org", clock, event.id)
    sending.deliver(FakePost(), clock)
    to_person("remind_1d", "wrong@example.org", clock, event.id)
    with transaction():
        outbox.readdress(7, "right@example.org")
    sending.deliver(FakePost(), clock)
    assert states(event.id) == [("confirmed", "failed", False), ("changed", later, False), ("remind_1d", "sent", False)]
    assert [message.reason for message in outbox.ledger(event.id)][1] == (sending.NO_MAILBOX if bad else "")


def test_a_message_whose_need_cannot_be_judged_fails_alone(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "broken", "good", event_id=event.id)

    class Confused(FakePost):
        def still_wanted(self, message: MessageFacts, now: datetime) -> str | None:
            if message.kind == "broken":
                raise KeyError("proposal")
            return None

    sending.deliver(Confused(), clock)
    assert states(event.id) == [("broken", "failed", False), ("good", "sent", False)]


def test_what_would_be_sent_once_more_is_withdrawn_as_well(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "remind_1d", event_id=event.id)
    sending.deliver(FakePost(outcomes=[Uncertain(reason="timed out")]), clock)
    with transaction():
        outbox.skip_for_event(event.id, "the event was cancelled", kinds=("remind_1d",))
    post = FakePost()
    sending.deliver(post, clock)
    assert (post.got, states(event.id)) == ([], [("remind_1d", "skipped", True)])


def test_a_relay_that_takes_longer_than_a_lease_is_waited_for(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    enqueue(clock(), "confirmed", event_id=event.id)

    def ten_minutes_pass() -> None:
        for _ in range(40):
            clock.advance(seconds=15)
            assert sending.recover(clock()) == 0

    post = ActingPost(meanwhile=[ten_minutes_pass])
    sending.deliver(post, clock)
    assert (post.kinds, states(event.id)) == (["confirmed"], [("confirmed", "sent", False)])
