"""Each row of the table of limits in docs/operation.md, at the count and one above, as a person meets it."""

import re
from collections import Counter
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.config import PROJECT_ROOT
from regservice.events.types import EventFacts
from regservice.outbox import service as outbox
from regservice.registrations import registering
from regservice.registrations.types import OptInSent, TooManyRequests
from tests.conftest import Clock, OutsideClient
from tests.factories import make_event, request_for
from tests.forms import forms_in
from tests.web.addresses import browser
from tests.web.story import sign_in

ROWS = {
    "registrations of one event": "30 a minute",
    "registrations from one network address": "60 an hour",
    "mails to one unconfirmed address": "3 a day over all events, 1 an hour and event",
    "unconfirmed mails over all": "500 an hour; later ones wait for the next hour",
    "a lost link sent again": "3 a day and address",
    "wrong passwords": "5 in 15 minutes an account, 20 an hour from one network address",
    "exports": "20 a day and organiser",
    "request body": "2 MB, forms 256 kB, logo 1 MB",
}


def test_the_table_says_what_is_tested_here() -> None:
    text = (PROJECT_ROOT / "docs/operation.md").read_text(encoding="utf-8").split("## Limits")[1].split("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
    assert dict(rows[1:]) == ROWS


class Guest:
    """A browser that registers people one after the other with the form."""

    def __init__(self, app: Flask, clock: Clock) -> None:
        app.test_client_class = OutsideClient
        self.client, self.clock = app.test_client(), clock

    def register(self, event: EventFacts, name: str, sender: str = "192.0.2.1", email: str = "") -> TestResponse:
        path = f"/events/{event.slug}/register"
        _, hidden = forms_in(self.client.get(path).text)[0]
        self.clock.advance(seconds=2)
        person = {"name": name, "email": email or f"{name.lower()}@example.org", "language": "de", "consent": "yes"}
        return self.client.post(path, data={**hidden, **person}, environ_base={"REMOTE_ADDR": sender})

    def lost(self, email: str) -> TestResponse:
        _, hidden = forms_in(self.client.get("/lost").text)[0]
        return self.client.post("/lost", data={**hidden, "email": email})


@pytest.fixture
def guest(app: Flask, clock: Clock) -> Guest:
    return Guest(app, clock)


def mails(*kinds: str) -> Counter[str]:
    """How many mails each address was or will be sent."""
    found = outbox.search(None, kinds=kinds, states=(), page=1, size=2000)
    return Counter(message.recipient for message in found.messages)


def due(*kinds: str) -> list[datetime]:
    """When each mail of these kinds was or will be sent."""
    return [message.due_at for message in outbox.search(None, kinds=kinds, states=(), page=1, size=2000).messages]


def register(event: EventFacts, number: int, clock: Clock) -> object:
    """The same without a page around it."""
    request = request_for(f"Person {number}")
    return registering.register(event.id, request, sender=f"192.0.2.{number}", now=clock())


def test_thirty_registrations_of_an_event_a_minute(guest: Guest, clock: Clock) -> None:
    event = make_event(clock(), capacity=100)
    assert {type(register(event, number, clock)) for number in range(30)} == {OptInSent}
    refused = guest.register(event, "Ada")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "59")
    # Nothing that was typed is lost.
    assert 'value="ada@example.org"' in refused.text
    assert forms_in(refused.text) != []
    assert mails("optin")["ada@example.org"] == 0
    assert guest.register(make_event(clock()), "Ada").status_code == 200
    clock.advance(seconds=58)
    assert guest.register(event, "Ben").status_code == 200


def test_sixty_registrations_an_hour_from_one_place(guest: Guest, app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=100)
    statuses = []
    for number in range(61):
        clock.advance(seconds=3)
        statuses.append(guest.register(event, f"Person{number}").status_code)
    assert statuses == [200] * 60 + [429]
    assert guest.register(event, "Elsewhere", sender="192.0.2.2").status_code == 200
    api = app.test_client().post(
        f"/api/v1/events/{event.slug}/registrations",
        json={"name": "Api", "email": "api@example.org", "language": "de", "consent": True},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )
    assert (api.status_code, api.mimetype, "Retry-After" in api.headers) == (429, "application/problem+json", True)
    # Forged forwarding headers make nobody somebody else.
    path = f"/events/{event.slug}/register"
    _, hidden = forms_in(guest.client.get(path).text)[0]
    clock.advance(seconds=2)
    person = {"name": "Forged", "email": "forged@example.org", "language": "de", "consent": "yes"}
    forged = guest.client.post(
        path,
        data={**hidden, **person},
        headers={"X-Forwarded-For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X-Real-IP": "203.0.113.9"},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )
    assert forged.status_code == 429


