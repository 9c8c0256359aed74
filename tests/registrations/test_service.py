"""Registering, confirming, waiting and cancelling on real databases."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from regservice.db import transaction
from regservice.outbox import service as outbox
from regservice.outbox import store as outbox_store
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations import registering, service, showing, waiting_list
from regservice.registrations.rules import OPT_IN_VALID
from regservice.registrations.types import (
    Confirmed,
    Full,
    KeyReused,
    NoPlaceLeft,
    OptInSent,
    TooLate,
    Waitlisted,
)
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to, make_event, register, request_for


def state_of(registration_id: int) -> State:
    found = service.find(registration_id)
    assert found is not None
    return found.state


def end_of_offer(registration_id: int) -> datetime:
    found = service.find(registration_id)
    assert found is not None
    assert (found.state, found.expires_at is None) == (State.OFFERED, False)
    return found.expires_at  # type: ignore[return-value]


def send(message: MessageFacts, now: datetime) -> None:
    """As the worker leaves a message that a relay took at this moment."""
    outbox_store.set_values(message.id, state=MessageState.SENT, sent_at=now)


def test_a_pending_registration_holds_no_seat(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    first = register(event, "Ada", clock())
    second = confirm(event, "Ben", clock())
    assert (first.state, second.state) == (State.PENDING, State.CONFIRMED)


def test_the_last_seat_goes_to_who_confirms_first(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    first, second = register(event, "Ada", clock()), register(event, "Ben", clock())
    assert isinstance(service.confirm(second.id, clock()), Confirmed)
    assert isinstance(service.confirm(first.id, clock()), Waitlisted)


def test_without_a_waiting_list_the_late_one_hears_how_many_were_first(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, waiting_list=False)
    first, second = register(event, "Ada", clock()), register(event, "Ben", clock())
    service.confirm(first.id, clock())
    assert service.confirm(second.id, clock()) == NoPlaceLeft(taken=1)
    refused = registering.register(event.id, request_for("Cem"), sender="x", now=clock())
    assert refused == Full(capacity=1)


def test_confirming_twice_changes_nothing(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    assert service.confirm(ada.id, clock()) == Confirmed(registration=ada, already=True)
    assert kinds_sent_to(ada) == [("optin", "skipped"), ("optin_again", "skipped"), ("confirmed", "waiting")]


def test_the_same_form_sent_twice_makes_one_registration_and_one_mail(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    for _ in range(2):
        answer = registering.register(event.id, request_for("Ada", request_key="form-1"), sender="x", now=clock())
        assert answer == OptInSent()
    [ada] = service.of_event(event.id, (State.PENDING,))
    assert kinds_sent_to(ada) == [("optin", "waiting"), ("optin_again", "waiting")]


def test_the_same_form_counts_as_a_new_request_once_the_first_was_cancelled(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    request = request_for("Ada", request_key="form-1")
    registering.register(event.id, request, sender="x", now=clock())
    [ada] = service.of_event(event.id, (State.PENDING,))
    service.cancel(ada.id, clock())
    clock.advance(hours=1)
    registering.register(event.id, request, sender="x", now=clock())
    assert [person.state for person in service.of_event(event.id, tuple(State))] == [State.CANCELLED, State.PENDING]


@pytest.mark.parametrize(("hours", "answer"), [(23.9, KeyReused()), (24, OptInSent())])
def test_a_key_is_remembered_for_a_day(each_app: Flask, clock: Clock, hours: float, answer: object) -> None:
    event = make_event(clock())
    registering.register(event.id, request_for("Ada", request_key="key-1"), sender="x", now=clock())
    clock.advance(hours=hours)
    assert registering.register(event.id, request_for("Ben", request_key="key-1"), sender="x", now=clock()) == answer


def test_an_address_is_registered_once_whatever_its_spelling(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock(), email="ada@example.org")
    clock.advance(hours=2)
    answer = registering.register(event.id, request_for("Ada", email="ADA+x@Example.ORG"), sender="x", now=clock())
    assert answer == OptInSent()
    assert len(service.of_event(event.id, tuple(State))) == 1


def test_a_freed_place_is_offered_to_the_next_and_held(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada = confirm(event, "Ada", clock())
    clock.advance(minutes=1)
    ben = confirm(event, "Ben", clock())
    clock.advance(minutes=1)
    cem = confirm(event, "Cem", clock())
    service.cancel(ada.id, clock())
    assert (state_of(ben.id), state_of(cem.id)) == (State.OFFERED, State.WAITLISTED)
    newcomer = confirm(event, "Dua", clock())
    assert newcomer.state is State.WAITLISTED
    assert isinstance(service.accept(ben.id, clock()), Confirmed)
    assert isinstance(service.accept(ben.id, clock()), Confirmed)


def test_an_offer_that_ends_goes_to_the_next_in_line(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada = confirm(event, "Ada", clock())
    ben, cem = confirm(event, "Ben", clock()), confirm(event, "Cem", clock())
    service.cancel(ada.id, clock())
    outbox.hold(clock())
    clock.set(end_of_offer(ben.id) - timedelta(seconds=1))
    assert waiting_list.expire_due(clock()) == 0
    clock.advance(seconds=1)
    assert waiting_list.expire_due(clock()) == 1
    assert (state_of(ben.id), state_of(cem.id)) == (State.WAITLISTED, State.OFFERED)
    assert isinstance(service.accept(ben.id, clock()), Waitlisted)


def test_an_offer_stays_without_another_mail_while_nobody_else_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    service.cancel(ada.id, clock())
    outbox.hold(clock())
    first_end = end_of_offer(ben.id)
    for _ in range(3):
        clock.set(end_of_offer(ben.id))
        assert waiting_list.expire_due(clock()) == 0
    # 24 hours of daytime are two days.
    assert end_of_offer(ben.id) == first_end + timedelta(days=6)
    assert [kind for kind, _ in kinds_sent_to(ben)] == ["optin", "optin_again", "waitlisted", "offer"]
    cem = confirm(event, "Cem", clock())
    clock.set(end_of_offer(ben.id))
    assert waiting_list.expire_due(clock()) == 1
    assert (state_of(ben.id), state_of(cem.id)) == (State.WAITLISTED, State.OFFERED)


def test_after_its_time_an_offer_can_be_taken_while_nobody_else_waits(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    service.cancel(ada.id, clock())
    outbox.hold(clock())
    clock.set(end_of_offer(ben.id) + timedelta(hours=1))
    assert isinstance(service.accept(ben.id, clock()), Confirmed)


def test_after_the_start_an_offer_is_over_and_refused(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    service.cancel(ada.id, clock())
    clock.set(STARTS_AT)
    assert service.accept(ben.id, clock()) == TooLate(why="started")
    waiting_list.expire_due(clock())
    assert state_of(ben.id) is State.EXPIRED


def test_the_time_of_an_offer_begins_when_its_mail_leaves(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada = confirm(event, "Ada", clock())
    ben, cem = confirm(event, "Ben", clock()), confirm(event, "Cem", clock())
    service.cancel(ada.id, clock())
    first_end = end_of_offer(ben.id)
    # The relay takes nothing for two days.
    clock.set(first_end)
    assert waiting_list.expire_due(clock()) == 0
    assert end_of_offer(ben.id) == first_end + timedelta(days=2)
    # It leaves an hour before the offer would end: the person still has its whole length.
    clock.advance(hours=47)
    [offer] = [message for message in outbox.ledger_for_registration(ben.id) if message.kind == "offer"]
    with transaction():
        send(offer, clock())
    clock.set(first_end + timedelta(days=2))
    assert waiting_list.expire_due(clock()) == 0
    assert end_of_offer(ben.id) == first_end + timedelta(hours=47) + timedelta(days=2)
    clock.set(end_of_offer(ben.id))
    assert waiting_list.expire_due(clock()) == 1
    assert (state_of(ben.id), state_of(cem.id)) == (State.WAITLISTED, State.OFFERED)


def test_an_unconfirmed_registration_expires_after_48_hours(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = register(event, "Ada", clock())
    clock.advance(hours=48, seconds=-1)
    assert waiting_list.expire_due(clock()) == 0
    clock.advance(seconds=1)
    assert service.confirm(ada.id, clock()) == TooLate(why="link_expired")
    assert waiting_list.expire_due(clock()) == 1
    assert state_of(ada.id) is State.EXPIRED


def test_cancelling_withdraws_what_was_not_sent(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    service.cancel(ada.id, clock())
    assert kinds_sent_to(ada)[-2:] == [("confirmed", "skipped"), ("cancelled", "waiting")]


def test_the_link_and_the_mails_of_a_deleted_person_never_become_another_s(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = register(event, "Ada", clock())
    link = service.personal_token(ada)
    assert service.withdraw(ada.id, clock())
    ben = register(event, "Ben", clock())
    assert showing.find_by_link(link) is None
    assert kinds_sent_to(ben) == [("optin", "waiting"), ("optin_again", "waiting")]


def test_who_comes_after_the_clock_was_set_back_waits_behind_who_came_before(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    confirm(event, "Ada", clock())
    first = confirm(event, "Ben", clock())
    clock.advance(hours=-1)
    second = confirm(event, "Cem", clock())
    assert (service.people_ahead(first), service.people_ahead(second)) == (0, 1)


def test_who_asks_again_has_as_long_to_confirm_as_from_then_also_without_another_mail(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    first = register(event, "Ada", clock())
    clock.advance(minutes=10)
    again = register(event, "Ada", clock())
    assert (again.id, kinds_sent_to(again)) == (first.id, [("optin", "waiting"), ("optin_again", "waiting")])
    assert again.expires_at == again.registered_at + OPT_IN_VALID == clock() + OPT_IN_VALID
