"""Does the new date suit you? Two buttons on the person's own page, a mark on the organiser's list, staff enter it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.registrations import service as registrations
from regservice.registrations.types import QuestionAnswer, RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.changes.test_service import deliver_all
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.forms import forms_in
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Postponed and taken up again; Ada and Ben have a place."""
    made = make_event(clock(), capacity=5)
    for name in ("Ada", "Ben"):
        confirm(made, name, clock(), language="en")
    changes.postpone(made.id, reason="Storm", by="test", now=clock())
    moved = replace(events.values_of(events.get(made.id)), starts_at=STARTS_AT + timedelta(days=30), ends_at=None)
    deliver_all(clock)
    again = changes.take_up_again(made.id, moved, by="test", now=clock())
    assert isinstance(again, EventFacts)
    return again


def person(event: EventFacts, name: str) -> RegistrationFacts:
    [found] = [each for each in registrations.of_event(event.id, tuple(State)) if each.name == name]
    return found


def own_page(event: EventFacts, name: str) -> str:
    return f"/r/{registrations.personal_token(person(event, name))}"


def answer_form(page: str) -> dict[str, str]:
    return next(fields for address, fields in forms_in(page) if address.endswith("/answer"))


def test_it_suits_me(client: FlaskClient, event: EventFacts) -> None:
    own = own_page(event, "Ada")
    page = client.get(own).text
    assert [
        words in page for words in ("Does the new date suit you?", "It suits me", "It does not suit me: cancel")
    ] == [True] * 3
    assert person(event, "Ada").question_answer is None, "a GET writes nothing"
    answer = client.post(own + "/answer", data=answer_form(page) | {"said": "yes"})
    assert (answer.status_code, "You said: the new date suits me." in answer.text) == (200, True)
    assert (person(event, "Ada").question_answer, person(event, "Ada").state) == (QuestionAnswer.YES, State.CONFIRMED)


def test_it_does_not_suit_me_and_can_be_taken_back(client: FlaskClient, event: EventFacts) -> None:
    own = own_page(event, "Ben")
    gone = client.post(own + "/answer", data=answer_form(client.get(own).text) | {"said": "no"})
    assert (gone.status_code, "Your registration is cancelled" in gone.text) == (200, True)
    assert person(event, "Ben").state is State.CANCELLED
    undo = next(fields for address, fields in forms_in(gone.text) if address.endswith("/undo"))
    assert client.post(own + "/undo", data=undo).status_code == 200
    assert "Does the new date suit you?" not in client.get(own).text


def test_the_organiser_sees_who_has_not_answered_and_enters_what_they_hear(
    event: EventFacts, organiser: FlaskClient
) -> None:
    people = f"/organise/events/{event.slug}/attendees"
    listed = organiser.get(people, headers=ENGLISH).text
    assert listed.count("New date: no answer yet") == 2
    assert "The new date: suits 0, no answer yet from 2." in listed
    one = f"{people}/{person(event, 'Ada').id}"
    page = organiser.get(one, headers=ENGLISH).text
    sent = organiser.post(one + "/answer", data=answer_form(page) | {"said": "yes"}, headers=ENGLISH)
    assert sent.status_code == 303
    listed = organiser.get(people, headers=ENGLISH).text
    assert listed.count("New date: no answer yet") == 1
    assert "The new date: suits 1, no answer yet from 1." in listed
    wrong = organiser.post(one + "/answer", data=answer_form(page) | {"said": "perhaps"}, headers=ENGLISH)
    assert wrong.status_code == 400
