"""A made room is closed at its system once nobody needs it: after the commit, and again until it answers."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.audit import service as audit
from regservice.changes import service as changes
from regservice.changes import sessions as session_changes
from regservice.config import current_settings
from regservice.db import db, session
from regservice.events import closing, opening
from regservice.events import service as events
from regservice.events.models import RoomToClose
from regservice.events.rooms import Room, RoomSystem, Visitor
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.formats.types import Switched
from tests.adapters.rooms.servers import PASSWORD, SECRET, USER, RoomServer, big_blue_button, nextcloud, room_server
from tests.conftest import START, Clock
from tests.factories import ENDS_AT, confirm, make_event

ADA = Visitor(name="Ada")
SECOND = timedelta(seconds=1)
GONE = Room(title="", closes_at=START, name="gone", reference="gone")


@pytest.fixture(params=["bigbluebutton", "nextcloud_talk"])
def system(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def server(system: str) -> Iterator[RoomServer]:
    with room_server({"bigbluebutton": big_blue_button, "nextcloud_talk": nextcloud}[system]) as running:
        yield running


@pytest.fixture
def systems(system: str, server: RoomServer) -> dict[str, RoomSystem]:
    both: dict[str, RoomSystem] = {
        "bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET, timeout_s=1),
        "nextcloud_talk": NextcloudTalk(base_url=server.url, user=USER, password=PASSWORD, timeout_s=1),
    }
    return {system: both[system]}


def with_a_made_room(system: str, systems: dict[str, RoomSystem], clock: Clock) -> EventFacts:
    """An event on site that a switch made digital, and whose room somebody has entered."""
    event = make_event(clock(), capacity=5)
    opening.choose_system(event.id, system, by="test", now=clock())
    confirm(event, "Ada", clock())
    switch(event, Format.DIGITAL, clock)
    enter(event, systems, clock)
    return events.get(event.id)


def switch(event: EventFacts, to: Format, clock: Clock) -> None:
    answer = formats.switch(event.id, to, reason="The storm is over", join_url=None, by="test", now=clock())
    assert isinstance(answer, Switched), answer


def enter(event: EventFacts, systems: dict[str, RoomSystem], clock: Clock) -> str:
    return opening.enter(event.id, ADA, systems, current_settings().secret_key, clock())


def waiting() -> int:
    session().rollback()
    return session().query(RoomToClose).count()


def verbs(event: EventFacts) -> list[str]:
    return [entry.verb for entry in audit.history(f"event:{event.id}") if entry.verb.startswith("event.room_")]


def test_going_back_closes_the_made_room(
    each_app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    calls = len(server.calls)
    formats.preview(event.id, Format.ONSITE, reason="x", join_url=None, now=clock())
    assert (waiting(), events.get(event.id).room_reference) == (0, event.room_reference), "looking closes nothing"
    switch(event, Format.ONSITE, clock)
    # The switch itself asks nobody: the system may be away.
    assert (len(server.calls), list(server.rooms), waiting()) == (calls, [event.room_reference], 1)
    assert events.get(event.id).room_reference == ""
    assert (closing.close_due(systems, clock()), server.rooms, waiting()) == (1, {}, 0)
    assert verbs(event)[0] == "event.room_closed"
    assert (closing.close_due(systems, clock()), len(server.calls)) == (0, calls + 1)


def test_a_room_made_later_is_another_one(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    switch(event, Format.ONSITE, clock)
    closing.close_due(systems, clock())
    switch(event, Format.DIGITAL, clock)
    enter(event, systems, clock)
    assert (len(server.rooms), event.room_reference in server.rooms) == (1, False)


def test_a_system_that_is_away_is_asked_again_and_the_switch_does_not_wait(
    each_app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    server.instead = (500, b"")
    switch(event, Format.ONSITE, clock)
    calls = len(server.calls)
    for minutes in (0, 1, 5, 15, 60, 60):
        clock.advance(minutes=minutes)
        closing.close_due(systems, clock() - timedelta(seconds=1))
        assert closing.close_due(systems, clock()) == 0
        calls += 1
        assert len(server.calls) == calls, f"asked once, {minutes} minutes later"
    server.instead = None
    clock.advance(minutes=60)
    assert (closing.close_due(systems, clock()), server.rooms, waiting()) == (1, {}, 0)


def test_after_a_day_it_is_given_up_and_the_trail_says_so(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    switch(event, Format.ONSITE, clock)
    # The system was taken out of the settings meanwhile.
    for hours in (0, 23):
        clock.advance(hours=hours)
        assert (closing.close_due({}, clock()), waiting()) == (0, 1)
    clock.advance(hours=1)
    assert (closing.close_due({}, clock()), waiting(), verbs(event)[0]) == (0, 0, "event.room_not_closed")


def test_as_long_as_something_is_digital_the_room_stays(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    switch(event, Format.HYBRID, clock)
    assert (closing.close_due(systems, clock()), list(server.rooms)) == (0, [event.room_reference])
    assert events.get(event.id).room_reference == event.room_reference


def test_a_room_of_another_system_is_closed_as_well(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    opening.choose_system(event.id, "link", by="test", now=clock())
    assert (closing.close_due(systems, clock()), server.rooms) == (1, {})


def test_a_room_that_is_gone_already_is_closed(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    systems[system].close(GONE)
    assert len(server.calls) == 1


def test_a_click_that_overlaps_with_going_back_leaves_no_room(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = make_event(clock(), capacity=5)
    opening.choose_system(event.id, system, by="test", now=clock())
    switch(event, Format.DIGITAL, clock)

    def back() -> None:
        server.after_making = lambda: None
        with app.app_context():
            switch(event, Format.ONSITE, clock)
            db.session.remove()

    server.after_making = back
    with pytest.raises(opening.RoomTrouble):
        enter(event, systems, clock)
    assert (server.rooms, events.get(event.id).room_reference) == ({}, "")


def test_hours_after_an_event_as_planned_its_room_is_closed(
    each_app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    clock.set(ENDS_AT + timedelta(hours=6) - SECOND)
    assert (closing.give_up_over(clock()), closing.close_due(systems, clock()), len(server.rooms)) == (0, 0, 1)
    clock.advance(seconds=1)
    assert (closing.give_up_over(clock()), closing.close_due(systems, clock()), server.rooms) == (1, 1, {})
    assert (events.get(event.id).room_reference, verbs(event)[0]) == ("", "event.room_closed")
    assert closing.give_up_over(clock()) == 0


def test_the_room_of_a_group_is_closed_with_the_others(
    app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = make_event(clock(), capacity=5)
    opening.choose_system(event.id, system, by="test", now=clock())
    group = SessionValues(title="Group", kind=SessionKind.GROUP, format=Format.DIGITAL, for_everyone=False)
    arranged = session_changes.arrange(event.id, [(None, group)], by="test", now=clock())
    assert isinstance(arranged, EventFacts)
    opening.enter(event.id, ADA, systems, current_settings().secret_key, clock(), group_id=arranged.parts[0].id)
    assert (events.get(event.id).room_reference, len(server.rooms)) == ("", 1)
    clock.set(ENDS_AT + timedelta(hours=6))
    assert (closing.give_up_over(clock()), closing.close_due(systems, clock()), server.rooms) == (1, 1, {})


def test_an_end_that_was_moved_keeps_the_room(
    each_app: Flask, system: str, server: RoomServer, systems: dict[str, RoomSystem], clock: Clock
) -> None:
    event = with_a_made_room(system, systems, clock)
    clock.set(ENDS_AT - timedelta(minutes=5))
    later = replace(events.values_of(event), ends_at=ENDS_AT + timedelta(days=1))
    assert isinstance(changes.edit(event.id, later, by="test", now=clock()), EventFacts)
    clock.set(ENDS_AT + timedelta(hours=29))
    assert (closing.give_up_over(clock()), len(server.rooms)) == (0, 1)
    assert not closing.give_up_if_over(event.id, clock()), "also where it was found to be over before the edit"
    clock.advance(hours=1)
    assert (closing.give_up_over(clock()), closing.close_due(systems, clock()), server.rooms) == (1, 1, {})
