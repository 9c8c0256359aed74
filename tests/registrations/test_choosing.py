"""Who chooses which working group: first come, first served, one at a time, until noon of the day before."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.registrations import group_rules, in_sessions, session_places
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Full, SessionFull, SessionTaken, TooLate
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event, register
from tests.registrations.test_moving import again, at_once

# The event is on Friday the 20th in Berlin, where it is an hour later than in UTC.
NOON_BEFORE = datetime(2026, 11, 19, 11, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def group(title: str, capacity: int | None = 1, *, chosen: bool = True, **changes: object) -> SessionValues:
    values: dict[str, object] = {"title": title, "kind": SessionKind.GROUP, "for_everyone": False, "capacity": capacity}
    return SessionValues(**{**values, "people_choose": chosen, **changes})  # type: ignore[arg-type]


def event_with(clock: Clock, *parts: SessionValues, **changes: object) -> EventFacts:
    event = make_event(clock(), **{"capacity": None, **changes})  # type: ignore[arg-type]
    arranged = session_changes.arrange(event.id, [(None, part) for part in parts], by="test", now=clock())
    assert isinstance(arranged, EventFacts)
    return arranged


@pytest.mark.parametrize(
    ("now", "titles"),
    [
        (NOON_BEFORE - SECOND, ["Housing", "Work"]),
        (NOON_BEFORE, []),
        (STARTS_AT, []),
    ],
)
def test_until_when_and_between_what_people_choose(app: Flask, clock: Clock, now: datetime, titles: list[str]) -> None:
    watching = group("Library", kind=SessionKind.WATCH_TOGETHER)
    event = event_with(clock, group("Housing"), group("Assigned", chosen=False), group("Work"), watching)
    ada = confirm(event, "Ada", clock())
    assert [part.title for part in group_rules.groups_to_choose(event, ada, now)] == titles


def test_noon_is_that_of_the_clocks_also_in_the_night_when_they_change(app: Flask, clock: Clock) -> None:
    sunday = datetime(2027, 3, 28, 13, 0, tzinfo=UTC)
    event = event_with(clock, group("Housing"), starts_at=sunday, ends_at=sunday + timedelta(hours=2))
    assert group_rules.choice_ends_at(event) == datetime(2027, 3, 27, 11, 0, tzinfo=UTC)


def test_only_who_has_a_place_chooses(app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    pending = register(event, "Ada", clock())
    assert session_places.choose_group(pending.id, event.parts[0].id, clock()) == TooLate(why="choice_over")
    gone = confirm(event, "Ben", clock())
    registrations.cancel(gone.id, clock())
    assert session_places.choose_group(gone.id, event.parts[0].id, clock()) == TooLate(why="choice_over")
    assert in_sessions.people_in(event.id) == Counter()


def test_another_group_at_the_same_time_is_left_and_its_place_is_free(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    housing, work = (part.id for part in event.parts)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    assert session_places.choose_group(ada.id, housing, clock()) == SessionTaken(registration=again(ada))
    assert session_places.choose_group(ada.id, housing, clock()) == SessionTaken(registration=again(ada), already=True)
    assert session_places.choose_group(ben.id, housing, clock()) == SessionFull(capacity=1)
    session_places.choose_group(ada.id, work, clock())
    session_places.choose_group(ben.id, housing, clock())
    assert (again(ada).session_ids, again(ben).session_ids) == (frozenset({work}), frozenset({housing}))
    assert session_places.choose_group(ada.id, housing, clock()) == SessionFull(capacity=1)
    assert again(ada).session_ids == frozenset({work}), "who finds the other full keeps what they have"


def test_what_takes_place_at_another_time_or_was_assigned_is_kept(app: Flask, clock: Clock) -> None:
    middle = STARTS_AT + timedelta(hours=1)
    event = event_with(
        clock,
        group("First", starts_at=STARTS_AT, ends_at=middle),
        group("Second", starts_at=middle, ends_at=ENDS_AT),
        group("Assigned", chosen=False),
    )
    first, second, assigned = (part.id for part in event.parts)
    ada = confirm(event, "Ada", clock())
    session_places.choose(ada.id, assigned, by="test", now=clock())
    session_places.choose_group(ada.id, first, clock())
    session_places.choose_group(ada.id, second, clock())
    assert again(ada).session_ids == frozenset({first, second, assigned})
    assert session_places.choose_group(ada.id, assigned, clock()) == TooLate(why="choice_over")


def test_a_group_on_site_is_refused_when_no_seat_is_left_and_the_old_one_kept(app: Flask, clock: Clock) -> None:
    room = "https://room.example.org/dialogue"
    event = make_event(clock(), format=Format.HYBRID, join_url=room, capacity=1, digital_capacity=None)
    talk = SessionValues(title="Talk", kind=SessionKind.TALK, format=Format.HYBRID, join_url=room)
    far = group("Far", None, format=Format.DIGITAL, join_url=room)
    near = group("Near", None)
    arranged = session_changes.arrange(event.id, [(None, part) for part in (talk, far, near)], by="test", now=clock())
    assert isinstance(arranged, EventFacts)
    _, far_id, near_id = (part.id for part in arranged.parts)
    confirm(arranged, "Ada", clock(), attendance=Attendance.ONSITE)
    ben = confirm(arranged, "Ben", clock(), attendance=Attendance.DIGITAL)
    session_places.choose_group(ben.id, far_id, clock())
    before = again(ben)
    assert session_places.choose_group(ben.id, near_id, clock()) == Full(capacity=1)
    assert again(ben) == before


def test_many_who_choose_at_once_take_no_place_twice(each_app: Flask, clock: Clock) -> None:
    """Two leave one group while four without one want either: whichever comes first, no group holds three."""
    event = event_with(clock, group("Housing", 2), group("Work", 2))
    housing, work = (part.id for part in event.parts)
    people = [confirm(event, f"Person {number}", clock()) for number in range(6)]
    for person in people[:2]:
        session_places.choose_group(person.id, housing, clock())
    now = clock()
    at_once(
        each_app,
        *(lambda person=person: session_places.choose_group(person.id, work, now) for person in people[:4]),
        *(lambda person=person: session_places.choose_group(person.id, housing, now) for person in people[2:]),
    )
    numbers = in_sessions.people_in(events.get(event.id).id)
    assert numbers[work] <= 2
    assert numbers[housing] <= 2
    assert sum(numbers.values()) == sum(len(again(person).session_ids) for person in people)
    assert all(len(again(person).session_ids) <= 1 for person in people)


def test_of_many_who_want_one_group_at_once_as_many_get_it_as_it_has_places(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing", 2))
    people = [confirm(event, f"Person {number}", clock()) for number in range(6)]
    now = clock()
    at_once(
        each_app,
        *(lambda person=person: session_places.choose_group(person.id, event.parts[0].id, now) for person in people),
    )
    assert in_sessions.people_in(events.get(event.id).id)[event.parts[0].id] == 2
    assert sum(bool(again(person).session_ids) for person in people) == 2
