"""Every state of a person's own page and of an event's page, the page behind a proposal, and every mail, in a browser.

In German at 320 pixels and in English at 1280, light and dark: axe-core finds nothing, nothing scrolls sideways, the
HTML is valid. Each state is made by the services, with a clock that is moved by saying so.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from regservice.accounts import service as accounts
from regservice.accounts.types import LinkPurpose, OrganiserFacts
from regservice.changes import service as changes
from regservice.config import current_settings
from regservice.events import service as events
from regservice.events.types import Document, EventFacts, Format, Question, QuestionKind, Speaker
from regservice.formats import service as formats
from regservice.formats.types import Decision, FormatRule, RuleKind
from regservice.notices import service as notices
from regservice.notices.kinds import KINDS
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts, MessageState
from regservice.registrations import help_requests, session_places, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.links import derive_token
from regservice.registrations.types import HelpKind, RegistrationFacts
from tests.browser_support import AXE_RULES_FOR_MAILS, axe_violations, html_errors, press
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.feed_server import FeedServer
from tests.formats.feeds import documents
from tests.formats.feeds.conftest import feed, server, watched_event
from tests.formats.feeds.test_alerts import EVENING_BEFORE, PATH, poll, warned_event
from tests.formats.feeds.test_telling import MORNING, tick
from tests.registrations.test_choosing import event_with, group

__all__ = ["server"]
pytestmark = pytest.mark.browser
ROOM = "https://rooms.example.org/dialogue"
LONG_NAME = "Ännchen Donaudampfschifffahrtsgesellschaftskapitän"
VIEWS: tuple[tuple[str, int, Literal["light", "dark"]], ...] = (("de", 320, "light"), ("en", 1280, "dark"))


class QuietHandler(WSGIRequestHandler):
    def log(self, *arguments: object) -> None:
        """Say nothing: what matters is asserted."""


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
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        yield context.new_page()


def seen(page: Page, address: str, path: str) -> str:
    """Look at a page in both languages, at both widths, light and dark; its HTML."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    found = []
    for language, width, scheme in VIEWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}{path}?lang={language}")
        found += [f"{path} {width} {scheme}: {violation}" for violation in axe_violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"{path}: does not fit into {width} px")
    assert found == []
    assert [text for text in complaints if "status of 4" not in text] == []
    return page.content()


def link(registration: RegistrationFacts) -> str:
    return f"/r/{registrations.personal_token(registration)}"


def an_event(clock: Clock, **changes: object) -> EventFacts:
    """One with everything that a page can show."""
    questions = (Question(key="lunch", label="Essen Sie mit uns?", kind=QuestionKind.YES_NO),)
    documents = (Document(label="Präsentation der Auftaktveranstaltung", url="https://example.org/slides.pdf"),)
    values = {"join_url": ROOM, "capacity": 1, "questions": questions, "documents": documents}
    return make_event(clock(), **(values | {"access": "Aufzug und Rampe"} | changes))  # type: ignore[arg-type]


def pending(clock: Clock) -> RegistrationFacts:
    return register(an_event(clock), LONG_NAME, clock(), email="a@example.org")


def with_a_place(clock: Clock) -> RegistrationFacts:
    return confirm(an_event(clock), LONG_NAME, clock(), email="a@example.org", answers={"lunch": "yes"})


def between_groups(clock: Clock) -> RegistrationFacts:
    event = event_with(
        clock, group("Willkommenskultur und interkulturelle Öffnung", 18), group("Wohnen"), group("Arbeit")
    )
    ada, bo = confirm(event, "Ada", clock()), confirm(event, "Bo", clock())
    for person, part in ((ada, event.parts[0]), (bo, event.parts[1])):
        session_places.choose_group(person.id, part.id, clock())
    return ada


def without_the_wished_group(clock: Clock) -> RegistrationFacts:
    event = event_with(clock, group("Willkommenskultur und interkulturelle Öffnung", place="Raum 3"), group("Wohnen"))
    ada = register(event, "Ada", clock(), group=event.parts[0].id)
    confirm(event, "Bo", clock(), group=event.parts[0].id)
    registrations.confirm(ada.id, clock())
    return ada


