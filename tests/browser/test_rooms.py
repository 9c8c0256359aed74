"""The way into a room that a system makes, in a real browser: two languages, two widths, and out to another host."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from regservice.adapters.rooms.bigbluebutton import BigBlueButton
from regservice.events import opening
from regservice.events.types import DialIn, EventFacts, Format, Speaker
from regservice.notices import speaker_links
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


def with_a_room(clock: Clock, **changes: Any) -> EventFacts:
    dial_in = DialIn(number="030 5550199", meeting_id="712 345", pin="471199#")
    given = {"format": Format.DIGITAL, "join_url": "https://room.example.org/x", "dial_in": dial_in} | changes
    event = make_event(clock(), **given)
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


def test_who_speaks_enters_by_a_link_of_their_own(
    request: pytest.FixtureRequest, app: Flask, rooms: RoomServer, clock: Clock
) -> None:
    browser_page: Page = request.getfixturevalue("page")
    base: str = request.getfixturevalue("address")
    iris = Speaker(name="Iris Impuls", email="iris@example.org")
    event = with_a_room(clock, speakers=(iris,))
    way = f"/speak/{speaker_links.link_of(event.id, iris).rpartition('/')[2]}"
    pages = [seen(browser_page, base, way), seen(browser_page, base, f"{way}x")]
    clock.set(STARTS_AT)
    pages.append(seen(browser_page, base, way))
    rooms.instead = (500, b"")
    press(browser_page.locator("main form button").first)
    pages.append(browser_page.content())
    rooms.instead = None
    press(browser_page.locator("main form button").first)
    browser_page.wait_for_url(f"{rooms.url}/html5client/join*")
    assert [(one.name, one.host) for one in rooms.entered] == [("Iris Impuls", True)]
    assert html_errors(pages) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_place_to_watch_together(request: pytest.FixtureRequest, app: Flask, clock: Clock, language: str) -> None:
    browser_page: Page = request.getfixturevalue("page")
    ada = confirm(event_with_a_place_to_watch(clock), "Ada", clock(), language=language)
    html = seen(browser_page, request.getfixturevalue("address"), link(ada))
    assert html_errors([html]) == []