def test_a_mailbox_is_not_flooded_and_the_answer_tells_nothing(guest: Guest, clock: Clock) -> None:
    several = [make_event(clock(), title=f"Evening {number}") for number in range(5)]
    pages = []
    for event in several:
        for _ in range(2):
            answer = guest.register(event, "Ada", email="Ada+x@example.org")
            assert answer.status_code == 200
            pages.append(re.sub("Evening [0-9]|evening-[0-9]", "", answer.text))
    assert len(set(pages)) == 1
    sent = clock()
    assert Counter(moment > sent for moment in due("optin", "already")) == {False: 3, True: 2}
    clock.advance(days=1)
    for event in (several[0], several[0], *several[3:]):
        guest.register(event, "Ada", email="Ada+x@example.org")
    # Of the three that may leave on the second day two had waited since the first.
    assert Counter(moment > sent for moment in due("optin", "already")) == {False: 3, True: 3}


def test_one_mail_an_hour_for_one_event(guest: Guest, clock: Clock) -> None:
    event = make_event(clock())
    guest.register(event, "Ada")
    guest.register(event, "Ada")
    assert mails("optin") == {"ada@example.org": 1}
    clock.advance(hours=1)
    guest.register(event, "Ada")
    assert mails("optin") == {"ada@example.org": 2}


def test_the_five_hundred_and_first_waits(app: Flask, clock: Clock) -> None:
    several = [make_event(clock(), title=f"Evening {number}", capacity=50) for number in range(20)]
    begun = clock()
    for number in range(501):
        answer = register(several[number // 26], number, clock)
        assert not isinstance(answer, TooManyRequests), number
    assert Counter(due("optin")) == {begun: 500, begun + timedelta(hours=1): 1}


def test_a_lost_link_three_times_a_day(guest: Guest, clock: Clock) -> None:
    event = make_event(clock())
    guest.register(event, "Ada")
    pages = [guest.lost(email) for email in ["ada@example.org"] * 4 + ["nobody@example.org"]]
    assert {page.status_code for page in pages} == {200}
    assert len({re.sub("(ada|nobody)@", "", page.text) for page in pages}) == 1
    assert mails("optin") == {"ada@example.org": 1 + 3}
    clock.advance(days=1)
    guest.lost("ada@example.org")
    assert mails("optin") == {"ada@example.org": 1 + 4}


def try_to_sign_in(client: FlaskClient, email: str, password: str = "not this one") -> int:
    _, hidden = forms_in(client.get("/organise/login").text)[0]
    return client.post("/organise/login", data={**hidden, "email": email, "password": password}).status_code


def test_sign_in_is_throttled_by_account_and_by_place(guest: Guest, clock: Clock) -> None:
    made = accounts.add_organiser("kim@example.org", "Kim", password="a quiet evening", by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    for email in ("kim@example.org", "nobody@example.org"):
        assert [try_to_sign_in(guest.client, email) for _ in range(6)] == [400] * 5 + [429]
    assert try_to_sign_in(guest.client, "KIM@example.org", "a quiet evening") == 429
    clock.advance(minutes=15)
    assert try_to_sign_in(guest.client, "kim@example.org", "a quiet evening") == 302
    # Ten wrong passwords were counted for this place; the right one was not.
    left = [try_to_sign_in(app_client(guest), f"other{number}@example.org") for number in range(11)]
    assert left == [400] * 10 + [429]
    clock.advance(hours=1)
    assert try_to_sign_in(app_client(guest), "kim@example.org", "a quiet evening") == 302


def app_client(guest: Guest) -> FlaskClient:
    """Another browser at the same place."""
    client: FlaskClient = guest.client.application.test_client()
    return client


def test_twenty_exports_a_day(guest: Guest, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    guest.register(event, "Ada")
    client = browser(app, sign_in(app, Role.ORGANISER, clock))
    page = client.get(f"/organise/events/{event.slug}/attendees").text
    action, hidden = next(form for form in forms_in(page) if form[0].endswith("/export"))
    answers = [client.post(action, data={**hidden, "format": "csv"}) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 24 * 3600 + 1


@pytest.mark.parametrize(
    ("path", "size", "kind"),
    [
        ("/lost", 256 * 1024 + 1, "application/x-www-form-urlencoded"),
        ("/lost", 256 * 1024 + 1, "multipart/form-data; boundary=x"),
        ("/lost", 256 * 1024 + 1, "text/plain"),
        ("/organise/settings", 2 * 1024 * 1024 + 1, "multipart/form-data; boundary=x"),
        ("/api/v1/events", 256 * 1024 + 1, "application/json"),
    ],
)
def test_bodies_have_a_size(guest: Guest, app: Flask, clock: Clock, path: str, size: int, kind: str) -> None:
    made = accounts.add_organiser("olga@example.org", "Olga", by="test", now=clock())
    assert isinstance(made, OrganiserFacts)
    token = accounts.make_api_token("x", organiser_id=made.id, by="test", now=clock())
    answer = guest.client.post(
        path, data=b"x" * size, content_type=kind, headers={"Authorization": f"Bearer {token}"} if "api" in path else {}
    )
    assert answer.status_code == 413
