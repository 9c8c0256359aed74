"""The room's own address is for people with a digital place, and only while it is open: everything else is searched.

Every page, form, feed, calendar, answer of the API, mail and log line is read by those who may read it, before and
after a switch and with the room open, with people in every state.
"""

import email
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import Message
from email.policy import default

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from regservice.accounts.types import Role
from regservice.adapters.letters import RelayMessage
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import DialIn, EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices import speaker_links
from regservice.outbox import service as outbox
from regservice.registrations import desk
from regservice.registrations import service as registrations
from tests.conftest import Clock, OutsideClient
from tests.factories import DIALOGUE, STARTS_AT, confirm, make_event
from tests.forms import forms_in
from tests.web.addresses import AUDIENCE, rules
from tests.web.story import Story, dump, sign_in, write_story

ROOM = "https://meet.example.org/kanarienraum-7"
CANARY, PIN = "kanarienraum", "90817263"
STAFF = {"organiser", "admin", "API token", "decision link"}
SAID = {
    "optin",
    "confirmed",
    "waitlisted",
    "offer",
    "cancelled",
    "cancelled_event",
    "postponed",
    "proposal",
    "new_link",
}
DECIDED = {"decision", "decision_again", "speaker_decision", "remind_1d", "remind_2h"}
BEFORE, OPEN = STARTS_AT - timedelta(days=2), STARTS_AT - timedelta(minutes=15)


@dataclass(kw_only=True)
class Town:
    """The story, an event in both formats, and who may see what."""

    app: Flask
    story: Story
    hybrid: EventFacts
    staff_cookie: str

    def addresses(self, rule: Rule) -> list[str]:
        """Every address of this kind, also for the event in both formats."""
        found = self.story.addresses(rule)
        if AUDIENCE[rule.endpoint] == "public" and "/events/<slug>" in rule.rule:
            found.append(rule.rule.replace("<slug>", self.hybrid.slug))
        return found


@pytest.fixture
def town(app: Flask, clock: Clock) -> Town:
    """Every event has the room, whatever its state; people in every state, on site and digital."""
    app.test_client_class = OutsideClient
    story = write_story(clock, replace(DIALOGUE, summary="An evening", digital_capacity=2))
    hybrid = make_event(clock(), title="In both formats", format=Format.HYBRID, capacity=1, digital_capacity=1)
    people = {
        "on site": confirm(hybrid, "Fay", clock(), attendance="onsite"),
        "digital": confirm(hybrid, "Gil", clock(), attendance="digital"),
        "waits for a digital place": confirm(hybrid, "Hal", clock(), attendance="digital"),
    }
    story.links |= {who: registrations.personal_token(person) for who, person in people.items()}
    story.links["link before this one"] = story.links["confirmed"]
    renewed = desk.replace_link(story.people["confirmed"].id, by="test", now=clock())
    story.links["confirmed"] = registrations.personal_token(renewed)
    for each in (*story.events, hybrid):
        events.set_join_url(each.id, ROOM, by="test", now=clock())
        values = replace(events.values_of(each), dial_in=DialIn(number="030 123456", meeting_id="4711", pin=PIN))
        changes.edit(each.id, values, by="test", now=clock())
    return Town(app=app, story=story, hybrid=hybrid, staff_cookie=sign_in(app, Role.ADMIN, clock))


def text_of(answer: TestResponse) -> str:
    return answer.data.decode(errors="replace")


def everything(answer: TestResponse) -> str:
    """The headers count as well: a redirect tells where it leads."""
    return f"{answer.headers} {text_of(answer)}"


def people_pages(town: Town) -> Iterator[tuple[str, str]]:
    """What everybody with some link or none sees, and what comes back when they send the forms on it."""
    client = town.app.test_client(use_cookies=False)
    forms = []
    for rule in rules(town.app, "GET"):
        if AUDIENCE[rule.endpoint] in STAFF:
            continue
        for path in town.addresses(rule):
            for language in ("de", "en"):
                answer = client.get(path, headers={"Accept-Language": language})
                yield path, everything(answer)
                forms += [(path, form) for form in forms_in(text_of(answer))]
    for path, (action, hidden) in forms:
        answer = client.post(action or path, data={"attendance": "digital", **hidden})
        yield f"POST {action or path}", everything(answer)


def staff_pages(town: Town) -> Iterator[tuple[str, str]]:
    """What a signed-in administrator and a program with a token read."""
    client = town.app.test_client(use_cookies=False)
    for rule in rules(town.app, "GET"):
        token = {"Authorization": f"Bearer {town.story.api_token}"}
        proof = token if rule.endpoint.startswith("api.") else {"Cookie": f"session={town.staff_cookie}"}
        if AUDIENCE[rule.endpoint] in STAFF or rule.endpoint.startswith("api."):
            for path in town.addresses(rule):
                answer = client.get(path, headers=proof)
                yield f"{AUDIENCE[rule.endpoint]}: {path}", everything(answer)


