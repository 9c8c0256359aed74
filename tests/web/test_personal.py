"""A person's own pages: a GET shows, a POST acts, and only with the form of this very page."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.db import db, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.forms import fill_in, forms_in

ROOM = "https://rooms.example.org/secret-room"


def link(registration: RegistrationFacts) -> str:
    return f"/r/{registrations.personal_token(registration)}"


def state(registration: RegistrationFacts) -> State:
    db.session.rollback()
    found = registrations.find(registration.id)
    assert found is not None
    return found.state


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    return make_event(clock(), capacity=1)


def test_opening_the_confirm_link_changes_nothing_and_its_button_confirms(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = register(event, "Ada", clock())
    for _ in range(2):
        assert client.get(link(ada) + "/confirm").status_code == 200
        assert client.head(link(ada) + "/confirm").status_code == 200
    assert state(ada) is State.PENDING
    assert fill_in(client, link(ada) + "/confirm", {}).status_code == 200
    assert state(ada) is State.CONFIRMED
    assert forms_in(client.get(link(ada) + "/confirm").text) == []


def test_a_confirm_form_of_another_person_is_refused(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada, ben = register(event, "Ada", clock()), register(event, "Ben", clock())
    _, hidden = forms_in(client.get(link(ada) + "/confirm").text)[0]
    assert client.post(link(ben) + "/confirm", data=hidden).status_code == 400
    assert client.post(link(ben) + "/confirm").status_code == 400
    assert state(ben) is State.PENDING


@pytest.mark.parametrize(
    "change", [lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), lambda token: token[1:]]
)
def test_a_changed_link_opens_nothing(client: FlaskClient, event: EventFacts, clock: Clock, change: object) -> None:
    ada = register(event, "Ada", clock())
    token = registrations.personal_token(ada)
    assert callable(change)
    assert client.get(f"/r/{change(token)}").status_code == 404


def test_waiting_then_offered_then_accepted(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    assert state(ben) is State.WAITLISTED
    assert fill_in(client, link(ada) + "/cancel", {}).status_code == 200
    assert (state(ada), state(ben)) == (State.CANCELLED, State.OFFERED)
    client.get(link(ben) + "/accept")
    assert state(ben) is State.OFFERED
    assert fill_in(client, link(ben) + "/accept", {}).status_code == 200
    assert state(ben) is State.CONFIRMED


def test_a_cancellation_is_taken_back_while_a_place_is_free(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = confirm(event, "Ada", clock())
    page = fill_in(client, link(ada) + "/cancel", {})
    [(action, hidden)] = forms_in(page.text)
    assert client.post(action, data=hidden).status_code == 200
    assert state(ada) is State.CONFIRMED


def test_after_48_hours_the_link_says_what_to_do(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada = register(event, "Ada", clock())
    clock.advance(hours=48)
    assert client.get(link(ada) + "/confirm").status_code == 410


def test_somebody_else_deletes_the_address(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada = register(event, "Ada", clock())
    assert fill_in(client, link(ada) + "/withdraw", {}).status_code == 200
    db.session.rollback()
    assert registrations.find(ada.id) is None
    assert client.get(link(ada)).status_code == 404


def test_of_two_clicks_that_delete_the_second_finds_nothing(
    app: Flask, client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = register(event, "Ada", clock())
    address = link(ada) + "/withdraw"
    _, hidden = forms_in(client.get(address).text)[0]
    answers = []

    def press() -> None:
        with app.app_context():
            answers.append(client.post(address, data=hidden).status_code)

    second = threading.Thread(target=press)
    with transaction():
        second.start()
        second.join(timeout=1)  # Long enough to find the person and to come to the lock.
        registrations.withdraw(ada.id, clock())
    second.join()
    assert answers == [404]


def test_a_person_corrects_what_they_said(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada = confirm(event, "Ada", clock())
    page = fill_in(client, link(ada) + "/change", {"name": "Ada Lovelace", "language": "en"})
    assert (page.status_code, '<html lang="en"' in page.text) == (200, True)
    db.session.rollback()
    changed = registrations.find(ada.id)
    assert changed is not None
    assert (changed.name, changed.language, changed.state) == ("Ada Lovelace", "en", State.CONFIRMED)


@pytest.mark.parametrize(
    ("before_start", "status"),
    [(timedelta(minutes=30, seconds=1), 200), (timedelta(minutes=30), 302), (timedelta(hours=-3), 200)],
)
def test_the_room_opens_half_an_hour_before_and_closes_with_the_event(
    client: FlaskClient, app: Flask, clock: Clock, before_start: timedelta, status: int
) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM, digital_capacity=None)
    ada, ben = confirm(event, "Ada", clock()), register(event, "Ben", clock())
    clock.set(STARTS_AT - before_start)
    answer = client.get(link(ada) + "/join")
    assert (answer.status_code, answer.headers.get("Location")) == (status, ROOM if status == 302 else None)
    assert ROOM not in client.get(link(ben) + "/join").text
    assert ROOM not in client.get(link(ada)).text


def test_a_place_of_a_postponed_event_is_given_back_also_after_its_old_date(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = confirm(event, "Ada", clock())
    assert isinstance(changes.postpone(event.id, reason="", by="test", now=clock()), EventFacts)
    clock.set(STARTS_AT)
    assert f'href="{link(ada)}/cancel"' in client.get(link(ada)).text
    assert fill_in(client, link(ada) + "/cancel", {}).status_code == 200
    assert state(ada) is State.CANCELLED


def test_the_language_of_the_page_is_the_persons(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    ada = register(event, "Ada", clock(), language="en")
    assert '<html lang="en"' in client.get(link(ada), headers={"Accept-Language": "de"}).text
    assert events.get(event.id).slug in client.get(link(ada)).text


def test_a_persons_pages_are_kept_nowhere(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    headers = client.get(link(register(event, "Ada", clock()))).headers
    assert (headers["Cache-Control"], headers["X-Robots-Tag"]) == ("no-store", "noindex")
