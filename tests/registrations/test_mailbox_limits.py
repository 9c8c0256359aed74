"""How many mails the form sends to a mailbox whose owner says nothing, and that nobody's registration is lost by it."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask

from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import registering
from regservice.registrations import service as registrations
from regservice.registrations.types import OptInSent, RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.conftest import START, Clock
from tests.factories import STARTS_AT, make_event, register, request_for

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def festival(clock: Clock, number: int) -> list[EventFacts]:
    return [make_event(clock(), capacity=None, title=f"Evening {day}") for day in range(number)]


def due(*kinds: str) -> Counter[datetime]:
    """When mails of these kinds leave, and how many."""
    return Counter(message.due_at for message in outbox.search(None, kinds=kinds, states=(), size=600).messages)


def links_to(person: RegistrationFacts) -> list[datetime]:
    """When the links to confirm leave."""
    return [each.due_at for each in outbox.ledger_for_registration(person.id) if each.kind == "optin"]


def test_who_confirms_is_not_limited_however_many_events_they_register_for(each_app: Flask, clock: Clock) -> None:
    for event in festival(clock, 9):
        clock.advance(minutes=5)
        ada = register(event, "Ada", clock())
        assert links_to(ada) == [clock()]
        registrations.confirm(ada.id, clock())
    assert due("optin").total() == 9


def test_who_confirms_later_gets_the_other_links_the_next_day(each_app: Flask, clock: Clock) -> None:
    people = [register(event, "Ada", clock()) for event in festival(clock, 5)]
    assert [links_to(person) for person in people] == [[START]] * 3 + [[START + DAY]] * 2
    # The reminder of who has no link yet would come before there was much time to answer.
    assert due("optin_again").total() == 3
    clock.advance(hours=2)
    for person in people[:3]:
        registrations.confirm(person.id, clock())
    assert links_to(register(make_event(clock(), title="One more"), "Ada", clock())) == [clock()]
    clock.advance(hours=23)
    registrations.confirm(people[3].id, clock())
    found = registrations.find(people[3].id)
    assert found is not None
    assert found.state is State.CONFIRMED


def test_a_mailbox_whose_owner_says_nothing_gets_three_a_day_however_often_it_is_typed(
    each_app: Flask, clock: Clock
) -> None:
    several = festival(clock, 60)
    for number in range(240):
        clock.advance(minutes=25)
        assert (
            registering.register(several[number % 60].id, request_for("Ada"), sender=f"{number}", now=clock())
            == OptInSent()
        )
    days = Counter[int]()
    for moment, mails in due("optin", "already").items():
        days[(moment - START - 25 * MINUTE) // DAY] += mails
    assert (max(days.values()), len(days)) == (3, 6), days


def test_registering_again_within_the_hour_brings_a_link_when_it_is_over(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    registrations.cancel(register(event, "Ada", clock()).id, clock())
    clock.advance(minutes=10)
    again = register(event, "Ada", clock())
    assert links_to(again) == [START + HOUR]
    # Sent once more it is the same link that waits.
    clock.advance(minutes=10)
    assert links_to(register(event, "Ada", clock())) == [START + HOUR]
    # The hour after that is theirs already.
    registrations.cancel(again.id, clock())
    assert links_to(register(event, "Ada", clock())) == []
    clock.set(START + HOUR)
    assert links_to(register(event, "Ada", clock())) == [clock() + HOUR]


def test_who_confirmed_and_gave_up_can_register_again_at_once(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = register(event, "Ada", clock())
    registrations.confirm(ada.id, clock())
    registrations.cancel(ada.id, clock())
    clock.advance(minutes=10)
    assert links_to(register(event, "Ada", clock())) == [clock()]


def test_who_is_registered_is_told_so_once_an_hour_and_not_later(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    registrations.confirm(register(event, "Ada", clock()).id, clock())
    for _ in range(4):
        clock.advance(minutes=10)
        registering.register(event.id, request_for("Ada"), sender="x", now=clock())
    assert due("already") == {START + 10 * MINUTE: 1}


@pytest.mark.parametrize(("before", "links"), [(61 * MINUTE, [1]), (60 * MINUTE, [])])
def test_no_link_leaves_when_it_cannot_be_used_any_more(
    each_app: Flask, clock: Clock, before: timedelta, links: list[int]
) -> None:
    event = make_event(clock())
    clock.set(STARTS_AT - before)
    registrations.cancel(register(event, "Ada", clock()).id, clock())
    assert links_to(register(event, "Ada", clock())) == [clock() + hours * HOUR for hours in links]


@pytest.mark.parametrize(("before", "links"), [(DAY + MINUTE, [1]), (DAY, [])])
def test_no_link_of_the_next_day_leaves_after_the_start(
    each_app: Flask, clock: Clock, before: timedelta, links: list[int]
) -> None:
    *others, last = festival(clock, 4)
    clock.set(STARTS_AT - before)
    for event in others:
        register(event, "Ada", clock())
    assert links_to(register(last, "Ada", clock())) == [clock() + days * DAY for days in links]