def mails(town: Town, now: datetime) -> Iterator[tuple[str, str]]:
    """Every message as it would leave now, with its calendar; headers and contents decoded."""
    for event in (*town.story.events, town.hybrid):
        for message in outbox.ledger(event.id, limit=500):
            if message.recipient:
                mail = email.message_from_bytes(RelayMessage(notices.compose(message, now)).as_bytes(), policy=default)
                yield (
                    f"{message.kind} to {message.recipient}",
                    " ".join([str(mail.items()), *map(content, mail.walk())]),
                )


def content(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode() if isinstance(payload, bytes) else ""


def hits(found: Iterable[tuple[str, str]], canary: str = CANARY) -> set[str]:
    return {where for where, text in found if canary in text.lower()}


def go_digital(town: Town, clock: Clock, at: datetime) -> None:
    """The event that was on site becomes digital, and everything that follows is planned."""
    clock.set(at)
    answer = formats.switch(town.story.event.id, Format.DIGITAL, reason="storm", join_url=None, by="test", now=clock())
    assert isinstance(answer, Switched)
    notices.plan_due(clock())


@pytest.mark.parametrize("digital", [False, True], ids=["on site", "digital"])
def test_nobody_finds_the_room_before_it_opens(
    town: Town, clock: Clock, caplog: pytest.LogCaptureFixture, digital: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    if digital:
        go_digital(town, clock, BEFORE)
    sent = list(mails(town, clock()))
    assert {where.split()[0] for where, _ in sent} >= (SAID | DECIDED if digital else SAID)
    assert hits(sent) | hits(people_pages(town)) == set()
    assert CANARY not in caplog.text.lower()
    assert {table for table, rows in dump().items() if CANARY in str(rows).lower()} == {"event_session"}


def test_the_open_room_lets_in_those_with_a_digital_place_and_nobody_else(
    town: Town, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    go_digital(town, clock, BEFORE)
    clock.set(OPEN)
    let_in = {f"/r/{town.story.links[who]}/join" for who in ("confirmed", "digital")}
    # Who speaks presses a button on a page of their own; of the two events with a link here one has a digital room.
    speaks = (
        f"POST /speak/{speaker_links.link_of(town.story.event.id, town.story.event.speakers[0]).rpartition('/')[2]}"
    )
    assert hits(mails(town, clock())) == set()
    # The room of a part is a page of its own below the one link.
    found = hits(people_pages(town))
    # The button on the own page leads there as well.
    led = {path.removeprefix("POST ").partition("/join")[0] + "/join" for path in found - {speaks}}
    assert led == let_in
    assert speaks in found
    assert CANARY not in caplog.text.lower()


def test_the_pin_is_told_to_those_with_a_digital_place_alone(
    town: Town, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    go_digital(town, clock, BEFORE)
    # A mail about the place that had not left yet says how one takes part now.
    told = {
        "confirmed to ada@example.org",
        "decision to ada@example.org",
        "remind_2h to ada@example.org",
        "remind_2h to gil@example.org",
    }
    assert hits(mails(town, clock()), PIN) == told
    # What people send may give them a digital place; what they read does not.
    read = (page for page in people_pages(town) if not page[0].startswith("POST "))
    pages = {path.split("/")[2] if path.startswith("/r/") else path for path in hits(read, PIN)}
    assert pages == {town.story.links[who] for who in ("confirmed", "digital")}
    assert PIN not in caplog.text


def test_the_organisers_alone_read_the_room(town: Town, clock: Clock) -> None:
    slugs = [event.slug for event in (*town.story.events, town.hybrid)]
    audiences = {where.split(":")[0] for where in hits(staff_pages(town))}
    assert audiences == {"organiser", "public"}  # The public calls of the API, asked with a token.
    answers = {slug: town.app.test_client().get(f"/api/v1/events/{slug}").text for slug in slugs}
    assert [slug for slug, text in answers.items() if CANARY in text] == []


def test_the_search_finds_a_room_that_somebody_wrote_into_the_text(town: Town, clock: Clock) -> None:
    """What the others do not find could be found."""
    for each in (town.story.event, town.hybrid):
        values = replace(events.values_of(each), title=f"Join at {ROOM}")
        changes.edit(each.id, values, by="test", now=clock())
    assert hits(mails(town, clock())) != set()
    found = hits(people_pages(town))
    slug = town.story.event.slug
    leaks = ("/events/{}", "/events/{}/calendar.ics", "/calendar.ics", "/api/v1/events", "/api/v1/events/{}", "/")
    assert {path for path in map(str.format, leaks, [slug] * len(leaks)) if path not in found} == set()
