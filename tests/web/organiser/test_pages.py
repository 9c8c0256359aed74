"""Every page of the area in a real browser: accessible, valid, in both languages, at both widths."""

import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, Role
from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventValues, Question, QuestionKind, SessionKind, SessionValues, Speaker
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from tests.browser_support import axe_violations, html_errors
from tests.conftest import Clock
from tests.factories import confirm, make_event, register
from tests.forms import forms_in
from tests.web.organiser.conftest import SignIn

PAGES = [
    "/organise",
    "/organise/events/new",
    "/organise/events/dialogue-evening",
    "/organise/events/dialogue-evening/edit",
    "/organise/events/dialogue-evening/format",
    "/organise/events/dialogue-evening/room",
    "/organise/events/dialogue-evening/parts",
    "/organise/events/dialogue-evening/parts/new",
    "/organise/events/dialogue-evening/parts/1",
    "/organise/events/dialogue-evening/parts/3/people",
    "/organise/events/dialogue-evening/speakers",
    "/organise/events/dialogue-evening/speakers/new",
    "/organise/events/dialogue-evening/speakers/1",
    "/organise/events/dialogue-evening/format/feed",
    "/organise/events/dialogue-evening/format/feed/weather",
    "/organise/events/dialogue-evening/format/feed/hospitalisation",
    "/organise/events/dialogue-evening/format/feed/sewage",
    "/organise/events/dialogue-evening/format/feed/own",
    "/organise/events/dialogue-evening/format/feed/text",
    "/organise/events/dialogue-evening/close",
    "/organise/events/dialogue-evening/postpone",
    "/organise/events/dialogue-evening/cancel",
    "/organise/events/dialogue-evening/attendees",
    "/organise/events/dialogue-evening/attendees?search=nobody",
    "/organise/events/dialogue-evening/attendees/new",
    "/organise/events/dialogue-evening/attendees/1",
    "/organise/events/dialogue-evening/attendees/2",
    "/organise/events/dialogue-evening/attendees/3",
    "/organise/events/dialogue-evening/door",
    "/organise/events/dialogue-evening/call-list",
    "/organise/events/dialogue-evening/call-list/stay_digital",
    "/organise/events/dialogue-evening/messages",
    "/organise/events/dialogue-evening/press",
    "/organise/events/dialogue-evening/help",
    "/organise/events/dialogue-evening/preview",
    "/organise/events/draft",
    "/organise/events/draft/publish",
    "/organise/events/draft/preview",
    "/organise/events/draft/press",
    "/organise/messages",
    "/organise/messages/1",
    "/organise/settings",
    "/organise/accounts",
    "/organise/tokens",
    "/organise/account",
]
# Forms that are sent empty: the page with its errors must be as good.
EMPTY = {
    "/organise/events/new": 1,
    "/organise/events/dialogue-evening/parts/new": -1,
    "/organise/events/dialogue-evening/speakers/new": -1,
    "/organise/events/dialogue-evening/attendees/new": 1,
    "/organise/events/dialogue-evening/cancel": 1,
    "/organise/events/dialogue-evening/format/feed/weather": -1,
    "/organise/events/dialogue-evening/attendees/2": -2,
    "/organise/accounts": -1,
}


class QuietHandler(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        """Say nothing: what matters is asserted."""


@pytest.fixture
def filled(clock: Clock, app: Flask) -> None:
    """Something to see on every page."""
    questions = (Question(key="lunch", label="Do you eat with us?", kind=QuestionKind.YES_NO),)
    speakers = (Speaker(name="Dr. Iris Impuls", role="Dean", email="iris@example.org", moderates=True),)
    event = make_event(clock(), capacity=1, questions=questions, description="# A heading\n\nText", speakers=speakers)
    confirm(event, "Ännchen Donaudampfschifffahrtsgesellschaftskapitän", clock(), email="a@example.org")
    confirm(event, "Bo", clock(), answers={"lunch": "yes"})
    parts = [SessionValues(title=title, kind=SessionKind.TALK) for title in ("Opening", "Talk")]
    parts.append(SessionValues(title="Group", kind=SessionKind.GROUP, for_everyone=False, capacity=3))
    session_changes.arrange(event.id, [(None, part) for part in parts], by="test", now=clock())
    gone = register(event, "Cy", clock())
    registrations.cancel(gone.id, clock(), by="organiser:1", reason="rang up")
    events.create(EventValues(title="Draft", assumptions=("ends_at",)), by="test", now=clock())
    accounts.make_api_token("website", organiser_id=None, by="test", now=clock())
    outbox.hold(clock())


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, address: str, admin: FlaskClient, filled: None) -> Iterator[Page]:
    cookie = admin.get_cookie("session")
    assert cookie is not None
    with browser.new_context() as context:
        context.add_cookies([{"name": "session", "value": cookie.value, "url": address}])
        yield context.new_page()


@pytest.mark.browser
def test_every_page_is_accessible_and_fits(page: Page, address: str):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    found: list[str] = []
    for path in PAGES:
        for language, width in (("de", 320), ("en", 1280)):
            page.set_viewport_size({"width": width, "height": 800})
            answer = page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            assert answer is not None
            assert answer.status == 200, path
            found += [f"{path} {language} {width}: {violation}" for violation in axe_violations(page)]
            if not page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"):
                found.append(f"{path} {language}: does not fit into {width} px")
    assert found == []
    assert complaints == [], "the content security policy must not be broken"


@pytest.mark.browser
def test_every_page_is_valid_html(admin: FlaskClient, filled: None):
    pages = []
    for path in PAGES:
        answer = admin.get(path)
        assert answer.status_code == 200, path
        pages.append(answer.text)
    for path, number in EMPTY.items():
        action, hidden = forms_in(admin.get(path).text)[number]
        answer = admin.post(action, data=hidden)
        assert answer.status_code == 400, path
        assert "data-error-summary" in answer.text, path
        pages.append(answer.text)
    assert html_errors(pages) == []


@pytest.mark.browser
def test_pages_before_signing_in_are_valid_and_accessible(
    browser: Browser, app: Flask, address: str, sign_in: SignIn, clock: Clock
):
    first = accounts.make_link(LinkPurpose.FIRST_ORGANISER, now=clock())
    paths = ["/organise/login", f"/organise/first/{first}", "/organise/link/nothing"]
    with browser.new_context() as context:
        page = context.new_page()
        found = []
        for path in paths:
            page.goto(f"{address}{path}?lang=de")
            found += axe_violations(page)
        assert found == []
        assert context.cookies() == []
    client = app.test_client()
    assert html_errors([client.get(path).text for path in paths]) == []
    sign_in(Role.ADMIN)
