"""The room and its telephone PIN are before the eyes of those with a digital place only: a walk with planted ones."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.accounts.types import Role
from regservice.adapters.ical import invitation as as_bytes
from regservice.config import current_settings
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import DialIn, EventFacts, Format
from regservice.notices import service as notices
from regservice.notices.kinds import KINDS
from regservice.notices.letters import Sending, letter_to_participant
from regservice.notices.types import Letter
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Participation, RegistrationFacts
from regservice.town.types import TownFacts
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.notices.messages import message_facts
from tests.web.addresses import AUDIENCE, open_everything
from tests.web.story import Story, sign_in

PIN, LINK = "86420975", "https://canary-room.example.org/kanarienvogel"
DIAL_IN = DialIn(number="030 86420975", pin=PIN)
OUTSIDE = {"public", "machine", "personal link", "decision link", "unsubscribe link", "one-time link"}


def people_around_a_room(clock: Clock) -> tuple[EventFacts, dict[str, RegistrationFacts]]:
    """An event in both formats with its room, and somebody in every state on the digital side."""
    event = make_event(
        clock(), format=Format.HYBRID, join_url=LINK, dial_in=DIAL_IN, title="Canary", digital_capacity=1, capacity=1
    )
    people = {"onsite": confirm(event, "Olaf On", clock(), attendance=Attendance.ONSITE)}
    gone = confirm(event, "Gitta Gone", clock(), attendance=Attendance.DIGITAL)
    registrations.cancel(gone.id, clock())
    people |= {"gone": gone, "digital": confirm(event, "Dora Digital", clock(), attendance=Attendance.DIGITAL)}
    people["waits"] = confirm(event, "Wim Waits", clock(), attendance=Attendance.DIGITAL)
    people["unsure"] = register(event, "Uta Unsure", clock(), attendance=Attendance.DIGITAL)
    found = {name: registrations.find(person.id) for name, person in people.items()}
    assert [person.state.value for person in found.values() if person] == [
        *("confirmed", "cancelled", "confirmed", "waitlisted", "pending")
    ]
    return event, {name: person for name, person in found.items() if person}


@pytest.fixture
def walked(app: Flask, story: Story, clock: Clock) -> tuple[Story, EventFacts, dict[str, RegistrationFacts]]:
    """The town hall of the other walks with this event and its people in it."""
    event, people = people_around_a_room(clock)
    story.events.append(event)
    story.links |= {name: registrations.personal_token(person) for name, person in people.items()}
    return story, event, people


def hits(app: Flask, story: Story, clock: Clock, secret: str) -> set[str]:
    """Every address outside of the town hall whose answer shows the secret, in its text or in its headers."""
    cookie = sign_in(app, Role.ADMIN, clock, email=f"{secret[:8].strip(':/')}@example.org")
    adapter = app.url_map.bind("events.example.org")
    shown = set()
    for path, answer in open_everything(app, story, cookie):
        endpoint = adapter.match(path)[0]
        if AUDIENCE[endpoint] in OUTSIDE or endpoint == "organiser.press":
            shown |= {path} if secret.encode() in answer.data or secret in str(answer.headers) else set()
    client = app.test_client(use_cookies=False)
    for event in story.events:
        address = f"/events/{event.slug}/register"
        shown |= {f"POST {address}"} if secret in client.post(address, data={"name": "x"}).text else set()
    return shown


Walked = tuple[Story, EventFacts, dict[str, RegistrationFacts]]


def test_nobody_outside_sees_the_room_before_it_opens(
    app: Flask, walked: Walked, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    story, _, _ = walked
    own = f"/r/{story.links['digital']}"
    with caplog.at_level(logging.DEBUG):
        assert hits(app, story, clock, LINK) == set()
        # Pages that show the person's page, since there is nothing else to do there.
        shown = hits(app, story, clock, PIN)
    assert (own in shown, {path for path in shown if not path.startswith(own)}) == (True, set())
    assert [secret in caplog.text for secret in (PIN, LINK)] == [False, False]


def test_while_it_is_open_only_the_own_link_leads_there(
    app: Flask, walked: Walked, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    story, _, _ = walked
    own = f"/r/{story.links['digital']}"
    clock.set(STARTS_AT - timedelta(minutes=5))
    with caplog.at_level(logging.DEBUG):
        assert hits(app, story, clock, LINK) == {f"{own}/join"}
        assert {path for path in hits(app, story, clock, PIN) if not path.startswith(own)} == set()
    assert [secret in caplog.text for secret in (PIN, LINK)] == [False, False]


def all_of(letter: Letter) -> str:
    """Everything that leaves with a letter."""
    calendar = as_bytes(letter.invitation, letter.method).decode() if letter.invitation and letter.method else ""
    return "\n".join([letter.subject, letter.text, letter.html, calendar])


def test_every_kind_of_mail_keeps_the_room_and_names_the_pin_only_where_it_is_needed(
    app: Flask, walked: Walked, clock: Clock
) -> None:
    _, event, people = walked
    clock.set(STARTS_AT - timedelta(hours=2))
    sending = Sending(settings=current_settings(), town=TownFacts(name="Exampletown"), now=clock())
    shown, linked = set(), set()
    for kind in (name for name, kind in KINDS.items() if kind.states):
        for name, person in people.items():
            message = message_facts(kind, payload={"outcome": "switched", "from": "onsite", "to": "digital"})
            of = Participation(registration=replace(person, expires_at=clock(), queued_at=clock()), event=event)
            words = all_of(letter_to_participant(message, of, "token", sending))
            shown |= {(kind, name)} if PIN in words else set()
            linked |= {(kind, name)} if LINK in words else set()
    assert shown == {(kind, "digital") for kind in ("decision", "remind_2h", "confirmed")}
    assert linked == set()


def test_what_is_in_the_outbox_of_a_town_hall_holds_neither(app: Flask, walked: Walked, clock: Clock) -> None:
    story, _, _ = walked
    messages = [message for event in story.events for message in outbox.ledger(event.id, limit=1000)]
    letters = [all_of(notices.compose(message, clock())) for message in messages]
    assert len(letters) > 20
    assert [number for number, words in enumerate(letters) if PIN in words or LINK in words] == []


@pytest.mark.parametrize("secret", [PIN, LINK])
def test_the_walk_finds_what_somebody_wrote_where_everybody_reads(
    app: Flask, walked: Walked, clock: Clock, secret: str
) -> None:
    story, event, _ = walked
    with transaction():
        events.lock(event.id)
        events.update(event.id, replace(events.values_of(event), summary=f"Here: {secret}"), by="test", now=clock())
    found = hits(app, story, clock, secret)
    assert {f"/events/{event.slug}", f"/api/v1/events/{event.slug}", "/api/v1/events"} <= found
