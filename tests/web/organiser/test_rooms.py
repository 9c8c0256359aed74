"""The way into rooms that a system makes, and a link that has become known."""

import logging
import threading
from contextvars import Context
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.adapters.rooms.jitsi import Jitsi
from regservice.adapters.rooms.nextcloud_talk import NextcloudTalk
from regservice.audit import service as audit
from regservice.config import current_settings
from regservice.db import db
from regservice.events import opening
from regservice.events import service as events
from regservice.events.rooms import Capabilities, Visitor, room_name
from regservice.events.types import DialIn, EventFacts, Format
from regservice.formats import switch_rules
from regservice.outbox import service as outbox
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import (
    APP_ID,
    PASSWORD,
    SECRET,
    USER,
    Entered,
    RoomServer,
    enter,
)
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.facts import event_facts
from tests.forms import fill_in, forms_in
from tests.web.test_personal import link

ROOM, NEW_ROOM = "https://room.example.org/old", "https://room.example.org/new"


def digital(clock: Clock, system: str = "link", **changes: Any) -> EventFacts:
    """A published digital event whose room is made by this system."""
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None, **changes)
    opening.choose_system(event.id, system, by="test", now=clock())
    return events.get(event.id)


def test_the_room_is_made_by_one_button_and_never_by_looking(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    ada = confirm(digital(clock, "bigbluebutton"), "Ada", clock())
    assert forms_in(client.get(link(ada) + "/join").text) == []  # Not open yet: the page that says when.
    clock.set(STARTS_AT)
    page = client.get(link(ada) + "/join")
    assert (page.status_code, client.head(link(ada) + "/join").status_code, bbb.calls) == (200, 200, [])
    assert "form-action 'self' http:;" in page.headers["Content-Security-Policy"]
    answer = fill_in(client, link(ada) + "/join", {})
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, f"{bbb.url}/bigbluebutton/api/join")
    assert enter(answer.headers["Location"])[0] == 302
    [room] = bbb.rooms
    assert bbb.entered == [Entered(room=room, name="Ada", host=False)]


