"""Calendar files from the pages, read back with a second parser."""

from datetime import UTC

import vobject
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import Format
from regservice.registrations import service as registrations
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register

ROOM = "https://rooms.example.org/secret-room"


def test_an_event_to_take_home(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    answer = client.get(f"/events/{event.slug}/calendar.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = vobject.readOne(answer.text)
    [entry] = calendar.vevent_list
    assert calendar.method.value == "PUBLISH"
    assert entry.dtstart.value.astimezone(UTC) == STARTS_AT
    assert entry.url.value == f"http://events.example.org/events/{event.slug}"
    assert "attendee" not in entry.contents


def test_a_feed_is_not_sent_twice_and_keeps_a_cancelled_event(client: FlaskClient, app: Flask, clock: Clock) -> None:

    kept, cancelled = make_event(clock(), title="Kept"), make_event(clock(), title="Called off")
    first = client.get("/calendar.ics")
    again = client.get("/calendar.ics", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    changes.cancel_event(cancelled.id, reason="Storm", by="test", now=clock())
    feed = vobject.readOne(client.get("/calendar.ics").text)
    assert {entry.uid.value.split("@")[0]: entry.status.value for entry in feed.vevent_list} == {
        f"e{kept.id}": "CONFIRMED",
        f"e{cancelled.id}": "CANCELLED",
    }


def test_a_person_with_a_place_gets_their_own_entry_and_never_the_room(
    client: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM)
    ada, ben = confirm(event, "Ada", clock()), register(event, "Ben", clock())
    link = f"/r/{registrations.personal_token(ada)}"
    answer = client.get(link + "/calendar.ics")
    [entry] = vobject.readOne(answer.text).vevent_list
    assert entry.url.value == f"http://events.example.org{link}"
    assert (ROOM in answer.text, answer.headers["Cache-Control"]) == (False, "no-store")
    assert client.get(f"/r/{registrations.personal_token(ben)}/calendar.ics").status_code == 404


def test_the_room_is_in_no_public_answer(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM)
    pages = ("/", f"/events/{event.slug}", f"/events/{event.slug}/register", f"/events/{event.slug}/calendar.ics")
    assert [page for page in (*pages, "/calendar.ics", "/past") if ROOM in client.get(page).text] == []
    assert events.get(event.id).join_url == ROOM


def test_without_a_date_there_is_no_entry(client: FlaskClient, app: Flask, clock: Clock) -> None:
    assert client.get("/events/nothing/calendar.ics").status_code == 404
