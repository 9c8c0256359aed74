"""An officer asks what people need and what they eat, without a technician, in a real browser."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts
from regservice.events import service as events
from regservice.events.types import EventFacts, Question, QuestionKind
from regservice.registrations import service as registrations
from tests.browser.test_states import VIEWS, address, page, seen
from tests.browser_support import axe_violations, html_errors, press
from tests.conftest import Clock
from tests.factories import confirm, make_event

__all__ = ["address", "page"]
pytestmark = pytest.mark.browser


def looked_at(page: Page) -> str:
    """What a form answers, at both widths, light and dark; its HTML."""
    found = []
    for _, width, scheme in VIEWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        found += [f"{page.url} {width} {scheme}: {violation}" for violation in axe_violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{page.url}: does not fit into {width} px")
    assert found == []
    return page.content()


def asked(app: Flask, event: EventFacts) -> tuple[Question, ...]:
    """What the form asks now: the pages are served by another thread, with a session of its own."""
    with app.app_context():
        return events.get(event.id).questions


def test_from_an_empty_form_to_what_people_need_and_eat(
    request: pytest.FixtureRequest, app: Flask, clock: Clock
) -> None:
    browser_page: Page = request.getfixturevalue("page")
    base: str = request.getfixturevalue("address")
    olga = accounts.add_organiser("olga@example.org", "Olga", by="test", now=clock())
    assert isinstance(olga, OrganiserFacts)
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=olga.id, now=clock())
    event = make_event(clock(), capacity=9)
    browser_page.goto(f"{base}/organise/link/{token}")
    press(browser_page.locator("main form button").first)
    where = f"/organise/events/{event.slug}/questions"
    pages = [seen(browser_page, base, where)]

    press(browser_page.get_by_role("button", name="Ask for access needs"))
    press(browser_page.get_by_role("link", name="Add a question"))
    browser_page.get_by_label("One answer from a list", exact=False).check()
    press(browser_page.get_by_role("button", name="Save"))
    pages.append(looked_at(browser_page))
    browser_page.get_by_label("Question", exact=True).fill("Was essen Sie? Rindfleischetikettierungsüberwachung folgt.")
    browser_page.get_by_label("Answers to choose from", exact=False).fill("Suppe\nEintopf\nFisch")
    press(browser_page.get_by_role("button", name="Save"))
    press(browser_page.locator("form[action$='/earlier'] button"))
    meal, access = asked(app, event)
    assert (meal.kind, meal.choices, access.kind) == (
        QuestionKind.CHOICE,
        ("Suppe", "Eintopf", "Fisch"),
        QuestionKind.ACCESS,
    )

    ada = confirm(event, "Ada", clock(), answers={meal.key: "Fisch", access.key: "Eine Rampe"})
    pages += [seen(browser_page, base, path) for path in (where, f"{where}/asked/{meal.key}", f"{where}/new")]
    browser_page.goto(f"{base}{where}/asked/{meal.key}")
    browser_page.get_by_label("Answers to choose from", exact=False).fill("Suppe\nEintopf")
    press(browser_page.get_by_role("button", name="Save"))
    pages.append(looked_at(browser_page))
    press(browser_page.get_by_role("button", name="Save all the same"))
    assert asked(app, event)[0].choices == ("Suppe", "Eintopf")
    press(browser_page.locator(f"form[action$='/{access.key}/remove'] button"))
    pages.append(looked_at(browser_page))
    press(browser_page.get_by_role("button", name="Take the question away"))
    assert [question.key for question in asked(app, event)] == [meal.key]
    with app.app_context():
        found = registrations.find(ada.id)
    assert found is not None
    assert found.answers == {meal.key: "Fisch", access.key: "Eine Rampe"}
    assert html_errors(pages) == []
