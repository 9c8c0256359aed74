"""The way into a room that a system makes, in a real browser: two languages, two widths, and out to another host."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.events import opening
from regservice.events.types import DialIn, EventFacts, Format
from regservice.wiring import Wiring
from tests.adapters.rooms.servers import SECRET, RoomServer, big_blue_button, room_server
from tests.browser.test_states import address, link, page, seen
from tests.browser_support import html_errors, press
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.web.test_watching import event_with_a_place_to_watch

__all__ = ["address", "page"]

pytestmark = pytest.mark.browser


@pytest.fixture
def rooms(wiring: Wiring) -> Iterator[RoomServer]:
    with room_server(big_blue_button) as server:
        wiring.rooms = {"bigbluebutton": BigBlueButton(base_url=f"{server.url}/bigbluebutton", secret=SECRET)}
        yield server


def with_a_room(clock: Clock) -> EventFacts:
    dial_in = DialIn(number="030 5550199", meeting_id="712 345", pin="471199#")
    event = make_event(clock(), format=Format.DIGITAL, join_url="https://room.example.org/x", dial_in=dial_in)
    return opening.choose_system(event.id, "bigbluebutton", by="test", now=clock())


@pytest.mark.parametrize("language", ["de", "en"])
def test_from_the_own_page_into_the_room(
    request: pytest.FixtureRequest, app: Flask, rooms: RoomServer, clock: Clock, language: str
) -> None:
    browser_page: Page = request.getfixturevalue("page")
    base: str = request.getfixturevalue("address")
    ada = confirm(with_a_room(clock), "Ada", clock(), language=language)
    clock.set(STARTS_AT)
    pages = [seen(browser_page, base, link(ada) + path) for path in ("", "/join")]
    rooms.instead = (500, b"")
    press(browser_page.locator("main form button").first)
    trouble = browser_page.content()
    assert "471199#" in trouble
    rooms.instead = None
    press(browser_page.locator("main form button").first)
    browser_page.wait_for_url(f"{rooms.url}/html5client/join*")
    assert [(one.name, one.host) for one in rooms.entered] == [("Ada", False)]
    assert html_errors([*pages, trouble]) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_place_to_watch_together(request: pytest.FixtureRequest, app: Flask, clock: Clock, language: str) -> None:
    browser_page: Page = request.getfixturevalue("page")
    ada = confirm(event_with_a_place_to_watch(clock), "Ada", clock(), language=language)
    html = seen(browser_page, request.getfixturevalue("address"), link(ada))
    assert html_errors([html]) == []