def digital_before_the_room_opens(clock: Clock) -> RegistrationFacts:
    return confirm(an_event(clock, format=Format.DIGITAL), "Ada", clock())


def digital_and_the_room_is_open(clock: Clock) -> RegistrationFacts:
    ada = digital_before_the_room_opens(clock)
    clock.set(STARTS_AT - timedelta(minutes=30))
    return ada


def switched(clock: Clock) -> RegistrationFacts:
    ada = with_a_place(clock)
    formats.switch(ada.event_id, Format.DIGITAL, reason="Viele sind krank.", join_url=None, by="test", now=clock())
    return ada


def waiting(clock: Clock) -> RegistrationFacts:
    event = an_event(clock)
    confirm(event, "Bo", clock())
    return confirm(event, "Ada", clock())


def waiting_beside_a_free_place(clock: Clock) -> RegistrationFacts:
    ada = waiting(clock)
    formats.switch(ada.event_id, Format.HYBRID, reason="Viele möchten kommen.", join_url=None, by="test", now=clock())
    return ada


def offered_digitally(clock: Clock) -> RegistrationFacts:
    event = an_event(clock, digital_capacity=1, format=Format.HYBRID)
    bo = confirm(event, "Bo", clock(), attendance="digital")
    ada = confirm(event, "Ada", clock(), attendance="digital")
    registrations.cancel(bo.id, clock())
    return ada


def offered(clock: Clock) -> RegistrationFacts:
    event = an_event(clock)
    bo = confirm(event, "Bo", clock())
    ada = confirm(event, "Ada", clock())
    registrations.cancel(bo.id, clock())
    return ada


def cancelled(clock: Clock) -> RegistrationFacts:
    ada = with_a_place(clock)
    registrations.cancel(ada.id, clock())
    return ada


def cancelled_an_hour_ago(clock: Clock) -> RegistrationFacts:
    ada = cancelled(clock)
    clock.advance(hours=1)
    return ada


def expired(clock: Clock) -> RegistrationFacts:
    ada = pending(clock)
    clock.advance(days=3)
    waiting_list.expire_due(clock())
    return ada


def event_postponed(clock: Clock) -> RegistrationFacts:
    ada = with_a_place(clock)
    changes.postpone(ada.event_id, reason="Der Saal ist gesperrt.", by="test", now=clock())
    return ada


def event_cancelled(clock: Clock) -> RegistrationFacts:
    ada = with_a_place(clock)
    changes.cancel_event(ada.event_id, reason="Die Referentin ist krank.", by="test", now=clock())
    return ada


def event_over(clock: Clock) -> RegistrationFacts:
    ada = with_a_place(clock)
    clock.set(STARTS_AT + timedelta(days=1))
    return ada


State = Callable[[Clock], RegistrationFacts]
# The pages that a state changes: those of the person (a word), those of the event (an address).
STATES: list[tuple[State, list[str]]] = [
    (pending, ["confirm", "cancel", "withdraw", "change"]),
    (with_a_place, ["cancel", "/events/{slug}", "/events/{slug}/register"]),
    (between_groups, ["group"]),
    (without_the_wished_group, ["/events/{slug}/register"]),
    (digital_before_the_room_opens, ["join", "/events/{slug}"]),
    (digital_and_the_room_is_open, []),
    (switched, ["/events/{slug}", "/"]),
    (waiting, ["/events/{slug}/register"]),
    (waiting_beside_a_free_place, []),
    (offered, ["accept"]),
    (offered_digitally, ["accept"]),
    (cancelled, []),
    (cancelled_an_hour_ago, []),
    (expired, ["confirm"]),
    (event_postponed, ["/events/{slug}", "/events/{slug}/register", "/"]),
    (event_cancelled, ["/events/{slug}", "/"]),
    (event_over, ["change", "/events/{slug}", "/past"]),
]


