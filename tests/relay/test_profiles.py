"""Each of the nine faults through the outbox, on a real database and a real socket; then the relay heals."""

import email

import pytest
from flask import Flask

from regservice.db import transaction
from regservice.jobs import deliver
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageState
from regservice.registrations import desk
from regservice.wiring import Wiring
from tests.conftest import START, Clock
from tests.factories import make_event, request_for
from tests.faulty_relay import Fault, FaultyRelay, only
from tests.relay.posting import Mailboxes, sender_to
from tests.relay.profiles import (
    FAILED,
    MINUTE,
    PROFILES,
    UNCERTAIN,
    WAITING,
    Profile,
    break_down,
    heal,
    last_of,
    planned_tries,
    relay_with,
    tries_until_the_end,
)

EACH_PROFILE = pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)


def person(clock: Clock, event_id: int, name: str) -> int:
    """Somebody with a place and one message on its way."""
    entered = desk.enter(event_id, request_for(name), by="test", now=clock())
    return entered.registration.id  # type: ignore[union-attr]


@EACH_PROFILE
def test_each_fault_ends_where_the_table_says_and_heals(
    each_app: Flask, wiring: Wiring, clock: Clock, profile: Profile
) -> None:
    ada = person(clock, make_event(clock()).id, "Ada")
    with relay_with(profile, wiring) as relay:
        deliver(wiring)
        met = last_of(ada)
        later = START + MINUTE if profile.state is WAITING else START
        assert (met.state, met.attempts, met.next_attempt_at) == (profile.state, 1, later)
        assert met.uncertain is (profile.state is UNCERTAIN)
        assert Mailboxes(relay).ids.total() == profile.stored
        pause = outbox.relay_pause(clock())
        assert (pause is not None and pause.paused_until == later) is profile.concerns_all
        heal(relay, profile)
        clock.set(later)
        for _ in range(3):
            deliver(wiring)
        healed = last_of(ada)
        expected = {} if profile.state is FAILED else {met.message_id: profile.stored + 1}
        assert Mailboxes(relay).ids == expected
        assert healed.state is (FAILED if profile.state is FAILED else MessageState.SENT)
        assert healed.uncertain is met.uncertain
        assert outbox.relay_pause(clock()) is None


@EACH_PROFILE
def test_a_relay_that_never_heals_is_tried_as_planned(
    app: Flask, wiring: Wiring, clock: Clock, profile: Profile
) -> None:
    ada = person(clock, make_event(clock()).id, "Ada")
    # The whole 72 hours of each are in the long run; here those of one, and what differs of the others.
    hours = 72 if profile.fault is Fault.RCPT_450 else 0.2
    with relay_with(profile, wiring) as relay:
        tries = tries_until_the_end(wiring, clock, ada, hours)
        for _ in range(3):
            deliver(wiring)
        end = last_of(ada)
        if profile.state is WAITING:
            assert (tries, end.attempts) == (planned_tries(hours), len(planned_tries(hours)))
            assert end.state is (FAILED if hours == 72 else WAITING)
            assert Mailboxes(relay).ids.total() == 0
        else:
            # What is uncertain was sent once more with the same Message-ID, and then never again.
            assert (tries, end.attempts, end.state) == ([0], 1 + profile.stored, profile.state)
            assert Mailboxes(relay).ids == ({end.message_id: 2} if profile.stored else {})


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.state is FAILED], ids=lambda profile: profile.name)
def test_only_a_missing_mailbox_ends_an_address(app: Flask, wiring: Wiring, clock: Clock, profile: Profile) -> None:
    ada = person(clock, make_event(clock()).id, "Ada")
    with relay_with(profile, wiring) as relay:
        deliver(wiring)
        heal(relay, profile)
        desk.send_link_again(ada, by="organiser:1", now=clock())
        deliver(wiring)
        again = last_of(ada)
        if profile.ends_the_address:
            assert (again.state, again.reason, relay.stored) == (MessageState.SKIPPED, sending.NO_MAILBOX, [])
            desk.correct_address(ada, "ada.right@example.org", by="organiser:1", now=clock())
            deliver(wiring)
            assert [mail.recipient for mail in relay.stored] == ["ada.right@example.org"]
        else:
            assert (again.state, len(relay.stored)) == (MessageState.SENT, 1)


@pytest.mark.parametrize(
    "profile", [p for p in PROFILES if p.fault is not Fault.DROP_IN_DATA], ids=lambda profile: profile.name
)
def test_the_neighbours_of_a_message_that_fails(app: Flask, wiring: Wiring, clock: Clock, profile: Profile) -> None:
    """421 and a silent relay slow all; anything else concerns the one message."""
    event = make_event(clock(), capacity=None)
    people = [person(clock, event.id, f"Person {number}") for number in range(3)]
    with relay_with(profile, wiring) as relay:
        if profile.fault not in (None, Fault.MAIL_421, Fault.HANG_AT_BANNER):
            assert profile.fault is not None
            relay.plan = only({1: profile.fault})
        deliver(wiring)
        attempts = [last_of(each).attempts for each in people]
        states = [last_of(each).state for each in people[1:]]
        if profile.concerns_all:
            assert (attempts, states) == ([1, 0, 0], [WAITING] * 2)
            clock.advance(seconds=59)
            deliver(wiring)
            assert [last_of(each).attempts for each in people] == [1, 0, 0]
            heal(relay, profile)
            clock.advance(seconds=1)
            deliver(wiring)
            assert [last_of(each).attempts for each in people] == [2, 1, 1]
        else:
            assert (attempts, states) == ([1, 1, 1], [MessageState.SENT] * 2)


def test_a_try_after_the_start_is_not_promised(app: Flask, wiring: Wiring, clock: Clock) -> None:
    event = make_event(clock())
    ada = person(clock, event.id, "Ada")
    assert event.starts_at is not None
    assert event.ends_at is not None
    clock.set(event.ends_at - 3 * MINUTE)
    with FaultyRelay() as relay, sender_to(relay) as sender:
        wiring.sender = sender
        break_down(relay, PROFILES[2])
        deliver(wiring)
        assert (last_of(ada).state, last_of(ada).next_attempt_at) == (WAITING, event.ends_at - 2 * MINUTE)
        clock.advance(minutes=1)
        deliver(wiring)
        assert (last_of(ada).state, last_of(ada).attempts) == (MessageState.SKIPPED, 2)
        assert last_of(ada).reason == "it is too late for this message to be useful"


def test_a_drop_concerns_the_message_that_was_on_its_way(app: Flask, wiring: Wiring, clock: Clock) -> None:
    event = make_event(clock(), capacity=None)
    people = [person(clock, event.id, f"Person {number}") for number in range(4)]
    with FaultyRelay(only({2: Fault.ACCEPT_THEN_DROP})) as relay, sender_to(relay) as sender:
        wiring.sender = sender
        for _ in range(2):
            deliver(wiring)
        arrived = Mailboxes(relay).ids
        assert [arrived[last_of(each).message_id] for each in people] == [1, 2, 1, 1]
        with transaction():
            assert [last_of(each).uncertain for each in people] == [False, True, False, False]
        second = [mail for mail in relay.stored if mail.recipient == "person.1@example.org"]
        first, again = (email.message_from_bytes(mail.content) for mail in second)
        assert (first["Message-ID"], first["Date"]) == (again["Message-ID"], again["Date"])
