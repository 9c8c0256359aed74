"""Who speaks or moderates is host in the digital room, by a link of their own; a participant never is."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.changes import service as changes
from regservice.events import opening, people, rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts, Speaker
from regservice.formats import service as formats
from regservice.notices import service as notices
from regservice.notices import speaker_links
from regservice.outbox import service as outbox
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import APP_ID, SECRET, RoomServer, big_blue_button, enter, jitsi, room_server
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event
from tests.facts import event_facts
from tests.forms import fill_in, forms_in
from tests.web.test_personal import link

IRIS = Speaker(name="Iris Impuls", role="Dean", email="iris@example.org")
MORITZ = Speaker(name="Moritz Leitung", email="moritz@example.org", moderates=True)
OPENS = STARTS_AT - rules.SPEAKERS_EARLIER
SECOND = timedelta(seconds=1)
ROOM = "https://room.example.org/x"


@pytest.fixture(params=["bigbluebutton", "jitsi"])
def rooms(request: pytest.FixtureRequest, wiring: Wiring, clock: Clock) -> Iterator[RoomServer]:
    """A server of each system that knows hosts."""
    answer = {"bigbluebutton": big_blue_button, "jitsi": jitsi}[request.param]
    with room_server(answer) as server:
        server.now = lambda: clock().timestamp()
        wiring.rooms = {
            "bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET, timeout_s=1),
            "jitsi": Jitsi(base_url=server.url, app_id=APP_ID, secret=SECRET),
        }
        yield server


def spoken_at(clock: Clock, system: str = "link", **changes: Any) -> EventFacts:
    given = {"format": Format.DIGITAL, "join_url": ROOM, "speakers": (IRIS, MORITZ), "digital_capacity": None} | changes
    event = make_event(clock(), **given)
    return opening.choose_system(event.id, system, by="test", now=clock())


def way_of(event: EventFacts, speaker: Speaker) -> str:
    """The address below this service."""
    return "/speak/" + speaker_links.link_of(event.id, speaker).rpartition("/")[2]


def test_who_speaks_is_host_and_participants_are_not(
    request: pytest.FixtureRequest, client: FlaskClient, app: Flask, rooms: RoomServer, clock: Clock
) -> None:
    system = request.node.callspec.params["rooms"]
    event = spoken_at(clock, system)
    ada, moritz = confirm(event, "Ada", clock()), confirm(event, "Moritz", clock())
    clock.set(STARTS_AT)
    ways = [fill_in(client, way_of(event, IRIS), {}).headers["Location"]]
    for person in (ada, moritz):
        page = link(person) + "/join"
        answer = client.get(page) if system == "jitsi" else fill_in(client, page, {})
        ways.append(answer.headers["Location"])
    assert [enter(way)[0] for way in ways] == [200 if system == "jitsi" else 302] * 3
    # Who moderates and has a registration as well is host by either link.
    assert [(one.name, one.host) for one in rooms.entered] == [
        ("Iris Impuls", True),
        ("Ada", False),
        ("Moritz", True),
    ]
    assert len({one.room for one in rooms.entered}) == 1


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (OPENS - SECOND, 409),
        (OPENS, 303),
        (ENDS_AT - SECOND, 303),
        (ENDS_AT, 409),
    ],
)
def test_they_enter_from_an_hour_before_until_the_end(
    client: FlaskClient, app: Flask, clock: Clock, now: Any, status: int
) -> None:
    way = way_of(spoken_at(clock), IRIS)
    clock.set(OPENS)
    [(_, button)] = forms_in(client.get(way).text)
    clock.set(now)
    page = client.get(way)
    assert (page.status_code, ROOM in page.text, bool(forms_in(page.text))) == (200, False, status == 303)
    answer = client.post(way, data=button)
    assert (answer.status_code, answer.headers.get("Location")) == (status, ROOM if status == 303 else None)


def whole(format: Format, join_url: str = "") -> SessionFacts:
    return SessionFacts(id=1, position=1, format=format, join_url=join_url)


@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({}, OPENS),
        ({"join_opens_min": 90}, STARTS_AT - timedelta(minutes=90)),
        ({"sessions": (whole(Format.ONSITE, ROOM),)}, None),
        ({"sessions": (whole(Format.HYBRID, ROOM),)}, OPENS),
        ({"sessions": (whole(Format.DIGITAL),)}, None),
        ({"sessions": (whole(Format.DIGITAL),), "room_system": "jitsi"}, OPENS),
        ({"lifecycle": EventStatus.CANCELLED}, None),
        ({"starts_at": None, "ends_at": None}, None),
    ],
)
def test_when_who_speaks_can_enter(changes: dict[str, Any], opens: Any) -> None:
    digital = {"starts_at": STARTS_AT, "sessions": (whole(Format.DIGITAL, ROOM),)}
    assert rules.speakers_enter_at(event_facts(**(digital | changes))) == opens


def test_a_link_is_for_one_event_and_for_as_long_as_somebody_speaks_there(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event, other = spoken_at(clock), spoken_at(clock, title="Another evening")
    clock.set(OPENS)
    own = way_of(event, IRIS)
    proof = own.partition(".")[2]
    strange = (f"/speak/{other.id}.{proof}", own[:-1], own + "x", "/speak/x", "/speak/99.x", f"/speak/{event.id}.é")
    assert [client.get(path).status_code for path in strange] == [404] * len(strange)
    assert client.get(own).status_code == 200
    people.set_speakers(event.id, [MORITZ], seen=events.get(event.id).version, by="test", now=clock())
    assert client.get(own).status_code == 404
    [(_, button)] = forms_in(client.get(way_of(event, MORITZ)).text)
    assert client.post(own, data=button).status_code in (400, 404)


def test_their_mail_leads_to_the_page(app: Flask, clock: Clock) -> None:
    event = spoken_at(clock, format=Format.ONSITE)
    formats.switch(event.id, Format.DIGITAL, reason="Storm", join_url=None, by="test", now=clock())
    ways = {speaker.email: speaker_links.link_of(event.id, speaker) for speaker in (IRIS, MORITZ)}
    letters = {
        message.recipient: notices.compose(message, clock())
        for message in outbox.ledger(event.id)
        if message.kind == "speaker_decision"
    }
    assert {address: way in letters[address].text.split("\n") for address, way in ways.items()} == {
        IRIS.email: True,
        MORITZ.email: True,
    }


def test_who_speaks_reads_what_became_of_the_event(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = spoken_at(clock, format=Format.ONSITE)
    way = way_of(event, IRIS)
    assert "no digital room" in client.get(way, headers={"Accept-Language": "en"}).text
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    assert "cancelled" in client.get(way, headers={"Accept-Language": "en"}).text
    assert events.get(event.id).room_reference == ""


def test_a_system_that_fails_is_told(client: FlaskClient, app: Flask, wiring: Wiring, clock: Clock) -> None:
    with room_server(big_blue_button) as server:
        wiring.rooms = {"bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET)}
        server.instead = (500, b"")
        event = spoken_at(clock, "bigbluebutton")
        clock.set(OPENS)
        answer = fill_in(client, way_of(event, IRIS), {})
    assert (answer.status_code, answer.headers["Retry-After"], len(forms_in(answer.text))) == (503, "30", 1)
