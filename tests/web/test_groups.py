"""Choosing a working group on one's own page."""

from flask import Flask
from flask.testing import FlaskClient

from regservice.db import db
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm
from tests.forms import forms_in
from tests.registrations.test_choosing import event_with, group
from tests.web.test_personal import link


def form_of(client: FlaskClient, person: RegistrationFacts) -> dict[str, str]:
    [(_, hidden)] = forms_in(client.get(link(person) + "/group").text)
    return hidden


def parts_of(person: RegistrationFacts) -> frozenset[int]:
    db.session.rollback()
    found = registrations.find(person.id)
    assert found is not None
    return found.session_ids


def test_a_group_is_chosen_and_shown(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing", 2, place="Room 3"), group("Work"))
    ada = confirm(event, "Ada", clock())
    assert "/group" in client.get(link(ada)).text
    page = client.get(link(ada) + "/group").text
    assert "Housing, Room 3, 2 Plätze sind frei" in page
    assert "Work, 1 Platz ist frei" in page
    chosen = {**form_of(client, ada), "group": str(event.parts[0].id)}
    answer = client.post(link(ada) + "/group", data=chosen)
    assert (answer.status_code, parts_of(ada)) == (200, frozenset({event.parts[0].id}))
    assert "Room 3" in answer.text


def test_a_full_group_is_named_and_not_offered(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work"))
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    too_late = {**form_of(client, ben), "group": str(event.parts[0].id)}
    client.post(link(ada) + "/group", data={**form_of(client, ada), "group": str(event.parts[0].id)})
    assert "Schon voll" in client.get(link(ben) + "/group").text
    answer = client.post(link(ben) + "/group", data=too_late)
    assert (answer.status_code, parts_of(ben)) == (409, frozenset())
    assert "Work, 1 Platz ist frei" in answer.text
    assert "ist jetzt voll" in answer.text


def test_nothing_chosen_and_what_is_no_group(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Assigned", chosen=False))
    ada = confirm(event, "Ada", clock())
    hidden = form_of(client, ada)
    assert client.post(link(ada) + "/group", data=hidden).status_code == 400
    assert client.post(link(ada) + "/group", data={**hidden, "group": "a"}).status_code == 400
    assigned = str(event.parts[1].id)
    assert client.post(link(ada) + "/group", data={**hidden, "group": assigned}).status_code == 409
    assert parts_of(ada) == frozenset()


def test_after_noon_of_the_day_before_nobody_is_asked(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"))
    ada = confirm(event, "Ada", clock())
    clock.set(STARTS_AT.replace(day=19, hour=10))
    late = {**form_of(client, ada), "group": str(event.parts[0].id)}
    clock.set(STARTS_AT.replace(day=19, hour=11))
    assert "/group" not in client.get(link(ada)).text
    answer = client.post(link(ada) + "/group", data=late)
    assert (answer.status_code, parts_of(ada)) == (409, frozenset())
    assert "Die Zeit zum Wählen ist vorbei" in answer.text
