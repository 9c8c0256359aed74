"""Who went into the digital room: noted when a person presses the button, never when something opens their link."""

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.db import db
from regservice.events import opening
from regservice.events.types import EventFacts, Format
from regservice.registrations import attendee_list, joining
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from tests.adapters.rooms.servers import RoomServer
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.forms import fill_in, forms_in
from tests.web.test_personal import link
from tests.web.test_rooms_of_parts import HOUSING_ROOM, TALK_ROOM, put_into
from tests.web.test_rooms_of_parts import event as parted

__all__ = ["parted"]
ROOM = "https://room.example.org/x"
OPENS = STARTS_AT - timedelta(minutes=30)


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    return make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None)


def joined_at(person: RegistrationFacts) -> datetime | None:
    db.session.rollback()
    found = registrations.find(person.id)
    assert found is not None
    return found.joined_at


def press(client: FlaskClient, page: str, button: int = 0) -> str:
    return fill_in(client, page, {}, form=button).headers.get("Location", "")


def test_the_button_on_the_own_page_notes_the_first_click(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    clock.set(OPENS)
    assert (press(client, link(ada)), joined_at(ada)) == (ROOM, OPENS)
    clock.advance(minutes=50)
    assert (press(client, link(ada)), joined_at(ada), joined_at(ben)) == (ROOM, OPENS, None)


def test_following_the_link_leads_into_the_room_and_notes_nothing(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = confirm(event, "Ada", clock())
    clock.set(OPENS)
    for ask in (client.get, client.head):
        assert ask(link(ada) + "/join").headers["Location"] == ROOM
    assert joined_at(ada) is None


def test_who_may_not_enter_has_not_joined(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada = confirm(event, "Ada", clock())
    clock.set(OPENS)
    [_, button] = forms_in(client.get(link(ada)).text)[0]
    clock.set(OPENS - timedelta(seconds=1))
    assert (client.post(link(ada) + "/join", data=button).status_code, joined_at(ada)) == (409, None)
    clock.set(OPENS)
    registrations.cancel(ada.id, clock())
    assert (client.post(link(ada) + "/join", data=button).status_code, joined_at(ada)) == (409, None)


def test_a_room_that_cannot_be_made_is_not_joined(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    made = make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None)
    ada = confirm(opening.choose_system(made.id, "bigbluebutton", by="test", now=clock()), "Ada", clock())
    clock.set(OPENS)
    bbb.instead = (500, b"")
    assert (press(client, link(ada)), joined_at(ada)) == ("", None)
    bbb.instead = None
    assert (press(client, link(ada)).startswith(bbb.url), joined_at(ada)) == (True, OPENS)


def test_a_part_of_ones_own_is_joined_by_its_button(client: FlaskClient, parted: EventFacts, clock: Clock) -> None:
    ada = put_into(parted, "Ada", 1, clock)
    clock.set(STARTS_AT)
    # The part that is on, then each of their own.
    assert [press(client, link(ada), number) for number in range(3)] == [TALK_ROOM, TALK_ROOM, HOUSING_ROOM]
    assert joined_at(ada) == STARTS_AT
    [_, button] = forms_in(client.get(link(ada)).text)[0]
    assert client.post(f"{link(ada)}/join/{parted.parts[2].id}", data=button).status_code == 409


def test_of_two_clicks_at_once_the_first_stays(each_app: Flask, clock: Clock) -> None:
    ada = confirm(make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None), "Ada", clock())
    joining.note(ada, OPENS)
    # The second one was read before the first was written.
    joining.note(replace(ada, joined_at=None), OPENS + timedelta(seconds=1))
    assert joined_at(ada) == OPENS


def test_list_and_export_say_when(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None)
    ada = confirm(event, "Ada", clock())
    confirm(event, "Ben", clock())
    joining.note(ada, OPENS)
    heading, *lines = attendee_list.table(event)
    at = heading.index("joined_at")
    local = OPENS.astimezone(ZoneInfo(event.timezone))
    assert [line[at] for line in lines] == [f"{local:%Y-%m-%d %H:%M}", ""]
