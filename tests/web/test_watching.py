"""Watching together: who takes part digitally can choose a chair on site, as long as one is free."""

from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.db import db
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, RegistrationFacts
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import forms_in
from tests.web.test_personal import link


def event_with_a_place_to_watch(clock: Clock, format: Format = Format.DIGITAL) -> EventFacts:
    event = make_event(clock(), format=format, join_url="https://room.example.org/x", digital_capacity=None)
    talk = SessionValues(title="Talk", kind=SessionKind.TALK, format=format, join_url=event.join_url)
    watching = SessionValues(
        title="Library", kind=SessionKind.WATCH_TOGETHER, place="Reading room", capacity=1, for_everyone=False
    )
    session_changes.arrange(event.id, [(None, talk), (None, watching)], by="test", now=clock())
    return events.get(event.id)


def offers(client: FlaskClient, person: RegistrationFacts) -> list[dict[str, str]]:
    page = client.get(link(person)).text
    return [hidden for action, hidden in forms_in(page) if action.endswith("/watch")]


def sessions_of(person: RegistrationFacts) -> frozenset[int]:
    db.session.rollback()
    found = registrations.find(person.id)
    assert found is not None
    assert found.attendance is person.attendance  # A chair to watch from is no seat at the event.
    return found.session_ids


def test_one_chair_is_given_once_and_can_be_given_back(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with_a_place_to_watch(clock)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    library = event.parts[1].id
    [of_ada], [of_ben] = offers(client, ada), offers(client, ben)
    assert client.post(link(ada) + "/watch", data=of_ada).status_code == 200
    assert sessions_of(ada) == frozenset({library})
    assert client.post(link(ben) + "/watch", data=of_ben).status_code == 409
    assert (sessions_of(ben), offers(client, ben)) == (frozenset(), [])
    [back] = offers(client, ada)
    assert client.post(link(ada) + "/watch", data=back).status_code == 200
    assert (sessions_of(ada), len(offers(client, ben))) == (frozenset(), 1)


def test_only_people_with_a_digital_place_are_offered_it(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with_a_place_to_watch(clock, Format.HYBRID)
    onsite = confirm(event, "Ada", clock(), attendance=Attendance.ONSITE)
    digital = confirm(event, "Ben", clock(), attendance=Attendance.DIGITAL)
    [offer] = offers(client, digital)
    assert offers(client, onsite) == []
    token = next(hidden for _, hidden in forms_in(client.get(link(onsite) + "/cancel").text))
    assert client.post(link(onsite) + "/watch", data={**token, "session": offer["session"]}).status_code == 409
    assert sessions_of(onsite) == frozenset()


def test_no_other_session_is_chosen_by_this_button(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = event_with_a_place_to_watch(clock)
    ada = confirm(event, "Ada", clock())
    [offer] = offers(client, ada)
    assert client.post(link(ada) + "/watch", data={**offer, "session": str(event.parts[0].id)}).status_code == 409
    assert sessions_of(ada) == frozenset()
