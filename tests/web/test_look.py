import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Response
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser_support import axe_violations, html_errors
from tests.web.look import create_look

PAGES = ["/", "/form", "/form?sent=1", "/organise", "/error"]
BUDGET_STYLES_AND_SCRIPTS = 60_000
BUDGET_FONT_FILES = 2


class QuietHandler(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        """Say nothing: what matters is asserted."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_look(), threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def with_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["de", "ar"])
def test_every_page_is_accessible_and_fits(page: Page, address: str, path: str, language: str):
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    for width in (320, 1280):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            page.goto(address + with_language(path, language))
            assert axe_violations(page) == [], f"{width} px, {scheme}"
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert complaints == [], "the content security policy must not be broken"


@pytest.mark.browser
def test_every_page_is_valid_html(address: str):
    client = create_look().test_client()
    pages = [client.get(with_language(path, language)).text for path in PAGES for language in ("de", "en", "ar")]
    assert html_errors(pages) == []


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/", "/form?sent=1"])
def test_a_page_stays_within_its_budget(page: Page, address: str, path: str):
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    page.goto(address + path, wait_until="networkidle")
    static = [response for response in responses if "/static/" in response.url]
    fonts = [response for response in static if response.url.endswith(".woff2")]
    text = [response for response in static if response not in fonts]
    assert sum(int(response.headers["content-length"]) for response in text) <= BUDGET_STYLES_AND_SCRIPTS
    assert len(fonts) == BUDGET_FONT_FILES
    hosts = {urlsplit(response.url).netloc for response in responses if not response.url.startswith("data:")}
    assert hosts == {urlsplit(address).netloc}


@pytest.mark.browser
def test_the_error_summary_takes_the_focus_and_leads_to_the_fields(page: Page, address: str):
    page.goto(address + "/form?sent=1&lang=de")
    assert page.title() == "Fehler: Anmelden – Stadt Musterstadt an der Beispielach"
    assert page.evaluate("document.activeElement.hasAttribute('data-error-summary')")
    links = page.locator("[data-error-summary] a")
    for index in range(links.count()):
        links.nth(index).click()
        target = page.evaluate("document.activeElement.id")
        assert "#" + target == links.nth(index).get_attribute("href")
    name = page.locator("#name")
    assert (name.get_attribute("aria-invalid"), name.get_attribute("aria-describedby")) == ("true", "name-error")
    phone = page.locator("#phone")
    assert (phone.get_attribute("type"), phone.get_attribute("autocomplete")) == ("tel", "tel")
    assert page.locator("#email").get_attribute("aria-describedby") == "email-hint email-error"


@pytest.mark.browser
def test_controls_are_large_enough_and_the_skip_link_comes_first(page: Page, address: str):
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(address + "/form?lang=de")
    small = page.evaluate(
        """() => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, textarea, summary")]
              .map(element => [element.outerHTML, element.getBoundingClientRect()])
              .filter(([html, box]) => box.width < 24 || box.height < 24).map(([html]) => html)"""
    )
    assert small == []
    low = page.evaluate(
        """() => [...document.querySelectorAll(".kern-btn, header a, footer a, .kern-form-input__input")]
              .filter(element => element.getBoundingClientRect().height < 44).map(element => element.outerHTML)"""
    )
    assert low == []
    page.keyboard.press("Tab")
    skip = page.locator(".skip-link")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    assert skip.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.browser
def test_a_focused_table_that_scrolls_shows_it(page: Page, address: str):
    page.goto(address + "/")
    page.locator("#agenda").locator("..").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "4px"
