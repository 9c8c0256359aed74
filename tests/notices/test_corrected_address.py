"""A corrected address makes a new link; whoever has the wrong mailbox never gets it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from regservice.db import transaction
from regservice.notices.delivery import LetterPost
from regservice.notices.types import Letter
from regservice.outbox import sending
from regservice.outbox import service as outbox
from regservice.outbox.delivery import Outcome, Retry, Scope, Sent, Uncertain
from regservice.registrations import desk
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from tests.conftest import Clock
from tests.factories import confirm, make_event

RIGHT = "ben.right@example.org"


class Relay:
    """Takes letters; while it has the first one, staff correct Ben's address."""

    def __init__(self, ben: RegistrationFacts, clock: Callable[[], datetime], first: Outcome) -> None:
        self.ben, self.clock, self.first = ben, clock, first
        self.got: list[Letter] = []

    def __call__(self, letter: Letter) -> Outcome:
        self.got.append(letter)
        if len(self.got) > 1:
            return Sent()
        desk.correct_address(self.ben.id, RIGHT, by="organiser:1", now=self.clock())
        return self.first

    def with_the_new_link(self) -> set[str]:
        """The addresses that got it."""
        ben = registrations.find(self.ben.id)
        assert ben is not None
        token = registrations.personal_token(ben)
        return {letter.recipient.address for letter in self.got if token in letter.text}


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        pytest.param(("Ada",), Sent(), id="claimed behind somebody else's mail"),
        pytest.param((), Retry(reason="450 greylisted", scope=Scope.MESSAGE), id="tried again"),
        pytest.param((), Uncertain(reason="no answer"), id="sent once more"),
    ],
)
def test_a_mail_on_its_way_goes_to_the_corrected_address(
    each_app: Flask, clock: Clock, others: tuple[str, ...], outcome: Outcome
) -> None:
    event = make_event(clock(), capacity=None)
    for name in others:
        confirm(event, name, clock())
    ben = confirm(event, "Ben", clock())
    relay = Relay(ben, clock, outcome)
    for _ in range(3):
        sending.deliver(LetterPost(hand_over=relay), clock)
        clock.advance(minutes=2)
    assert relay.with_the_new_link() == {RIGHT}
    states = {message.kind: message.state for message in outbox.ledger_for_registration(ben.id)}
    assert (states["confirmed"], states["already"]) == ("sent", "sent")


def test_a_mail_in_doubt_since_a_restore_goes_to_the_corrected_address(each_app: Flask, clock: Clock) -> None:
    ben = confirm(make_event(clock(), capacity=None), "Ben", clock())
    with transaction():
        outbox.doubt_due(clock())
    relay = Relay(ben, clock, Sent())
    desk.correct_address(ben.id, RIGHT, by="organiser:1", now=clock())
    outbox.send_doubted_again(None, clock())
    sending.deliver(LetterPost(hand_over=relay), clock)
    assert relay.with_the_new_link() == {RIGHT}
    found = {message.kind: message.recipient for message in outbox.ledger_for_registration(ben.id)}
    assert (found["confirmed"], found["already"]) == (RIGHT, RIGHT)