@pytest.mark.parametrize(("state", "more"), STATES)
def test_the_pages_of_a_person_and_of_the_event(
    page: Page, address: str, clock: Clock, state: State, more: list[str]
) -> None:
    person = state(clock)
    slug, own = events.get(person.event_id).slug, link(person)
    paths = [own, *(path.format(slug=slug) if path.startswith("/") else f"{own}/{path}" for path in more)]
    assert html_errors([seen(page, address, path) for path in paths]) == []


@pytest.mark.parametrize("own", ["/confirm", "/cancel", "/withdraw", "/change"])
def test_what_follows_a_button_of_a_person(page: Page, address: str, clock: Clock, own: str) -> None:
    path = link(pending(clock)) + own
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{address}{path}")
    press(page.locator("main form button").first)
    assert axe_violations(page) == []
    assert html_errors([page.content()]) == []


NOON = STARTS_AT - timedelta(days=4, hours=4)


@pytest.fixture
def proposed(app: Flask, clock: Clock) -> tuple[EventFacts, str]:
    """An event whose rule was read, and the link in the organisers' mail."""
    office = accounts.add_organiser("office@example.org", "Olga Office", by="test", now=clock())
    assert isinstance(office, OrganiserFacts)
    event = an_event(clock, capacity=2)
    _, ben, _, _ = [confirm(event, name, clock()) for name in ("Ada", "Ben", "Cem", "Dora")]
    registrations.cancel(ben.id, clock())
    rule = FormatRule(kind=RuleKind.LEVEL_AND_TREND, over=300, rise_pct=10, decision_at=NOON)
    formats.save_rule(event.id, rule, by="test", now=clock())
    clock.set(NOON)
    for days, value in ((7, 300.0), (0, 340.0)):
        formats.add_reading(event.id, value, NOON - timedelta(days=days), by="test", now=clock())
    formats.decide_due(clock())
    proposal = formats.find_open_proposal(event.id)
    assert proposal is not None
    token = derive_token(current_settings().secret_key, proposal.id, office.id, purpose="proposal")
    return event, f"/decide/{token}"


def test_the_page_behind_a_proposal(page: Page, address: str, proposed: tuple[EventFacts, str], clock: Clock) -> None:
    event, decide = proposed
    pages = [seen(page, address, decide)]
    formats.decide(event.id, Decision.SWITCH, reason="Die Zahlen steigen.", by="test", now=clock())
    pages += [seen(page, address, decide), seen(page, address, f"/events/{event.slug}")]
    assert html_errors([*pages, seen(page, address, "/decide/unknown")]) == []


