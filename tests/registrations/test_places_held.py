"""A place is held for somebody whom no mail reaches: the office hears of it, calls them and enters what they say."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.notices import service as notices
from regservice.notices import wanted
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import call_list, desk, questions, rules
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationRequest,
)
from regservice.registrations.types import RegistrationState as State
from tests.changes.test_service import deliver_all
from tests.conftest import Clock
from tests.factories import DIALOGUE, STARTS_AT, confirm
from tests.facts import registration_facts
from tests.forms import forms_in
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
UNTIL = STARTS_AT - timedelta(days=1)
ASKED = {"question": Question.KEEP_PLACE, "answer_by": UNTIL}
HELD = {"question": Question.TAKE_PLACE, "answer_by": UNTIL, "attendance": Attendance.DIGITAL}


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        ({"state": State.OFFERED, "expires_at": UNTIL}, UNTIL),
        ({"state": State.WAITLISTED, "expires_at": UNTIL}, None),
        ({}, None),
        (ASKED, UNTIL),
        (ASKED | {"question_answer": QuestionAnswer.YES}, None),
        (ASKED | {"question": Question.NEW_DATE}, None),
        (ASKED | {"state": State.CANCELLED}, None),
        (HELD, UNTIL),
        (HELD | {"attendance": Attendance.ONSITE}, None),
        (HELD | {"state": State.CANCELLED}, None),
        (HELD | {"question": Question.NEW_DATE}, None),
        (HELD | {"answer_by": None}, None),
    ],
)
def test_until_when_a_place_is_held(person: dict[str, object], expected: datetime | None) -> None:
    assert rules.held_until(registration_facts(**person)) == expected


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Olga's event with two places, taken by Ann and Bob."""
    olga = accounts.add_organiser("olga@rathaus.example.org", "Olga", role=Role.ADMIN, by="test", now=clock())
    assert isinstance(olga, OrganiserFacts)
    made = events.create(DIALOGUE, by="test", now=clock(), owner_id=olga.id)
    assert isinstance(made, EventFacts)
    published = events.publish(made.id, by="test", now=clock())
    assert isinstance(published, EventFacts)
    return published


@pytest.fixture
def taken(event: EventFacts, clock: Clock) -> list[RegistrationFacts]:
    """Who has the places."""
    return [confirm(event, name, clock()) for name in ("Ann", "Bob")]


def by_telephone(event: EventFacts, clock: Clock, name: str = "Dua Vertraulich") -> RegistrationFacts:
    desk.enter(event.id, RegistrationRequest(name=name, email="", language="de"), by="test", now=clock())
    return next(each for each in registrations.of_event(event.id, tuple(State)) if each.name == name)


def calls(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=500) if message.kind == "organiser_help"]


def take(staff: FlaskClient, page: str) -> int:
    """Press the button on this page of a person that takes the place."""
    [(action, hidden)] = [form for form in forms_in(page) if "/accept" in form[0]]
    return staff.post(action, data=hidden).status_code


def state_of(person: RegistrationFacts) -> State:
    found = registrations.find(person.id)
    assert found is not None
    return found.state


def test_the_office_hears_at_once_of_a_place_that_no_mail_offers(
    event: EventFacts, taken: list[RegistrationFacts], clock: Clock
) -> None:
    dua, eva = by_telephone(event, clock), confirm(event, "Eva", clock())
    for each in taken:
        registrations.cancel(each.id, clock())
    assert (state_of(dua), state_of(eva)) == (State.OFFERED, State.OFFERED)
    [message] = calls(event)
    assert (message.recipient, message.due_at) == ("olga@rathaus.example.org", clock())
    letter = notices.compose(message, clock())
    page = f"http://events.example.org/organise/events/{event.slug}/attendees/{dua.id}"
    assert page in letter.text.split("\n")
    assert [word in f"{letter.subject} {letter.text} {letter.html}" for word in ("Dua", "Vertraulich")] == [False] * 2
    [(held, until)] = call_list.places_held(event.id)
    assert (held.id, until) == (dua.id, registrations.find(dua.id).expires_at)  # type: ignore[union-attr]
    assert notices.still_wanted(message, clock()) is None
    registrations.accept(dua.id, clock(), by="test")
    assert (notices.still_wanted(message, clock()), call_list.places_held(event.id)) == (wanted.HELPED, [])


def test_who_is_held_a_place_and_whose_mails_come_back_is_to_be_called(
    event: EventFacts, taken: list[RegistrationFacts], clock: Clock
) -> None:
    eva = confirm(event, "Eva", clock())
    deliver_all(clock)
    assert desk.note_returned_mail(eva.id, by="test", now=clock())
    registrations.cancel(taken[0].id, clock())
    assert len(calls(event)) == 1
    assert [person.id for person, _ in call_list.places_held(event.id)] == [eva.id]


def test_who_has_to_confirm_that_they_come_is_to_be_called_until_they_have(event: EventFacts, clock: Clock) -> None:
    by_telephone(event, clock, "Ada")
    dua = by_telephone(event, clock, "Dua")
    with transaction():
        questions.ask(event.id, Question.KEEP_PLACE, [dua], now=clock(), answer_by=UNTIL)
    assert [(person.name, until) for person, until in call_list.places_held(event.id)] == [("Dua", UNTIL)]
    registrations.cancel(dua.id, clock())
    assert call_list.places_held(event.id) == []


def test_staff_see_whom_to_call_and_enter_a_yes(
    organiser: FlaskClient, event: EventFacts, taken: list[RegistrationFacts], clock: Clock
) -> None:
    dua = by_telephone(event, clock, "Dua")
    address = f"/organise/events/{event.slug}"
    assert "has to be called" not in organiser.get(f"{address}?lang=en").text
    registrations.cancel(taken[0].id, clock())
    page = organiser.get(f"{address}?lang=en").text
    assert "1 person has to be called" in page
    assert f"{address}/attendees/{dua.id}" in page
    assert "please call" in organiser.get(f"{address}/attendees/{dua.id}?lang=en").text
    sent = take(organiser, organiser.get(f"{address}/attendees/{dua.id}").text)
    assert (sent, state_of(dua)) == (302, State.CONFIRMED)
    assert "has to be called" not in organiser.get(f"{address}?lang=en").text


def test_a_place_that_is_not_held_any_more_is_not_taken(
    organiser: FlaskClient, event: EventFacts, taken: list[RegistrationFacts], clock: Clock
) -> None:
    dua = by_telephone(event, clock, "Dua")
    page = f"/organise/events/{event.slug}/attendees/{dua.id}?lang=en"
    registrations.cancel(taken[0].id, clock())
    seen = organiser.get(page).text
    registrations.cancel(dua.id, clock())
    assert take(organiser, seen) == 302
    assert "No place is held for this person any more" in organiser.get(page).text
    assert state_of(dua) is State.CANCELLED
