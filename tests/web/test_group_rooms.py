"""Each working group has a made room of its own: people are led to theirs, hosts to every one, and all are closed."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.changes import sessions as session_changes
from regservice.config import current_settings
from regservice.db import db
from regservice.events import closing, opening, sessions
from regservice.events import service as events
from regservice.events.rooms import RoomTrouble, Visitor, room_name
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues, Speaker
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import speaker_links
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import (
    PASSWORD,
    SECRET,
    USER,
    RoomServer,
    big_blue_button,
    enter,
    nextcloud,
    room_server,
)
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, make_event
from tests.forms import fill_in, forms_in
from tests.web.test_personal import link
from tests.web.test_rooms_of_parts import put_into

IRIS = Speaker(name="Iris Impuls", email="iris@example.org")
MIDDLE = STARTS_AT + timedelta(hours=1)


def part(title: str, starts_at: datetime | None, ends_at: datetime | None, **changes: Any) -> SessionValues:
    given = {"kind": SessionKind.GROUP, "format": Format.DIGITAL, "for_everyone": False} | changes
    return SessionValues(title=title, starts_at=starts_at, ends_at=ends_at, **given)


def with_groups(clock: Clock, system: str = "bigbluebutton", timed: bool = True) -> EventFacts:
    """A talk for everyone, then two groups at the same time."""
    made = make_event(
        clock(), format=Format.DIGITAL, join_url="https://x.example.org/y", digital_capacity=None, speakers=(IRIS,)
    )
    opening.choose_system(made.id, system, by="test", now=clock())
    first, then = ((STARTS_AT, MIDDLE), (MIDDLE, ENDS_AT)) if timed else ((None, None), (None, None))
    parts = (
        part("Talk", *first, kind=SessionKind.TALK, for_everyone=True),
        part("Housing", *then),
        part("Work", *then),
    )
    arranged = session_changes.arrange(made.id, [(None, values) for values in parts], by="test", now=clock())
    assert isinstance(arranged, EventFacts)
    return arranged


def go(client: FlaskClient, page: str) -> None:
    """Press the first button of the page and enter where it leads."""
    assert enter(fill_in(client, page, {}).headers["Location"])[0] == 302


def titles(server: RoomServer) -> dict[str, str]:
    """What each room is called, by its name."""
    return {name: room["name"] for name, room in server.rooms.items()}


def where(server: RoomServer) -> list[tuple[str, str, bool]]:
    """Who entered which room, and whether as host, in order."""
    called = titles(server)
    return [(one.name, called[one.room].rpartition(": ")[2], one.host) for one in server.entered]


def test_everybody_is_in_one_room_until_the_groups_begin_and_then_in_their_own(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    event = with_groups(clock)
    ada, ben = put_into(event, "Ada", 1, clock), put_into(event, "Ben", 2, clock)
    for now in (STARTS_AT, MIDDLE - timedelta(seconds=1), MIDDLE):
        clock.set(now)
        go(client, link(ada))
        go(client, link(ben) + "/join")
    together = [("Ada", event.title, False), ("Ben", event.title, False)]
    assert where(bbb) == [*together, *together, ("Ada", "Housing", False), ("Ben", "Work", False)]
    assert sorted(titles(bbb).values()) == [event.title, f"{event.title}: Housing", f"{event.title}: Work"]


def test_people_choose_among_their_own_rooms_and_enter_no_other(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    event = with_groups(clock)
    talk, housing, work = (part.id for part in event.parts)
    ada = put_into(event, "Ada", 1, clock)
    clock.set(MIDDLE)
    forms = forms_in(client.get(link(ada)).text)
    assert [action.rpartition("/r/")[2].partition("/")[2] for action, _ in forms[:3]] == [
        "join",
        f"join/{talk}",
        f"join/{housing}",
    ]
    for number in (1, 2):
        assert enter(fill_in(client, link(ada), {}, form=number).headers["Location"])[0] == 302
    assert [room for _, room, _ in where(bbb)] == [event.title, "Housing"]
    assert client.post(f"{link(ada)}/join/{work}", data=forms[0][1]).status_code == 409
    assert client.get(f"{link(ada)}/join/{housing}").status_code == 200, "looking makes no room"
    assert len(bbb.rooms) == 2


def test_without_times_the_link_leads_to_the_room_of_the_event_and_the_group_is_chosen(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    ada = put_into(with_groups(clock, timed=False), "Ada", 1, clock)
    clock.set(STARTS_AT)
    go(client, link(ada))
    assert enter(fill_in(client, link(ada), {}, form=2).headers["Location"])[0] == 302
    assert [room for _, room, _ in where(bbb)] == ["Dialogue evening", "Housing"]


def test_who_speaks_enters_every_group_as_host(client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock) -> None:
    event = with_groups(clock)
    way = "/speak/" + speaker_links.link_of(event.id, IRIS).rpartition("/")[2]
    clock.set(STARTS_AT)
    for number in range(3):
        assert enter(fill_in(client, way, {}, form=number).headers["Location"])[0] == 302
    assert where(bbb) == [("Iris Impuls", room, True) for room in (event.title, "Housing", "Work")]
    [(_, button), *_] = forms_in(client.get(way).text)
    assert client.post(f"{way}/{event.parts[0].id}", data=button).status_code == 503, "a talk has no room of its own"


def test_jitsi_leads_to_the_group_without_a_button(
    client: FlaskClient, app: Flask, jitsi_rooms: RoomServer, clock: Clock
) -> None:
    event = with_groups(clock, "jitsi")
    ada = put_into(event, "Ada", 1, clock)
    clock.set(MIDDLE)
    assert enter(client.get(link(ada) + "/join").headers["Location"])[0] == 200
    event = events.get(event.id)
    own = room_name(current_settings().secret_key, event.id, event.room_generation, event.parts[1].id)
    assert [one.room for one in jitsi_rooms.entered] == [own]


def all_made(event: EventFacts, wiring: Wiring, clock: Clock) -> EventFacts:
    """Somebody has entered the room of the event and of each group."""
    key = current_settings().secret_key
    for group_id in (None, event.parts[1].id, event.parts[2].id):
        opening.enter(event.id, Visitor(name="Ada"), wiring.rooms, key, clock(), group_id=group_id)
    return events.get(event.id)


@pytest.mark.parametrize("system", ["bigbluebutton", "nextcloud_talk"])
def test_all_of_them_are_closed_when_nobody_needs_them(
    each_app: Flask, wiring: Wiring, clock: Clock, system: str
) -> None:
    with room_server({"bigbluebutton": big_blue_button, "nextcloud_talk": nextcloud}[system]) as server:
        wiring.rooms = {
            "bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET),
            "nextcloud_talk": NextcloudTalk(base_url=server.url, user=USER, password=PASSWORD),
        }
        event = all_made(with_groups(clock, system), wiring, clock)
        references = [event.room_reference, *(part.room_reference for part in event.parts[1:])]
        assert (len(server.rooms), set(server.rooms)) == (3, set(references))
        # A group that is given up, and one that meets on site.
        kept = [(part.id, sessions.values_of(part)) for part in event.parts[:2]]
        session_changes.arrange(event.id, kept, by="test", now=clock())
        assert (closing.close_due(wiring.rooms, clock()), set(server.rooms)) == (1, set(references[:2]))
        switched = formats.switch(
            event.id, {event.parts[1].id: Format.ONSITE}, reason="x", join_url=None, by="test", now=clock()
        )
        assert isinstance(switched, Switched)
        assert (closing.close_due(wiring.rooms, clock()), set(server.rooms)) == (1, set(references[:1]))
        opening.choose_system(event.id, "link", by="test", now=clock())
        assert (closing.close_due(wiring.rooms, clock()), server.rooms) == (1, {})


def test_a_group_that_is_gone_at_the_click_has_no_room(
    app: Flask, wiring: Wiring, bbb: RoomServer, clock: Clock
) -> None:
    event = with_groups(clock)
    gone = event.parts[2].id
    kept = [(part.id, sessions.values_of(part)) for part in event.parts[:2]]

    def remove() -> None:
        with app.app_context():
            session_changes.arrange(event.id, kept, by="test", now=clock())
            db.session.remove()

    bbb.after_making = remove
    key = current_settings().secret_key
    with pytest.raises(RoomTrouble):
        opening.enter(event.id, Visitor(name="Ada"), wiring.rooms, key, clock(), group_id=gone)
    assert bbb.rooms == {}