def test_what_a_rule_would_have_done(page: Page, address: str, proposed: tuple[EventFacts, str], clock: Clock) -> None:
    event, _ = proposed
    office = accounts.find_organiser("office@example.org")
    assert office is not None
    token = accounts.make_link(LinkPurpose.SIGN_IN, organiser_id=office.id, now=clock())
    page.goto(f"{address}/organise/link/{token}")
    press(page.locator("main form button"))
    found, htmls = [], []
    for language, width, scheme in VIEWS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}/organise/events/{event.slug}/format?lang={language}")
        press(page.locator("button[formaction*='/rule/preview']"))
        assert page.locator("figure.plot svg").count() == 1
        found += [f"{width} {scheme}: {violation}" for violation in axe_violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append(f"does not fit into {width} px")
        htmls.append(page.content())
    assert found == []
    assert html_errors(htmls) == []


# What the services would have written down for the kinds that nobody caused here.
PAYLOADS: dict[str, dict[str, Any]] = {
    "changed": {
        "before": {
            "starts_at": "2026-11-19T15:00:00+00:00",
            "ends_at": "2026-11-19T18:00:00+00:00",
            "timezone": "Europe/Berlin",
            "place": "Alte Schule, Schulstraße 2, 12345 Musterstadt",
        }
    },
    "decision": {"outcome": "switched", "from": "digital", "to": "onsite", "before_place": "", "reason": "Flaut ab."},
    "postponed": {"reason": "Der Saal ist gesperrt."},
    "cancelled_event": {"reason": "Die Referentin ist krank."},
    "cancelled": {"had_place": True, "by": "organiser:1", "reason": "Auf Wunsch am Telefon."},
}


# Made of facts of their own rather than of a registration, so they are looked at by themselves.
NOT_TO_PARTICIPANTS = {"speaker_decision", "speaker_change", "organiser_feed", "organiser_warning", "organiser_help"}


def one_of_each_kind(event: EventFacts) -> dict[str, MessageFacts]:
    """The messages that are there, and for every other kind one made from the confirmation."""
    there = {message.kind: message for message in outbox.ledger(event.id, limit=100)}
    made = {
        kind: replace(there["confirmed"], kind=kind, payload=PAYLOADS.get(kind, {}))
        for kind in KINDS.keys() - NOT_TO_PARTICIPANTS
    }
    return made | there


def reading_badly(page: Page, mails: dict[str, str]) -> list[str]:
    """What axe-core finds in mails, which do not fit into a small window, and whose HTML is wrong."""
    found = []
    for kind, html in mails.items():
        for width in (320, 800):
            page.set_viewport_size({"width": width, "height": 800})
            page.set_content(html)
            found += [f"{kind} {width}: {violation}" for violation in axe_violations(page, AXE_RULES_FOR_MAILS)]
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                found.append(f"{kind}: does not fit into {width} px")
    # Mail programs read styles only where they stand at the element.
    return found + [error for error in html_errors(list(mails.values())) if "no-inline-style" not in error]


def test_every_mail_reads_well_in_a_browser(page: Page, proposed: tuple[EventFacts, str], clock: Clock) -> None:
    messages = one_of_each_kind(proposed[0])
    assert reading_badly(page, {kind: notices.compose(one, clock()).html for kind, one in messages.items()}) == []
    assert len(messages) == len(KINDS) - len(NOT_TO_PARTICIPANTS)


def test_letters_to_those_who_speak_and_about_feeds_read_well(
    app: Flask, page: Page, clock: Clock, server: FeedServer
) -> None:
    event = watched_event(clock, feed(server))
    ben = confirm(event, "Ben", clock())
    server.answers["/table.csv"] = lambda handler: handler.send(b"", 500)
    clock.set(MORNING)
    tick(server, clock)
    # A name and a title that are longer than a small window is wide.
    speakers = (Speaker(name=LONG_NAME, email="iris@example.org"), Speaker(name="Mo", email="mo@e.org", moderates=True))
    values = replace(events.values_of(events.get(event.id)), title=f"{event.title} {LONG_NAME}", speakers=speakers)
    changes.edit(event.id, values, by="test", now=clock())
    warned = warned_event(clock, server)
    mails = {}

    def look() -> None:
        for message in [found for one in (event, warned) for found in outbox.ledger(one.id, limit=500)]:
            if message.kind in NOT_TO_PARTICIPANTS and message.state is MessageState.WAITING:
                for language in ("de", "en"):
                    letter = notices.compose(replace(message, language=language), clock())
                    mails[f"{message.id} {message.kind} {language}"] = letter.html

    assert formats.switch(event.id, Format.DIGITAL, reason="Sturm", join_url=ROOM, by="test", now=clock())
    help_requests.ask(ben.id, [HelpKind.OTHER], "", clock())
    look()
    changes.edit(event.id, replace(values, starts_at=STARTS_AT + timedelta(hours=1)), by="test", now=clock())
    look()
    changes.postpone(event.id, reason="Sturm", by="test", now=clock())
    look()
    changes.cancel_event(event.id, reason="Sturm", by="test", now=clock())
    look()
    clock.set(EVENING_BEFORE)
    server.serve(PATH, documents.civil(("Extreme", "Alert")))
    poll(server, clock)
    look()
    assert {name.split()[1] for name in mails} == NOT_TO_PARTICIPANTS
    assert reading_badly(page, mails) == []