def test_only_who_has_a_digital_place_may_have_it_made(
    client: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    event = digital(clock, "bigbluebutton")
    ben, ada = register(event, "Ben", clock()), confirm(event, "Ada", clock())
    clock.set(STARTS_AT)
    _, hidden = forms_in(client.get(link(ada) + "/join").text)[0]
    assert client.post(link(ben) + "/join", data=hidden).status_code in (400, 409)
    clock.advance(hours=4)
    assert client.post(link(ada) + "/join", data=hidden).status_code == 409
    assert bbb.calls == []


def test_two_at_once_end_in_one_room(each_app: Flask, talk: RoomServer, clock: Clock) -> None:
    event = digital(clock, "nextcloud_talk")
    both = threading.Barrier(2)
    talk.after_making = both.wait  # Both have made one before either is told.
    found: list[str] = []

    def click() -> None:
        with each_app.app_context():
            systems = each_app.extensions["regservice_wiring"].rooms
            found.append(opening.enter(event.id, Visitor(name="x"), systems, current_settings().secret_key, clock()))
            db.session.remove()

    clicks = [threading.Thread(target=Context().run, args=(click,)) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    db.session.rollback()
    kept = events.get(event.id).room_reference
    assert (set(found), len(found), list(talk.rooms)) == ({f"{talk.url}/call/{kept}"}, 2, [kept])


def test_a_made_conversation_is_entered_without_a_second_button(
    client: FlaskClient, app: Flask, talk: RoomServer, clock: Clock
) -> None:
    event = digital(clock, "nextcloud_talk")
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    clock.set(STARTS_AT)
    first = fill_in(client, link(ada) + "/join", {}).headers["Location"]
    second = client.get(link(ben) + "/join")
    assert (second.status_code, second.headers["Location"], len(talk.rooms)) == (302, first, 1)


def test_jitsi_needs_no_button(client: FlaskClient, app: Flask, jitsi_rooms: RoomServer, clock: Clock) -> None:
    event = digital(clock, "jitsi")
    ada = confirm(event, "Ada", clock())
    clock.set(STARTS_AT)
    answer = client.get(link(ada) + "/join")
    assert (answer.status_code, enter(answer.headers["Location"])[0]) == (302, 200)
    name = room_name(current_settings().secret_key, event.id, event.room_generation)
    assert jitsi_rooms.entered == [Entered(room=name, name="Ada", host=False)]


@pytest.mark.parametrize("instead", [(500, b"secret words"), (200, b"no xml"), None])
def test_a_system_that_fails_is_told_with_what_to_do_next(
    client: FlaskClient,
    app: Flask,
    wiring: Wiring,
    bbb: RoomServer,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    instead: tuple[int, bytes] | None,
) -> None:
    event = digital(clock, "bigbluebutton", dial_in=DialIn(number="030 555", pin="4711"))
    ada = confirm(event, "Ada", clock(), language="en")
    clock.set(STARTS_AT)
    bbb.instead = instead
    if instead is None:
        wiring.rooms = {}
    with caplog.at_level(logging.INFO):
        answer = fill_in(client, link(ada) + "/join", {})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    told = ("Try again", "030\u00a0555", "4711", event.contact.phone.replace(" ", "\u00a0"))
    assert [words in answer.text for words in told] == [True] * len(told)
    log = caplog.text
    assert f"room system bigbluebutton failed for event {event.id}" in log
    assert [hidden in log for hidden in (SECRET, "checksum", "secret words", "4711", "Traceback", "Ada")] == [False] * 6


def test_a_room_replaced_while_it_is_made_is_not_entered(
    client: FlaskClient, app: Flask, talk: RoomServer, clock: Clock
) -> None:
    event = digital(clock, "nextcloud_talk")
    ada = confirm(event, "Ada", clock())
    clock.set(STARTS_AT)
    talk.after_making = lambda: replace_in(app, event, clock)
    assert fill_in(client, link(ada) + "/join", {}).status_code == 503
    assert (events.get(event.id).room_reference, talk.rooms) == ("", {})


def replace_in(app: Flask, event: EventFacts, clock: Clock, join_url: str = "") -> None:
    """Somebody else sets a new link at this moment."""
    with app.app_context():
        systems = app.extensions["regservice_wiring"].rooms
        opening.replace_room(event.id, join_url, systems, by="test", now=clock())
        db.session.remove()


def test_a_leaked_link_is_replaced_and_every_calendar_stays_as_it_is(
    client: FlaskClient, organiser: FlaskClient, app: Flask, clock: Clock
) -> None:
    event = digital(clock, **soon(clock))
    ada = confirm(event, "Ada", clock())
    before = [client.get(path).data for path in (link(ada) + "/calendar.ics", f"/events/{event.slug}/calendar.ics")]
    mails = len(outbox.ledger_for_registration(ada.id))
    assert client.get(link(ada) + "/join").headers["Location"] == ROOM
    page = f"/organise/events/{event.slug}/room"
    answer = fill_in(organiser, page, {"join_url": NEW_ROOM}, form=-1)
    assert answer.status_code == 303
    assert client.get(link(ada) + "/join").headers["Location"] == NEW_ROOM
    after = [client.get(path).data for path in (link(ada) + "/calendar.ics", f"/events/{event.slug}/calendar.ics")]
    assert (after, len(outbox.ledger_for_registration(ada.id))) == (before, mails)
    entries = [entry.verb for entry in audit.history(f"event:{event.id}")]
    assert (entries[0], entries.count("event.room_replaced")) == ("event.room_replaced", 1)
    assert [entry for entry in audit.history(f"event:{event.id}") if "room.example.org" in repr(entry)] == []


def soon(clock: Clock) -> dict[str, datetime]:
    """So near that the room is open, and who signed in still is."""
    return {"starts_at": clock() + timedelta(minutes=20), "ends_at": clock() + timedelta(hours=3)}


@pytest.mark.parametrize("given", ["", ROOM, "javascript:alert(1)"])
def test_the_new_link_is_another_web_address(organiser: FlaskClient, app: Flask, clock: Clock, given: str) -> None:
    event = digital(clock)
    answer = fill_in(organiser, f"/organise/events/{event.slug}/room", {"join_url": given}, form=-1)
    assert (answer.status_code, 'href="#join_url"' in answer.text) == (400, True)
    assert events.get(event.id).join_url == ROOM


def test_a_made_room_that_leaked_is_closed_and_the_next_click_makes_another(
    client: FlaskClient, organiser: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    event = digital(clock, "bigbluebutton", **soon(clock))
    ada = confirm(event, "Ada", clock())
    fill_in(client, link(ada) + "/join", {})
    [old] = bbb.rooms
    assert fill_in(organiser, f"/organise/events/{event.slug}/room", {}, form=-1).status_code == 303
    assert (events.get(event.id).room_reference, bbb.rooms) == ("", {})
    assert old not in fill_in(client, link(ada) + "/join", {}).headers["Location"]
    assert (len(bbb.rooms), old in bbb.rooms) == (1, False)


def test_the_organiser_chooses_among_what_is_set_up_and_enters_as_moderator(
    organiser: FlaskClient, app: Flask, bbb: RoomServer, clock: Clock
) -> None:
    event = digital(clock)
    page = f"/organise/events/{event.slug}/room"
    system = next(number for number, form in enumerate(forms_in(organiser.get(page).text)) if "system" in form[0])
    assert fill_in(organiser, page, {"system": "jitsi"}, form=system).status_code == 400
    assert fill_in(organiser, page, {"system": "bigbluebutton"}, form=system).status_code == 303
    assert events.get(event.id).room_system == "bigbluebutton"
    button = next(number for number, form in enumerate(forms_in(organiser.get(page).text)) if "enter" in form[0])
    answer = fill_in(organiser, page, {}, form=button)
    assert (answer.status_code, enter(answer.headers["Location"])[0]) == (303, 302)
    assert [one.host for one in bbb.entered] == [True]
    bbb.instead = (500, b"")
    assert fill_in(organiser, page, {}, form=button).status_code == 503


@pytest.mark.parametrize(("most", "people", "too_small"), [(None, 9999, False), (100, 100, False), (100, 101, True)])
def test_what_is_too_much_for_a_room(most: int | None, people: int, too_small: bool) -> None:
    assert Capabilities(knows_hosts=True, closes=True, most_people=most).is_too_small_for(people) == too_small


def test_each_system_says_what_it_can() -> None:
    bbb = BigBlueButton(base_url="https://x.example.org", secret=SECRET)
    free, with_tokens = (Jitsi(base_url="https://x.example.org", app_id=app_id) for app_id in ("", APP_ID))
    talk = NextcloudTalk(base_url="https://x.example.org", user=USER, password=PASSWORD, most_people=50)
    found = [system.capabilities for system in (bbb, free, with_tokens, talk)]
    assert [(can.knows_hosts, can.closes) for can in found] == [
        (True, True),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert [can.most_people for can in found] == [None, None, None, 50]


@pytest.mark.parametrize("format", [Format.ONSITE, Format.DIGITAL])
def test_the_officer_is_told_when_more_come_than_the_room_carries(
    organiser: FlaskClient, app: Flask, wiring: Wiring, clock: Clock, format: Format
) -> None:
    system = BigBlueButton(base_url="https://x.example.org", secret=SECRET, most_people=2)
    wiring.rooms = {"bigbluebutton": system}
    event = make_event(clock(), format=format, join_url=ROOM, capacity=5, digital_capacity=None)
    page = f"/organise/events/{event.slug}/room?lang=en"
    told, warned = "3 people are expected; a room there carries 2.", "This is too much for the room"
    for name in ("Ada", "Ben"):
        confirm(event, name, clock())
    assert told not in organiser.get(page).text
    confirm(event, "Cem", clock())
    assert (told in organiser.get(page).text, warned in organiser.get(page).text) == (True, False)
    opening.choose_system(event.id, "bigbluebutton", by="test", now=clock())
    assert (organiser.get(page).text.count(told), warned in organiser.get(page).text) == (1, True)


@pytest.mark.parametrize(
    ("system", "join_url", "refusal"),
    [("link", "", "no_join_url"), ("link", ROOM, None), ("bigbluebutton", "", None)],
)
def test_a_system_stands_for_a_link_when_the_format_is_switched(
    system: str, join_url: str, refusal: str | None, clock: Clock
) -> None:
    event = event_facts(room_system=system, join_url=join_url)
    assert switch_rules.switch_refusal(event, {1: Format.DIGITAL}, None, clock()) == refusal
