"""A working group wished for with the registration: theirs with the place at the event, while it has room."""

from datetime import datetime, timedelta

import pytest
from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.events import sessions
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.registrations import desk, group_rules, in_sessions, moving, registering, session_places
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    NoSuchSession,
    NotOfferedToThem,
    RegistrationFacts,
    RegistrationState,
    SessionFull,
    TooLate,
    Wish,
)
from tests.conftest import Clock
from tests.factories import confirm, register, request_for
from tests.registrations.test_choosing import NOON_BEFORE, event_with, group
from tests.registrations.test_moving import again, at_once

ROOM = "https://room.example.org/dialogue"
SECOND = timedelta(seconds=1)
OVER = TooLate(why="choice_over")


def stands(person: RegistrationFacts) -> tuple[str, list[int], int | None]:
    """How it went: the state, the groups that the person is in, and the one that they only wish for."""
    found = again(person)
    return found.state.value, sorted(found.session_ids), found.group_wish


def mixed(clock: Clock, talk: Format, **changes: object) -> tuple[EventFacts, int, int]:
    """A talk in some form, a group on site and a digital one."""
    parts = [
        SessionValues(title="Talk", kind=SessionKind.TALK, format=talk, join_url=ROOM),
        group("Near", 5),
        group("Far", 5, format=Format.DIGITAL, join_url=ROOM),
    ]
    event = event_with(clock, *parts, format=talk, join_url=ROOM, **changes)
    _, near, far = (part.id for part in event.parts)
    return event, near, far


@pytest.mark.parametrize(
    ("talk", "wish", "near", "far"),
    [
        # Who comes can join a digital group from there, as when they choose it on their page.
        (Format.HYBRID, Wish.ONSITE, None, None),
        (Format.HYBRID, Wish.DIGITAL, NotOfferedToThem(), None),
        (Format.HYBRID, Wish.EITHER, None, None),
        # Who is not asked how they take part does not decide it by a group either.
        (Format.ONSITE, Wish.ONSITE, None, None),
        (Format.DIGITAL, Wish.DIGITAL, NoSuchSession(), None),
    ],
)
def test_only_a_group_that_suits_how_a_person_takes_part(
    app: Flask, clock: Clock, talk: Format, wish: Wish, near: object, far: object
) -> None:
    event, near_id, far_id = mixed(clock, talk)
    assert group_rules.wish_refusal(event, near_id, wish, clock()) == near
    assert group_rules.wish_refusal(event, far_id, wish, clock()) == far


@pytest.mark.parametrize(
    ("title", "now", "answer"),
    [
        ("Housing", NOON_BEFORE - SECOND, None),
        ("Housing", NOON_BEFORE, OVER),
        ("Assigned", NOON_BEFORE - SECOND, NoSuchSession()),
        ("Library", NOON_BEFORE - SECOND, NoSuchSession()),
        ("Talk", NOON_BEFORE - SECOND, NoSuchSession()),
        ("of another event", NOON_BEFORE - SECOND, NoSuchSession()),
        ("none", NOON_BEFORE, None),
    ],
)
def test_what_can_be_wished_for(app: Flask, clock: Clock, title: str, now: datetime, answer: object) -> None:
    other = event_with(clock, group("of another event"), title="Another evening")
    event = event_with(
        clock,
        SessionValues(title="Talk", kind=SessionKind.TALK),
        group("Housing"),
        group("Assigned", chosen=False),
        group("Library", kind=SessionKind.WATCH_TOGETHER),
    )
    ids = {part.title: part.id for part in (*event.parts, *other.parts)}
    assert group_rules.wish_refusal(event, ids.get(title), Wish.ONSITE, now) == answer


def test_what_cannot_be_wished_for_makes_no_registration(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Assigned", chosen=False))
    housing, assigned = (part.id for part in event.parts)
    confirm(event, "Ada", clock(), group=housing)
    for wanted, refusal in ((housing, SessionFull(capacity=1)), (assigned, NoSuchSession()), (0, NoSuchSession())):
        answer = registering.register(event.id, request_for("Ben", group=wanted), sender="x", now=clock())
        assert answer == refusal
    assert len(registrations.of_event(event.id, tuple(RegistrationState))) == 1


def test_a_wish_holds_no_place_and_the_first_to_confirm_gets_it(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    housing = event.parts[0].id
    ada, ben = (register(event, name, clock(), group=housing) for name in ("Ada", "Ben"))
    assert in_sessions.people_in(event.id) == {}
    for person in (ben, ada):
        registrations.confirm(person.id, clock())
    assert (stands(ben), stands(ada)) == (("confirmed", [housing], None), ("confirmed", [], housing))


def test_of_many_who_confirm_at_once_as_many_are_in_the_group_as_it_has_places(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing", 2))
    housing, now = event.parts[0].id, clock()
    people = [register(event, f"Person {number}", now, group=housing) for number in range(6)]
    at_once(each_app, *(lambda person=person: registrations.confirm(person.id, now) for person in people))
    found = [stands(person) for person in people]
    assert {state for state, _, _ in found} == {"confirmed"}
    assert sorted(own for _, own, _ in found) == [[]] * 4 + [[housing]] * 2
    assert all((wish is None) == bool(own) for _, own, wish in found)


def test_who_confirms_and_who_chooses_at_once_never_both_get_the_last_place(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    housing, now = event.parts[0].id, clock()
    ada, ben = register(event, "Ada", now, group=housing), confirm(event, "Ben", now)
    at_once(
        each_app,
        lambda: registrations.confirm(ada.id, now),
        lambda: session_places.choose_group(ben.id, housing, now),
    )
    assert sorted([stands(ada)[1], stands(ben)[1]]) == [[], [housing]]
    assert (stands(ada)[0], stands(ben)[0]) == ("confirmed", "confirmed")


def test_the_newest_of_two_forms_says_the_wish(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    register(event, "Ada", clock(), group=event.parts[0].id)
    clock.advance(hours=2)
    ada = register(event, "Ada", clock(), group=event.parts[1].id)
    registrations.confirm(ada.id, clock())
    assert stands(ada) == ("confirmed", [event.parts[1].id], None)


@pytest.mark.parametrize("others_first", [False, True])
def test_who_waits_is_in_the_group_when_they_accept_a_place(each_app: Flask, clock: Clock, others_first: bool) -> None:
    event = event_with(clock, group("Housing"), capacity=2)
    housing = event.parts[0].id
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    cem = confirm(event, "Cem", clock(), group=housing)
    assert stands(cem) == ("waitlisted", [], housing)
    if others_first:
        session_places.choose_group(ben.id, housing, clock())
    registrations.cancel(ada.id, clock())
    assert stands(cem) == ("offered", [], housing)
    registrations.accept(cem.id, clock())
    assert stands(cem) == ("confirmed", [], housing) if others_first else ("confirmed", [housing], None)


def test_moved_up_by_staff_brings_the_group_as_well(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), capacity=1)
    housing = event.parts[0].id
    confirm(event, "Ada", clock())
    ben = confirm(event, "Ben", clock(), group=housing)
    registrations.cancel(registrations.of_event(event.id, (RegistrationState.CONFIRMED,))[0].id, clock())
    desk.move_up(ben.id, reason="Speaks", by="test", now=clock())
    assert stands(ben) == ("confirmed", [housing], None)


def test_after_noon_of_the_day_before_the_place_is_given_and_the_group_is_not(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    clock.set(NOON_BEFORE - timedelta(hours=1))
    ada = register(event, "Ada", clock(), group=event.parts[0].id)
    registrations.confirm(ada.id, NOON_BEFORE)
    assert stands(ada) == ("confirmed", [], event.parts[0].id)


def test_whom_both_ways_suit_is_in_a_group_on_site_only_with_a_seat_there(app: Flask, clock: Clock) -> None:
    event, near, _ = mixed(clock, Format.HYBRID, capacity=1)
    ada, ben = (register(event, name, clock(), attendance=Wish.EITHER, group=near) for name in ("Ada", "Ben"))
    for person in (ada, ben):
        registrations.confirm(person.id, clock())
    assert (again(ada).attendance, stands(ada)) == (Attendance.ONSITE, ("confirmed", [near], None))
    assert (again(ben).attendance, stands(ben)) == (Attendance.DIGITAL, ("confirmed", [], near))


def test_who_goes_over_before_they_confirm_is_not_put_where_they_cannot_be(app: Flask, clock: Clock) -> None:
    event, near, _ = mixed(clock, Format.HYBRID)
    ada = register(event, "Ada", clock(), attendance=Wish.ONSITE, group=near)
    moving.move(ada.id, Attendance.DIGITAL, by="person", now=clock())
    registrations.confirm(ada.id, clock())
    assert stands(ada) == ("confirmed", [], near)


def test_what_is_chosen_or_assigned_later_takes_the_place_of_the_wish(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work"), group("Assigned", chosen=False))
    housing, work, assigned = (part.id for part in event.parts)
    ada, ben = register(event, "Ada", clock(), group=housing), register(event, "Ben", clock(), group=housing)
    confirm(event, "Cem", clock(), group=housing)
    registrations.confirm(ada.id, clock())
    session_places.choose_group(ada.id, work, clock())
    assert stands(ada) == ("confirmed", [work], None)
    session_places.choose(ben.id, assigned, by="test", now=clock())
    registrations.confirm(ben.id, clock())
    assert stands(ben) == ("confirmed", [assigned], None)


def test_who_was_put_into_the_group_that_they_wish_for_later_can_confirm(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing", 5))
    housing = event.parts[0].id
    ada = register(event, "Ada", clock())
    session_places.choose(ada.id, housing, by="test", now=clock())
    clock.advance(hours=2)
    register(event, "Ada", clock(), group=housing)
    registrations.confirm(ada.id, clock())
    assert stands(ada) == ("confirmed", [housing], None)


def test_a_group_that_is_gone_is_wished_for_no_more_and_no_new_one_inherits_it(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Work"), group("Housing"))
    ada = register(event, "Ada", clock(), group=event.parts[1].id)
    kept = [(event.parts[0].id, sessions.values_of(event.parts[0]))]
    session_changes.arrange(event.id, kept, by="test", now=clock())
    # SQLite gives the number of what was removed last to the next one.
    session_changes.arrange(event.id, [*kept, (None, group("Sport"))], by="test", now=clock())
    registrations.confirm(ada.id, clock())
    assert stands(ada) == ("confirmed", [], None)


def test_who_takes_a_cancellation_back_gets_the_group_that_they_missed_before(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    housing = event.parts[0].id
    ada = register(event, "Ada", clock(), group=housing)
    ben = confirm(event, "Ben", clock(), group=housing)
    registrations.confirm(ada.id, clock())
    registrations.cancel(ada.id, clock())
    session_places.leave(ben.id, housing, by="test", now=clock())
    registrations.undo_cancel(ada.id, clock())
    assert stands(ada) == ("confirmed", [housing], None)
