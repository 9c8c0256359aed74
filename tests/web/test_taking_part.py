"""On their own page people change between on site and digital, and see their parts of the programme."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.registrations import service as registrations
from regservice.registrations import session_places
from regservice.registrations.types import Attendance, RegistrationFacts, Wish
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import fill_in, forms_in
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
ROOM = "https://room.example.org/dialogue"


def page_of(person: RegistrationFacts) -> str:
    return f"/r/{registrations.personal_token(person)}"


def again(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


@pytest.fixture
def hybrid(app: Flask, clock: Clock) -> EventFacts:
    return make_event(clock(), format=Format.HYBRID, join_url=ROOM, capacity=1)


def test_a_person_changes_to_digital_and_back_while_a_place_is_free(
    client: FlaskClient, hybrid: EventFacts, clock: Clock
) -> None:
    ada = confirm(hybrid, "Ada", clock(), attendance=Wish.ONSITE, language="en")
    answer = fill_in(client, page_of(ada), {})
    assert (answer.status_code, "You now take part digitally" in answer.text) == (200, True)
    assert again(ada).attendance is Attendance.DIGITAL
    confirm(hybrid, "Ben", clock(), attendance=Wish.ONSITE)
    page = client.get(page_of(ada)).text
    assert "All places on site are taken at the moment." in page
    assert forms_in(page) == []


def test_a_click_that_comes_too_late_changes_nothing_and_says_so(
    client: FlaskClient, hybrid: EventFacts, clock: Clock
) -> None:
    ada = confirm(hybrid, "Ada", clock(), attendance=Wish.DIGITAL, language="en")
    action, hidden = forms_in(client.get(page_of(ada)).text)[0]
    confirm(hybrid, "Ben", clock(), attendance=Wish.ONSITE)
    answer = client.post(action, data=hidden)
    assert (answer.status_code, "you still have your place" in answer.text) == (409, True)
    assert again(ada).attendance is Attendance.DIGITAL


def test_who_waits_says_yes_also_if_it_goes_digital(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    confirm(event, "Ada", clock())
    ben = confirm(event, "Ben", clock())
    for expected in (True, False):
        assert fill_in(client, page_of(ben), {}).status_code == 200
        assert again(ben).digital_too is expected


def test_the_form_offers_both(client: FlaskClient, hybrid: EventFacts, clock: Clock) -> None:
    values: dict[str, str | list[str]] = {"name": "Ada", "email": "ada@example.org", "language": "de", "consent": "y"}
    action, hidden = forms_in(client.get(f"/events/{hybrid.slug}/register").text)[0]
    clock.advance(seconds=60)
    assert client.post(action, data=hidden | values | {"attendance": "either"}).status_code == 200
    [ada] = registrations.of_event(hybrid.id, (State.PENDING,))
    assert (ada.wish, ada.attendance) == (Wish.EITHER, Attendance.ONSITE)


def test_a_person_sees_their_parts_and_no_others(client: FlaskClient, app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    wanted = [
        SessionValues(title="Opening", kind=SessionKind.TALK, place="Hall"),
        SessionValues(title="Group one", kind=SessionKind.GROUP, for_everyone=False, place="Attic"),
        SessionValues(title="Group two", kind=SessionKind.GROUP, for_everyone=False),
    ]
    session_changes.arrange(event.id, [(None, values) for values in wanted], by="test", now=clock())
    ada = confirm(event, "Ada", clock(), language="en")
    session_places.choose(ada.id, events.get(event.id).parts[1].id, by="test", now=clock())
    page = client.get(page_of(ada)).text
    assert [title in page for title in ("Opening", "Group one", "Attic", "Group two")] == [True, True, True, False]


def test_staff_put_people_into_parts_and_move_them(organiser: FlaskClient, hybrid: EventFacts, clock: Clock) -> None:
    group = SessionValues(title="Group", kind=SessionKind.GROUP, format=Format.HYBRID, for_everyone=False, capacity=1)
    talk = SessionValues(title="Talk", kind=SessionKind.TALK, format=Format.HYBRID)
    session_changes.arrange(hybrid.id, [(None, talk), (None, group)], by="test", now=clock())
    part = events.get(hybrid.id).parts[1]
    ada = confirm(hybrid, "Ada", clock(), attendance=Wish.ONSITE)
    ben = confirm(hybrid, "Ben", clock(), attendance=Wish.DIGITAL)
    people = f"/organise/events/{hybrid.slug}/parts/{part.id}/people"

    def send(path: str, page: str, **values: str):
        filled = next(filled for action, filled in forms_in(organiser.get(page).text) if action.split("?")[0] == path)
        filled.pop("leave", None)
        answer = organiser.post(f"{path}?lang=en", data=filled | values)
        assert answer.status_code == 303
        return organiser.get(page + "?lang=en").text

    assert "1 of 1 places taken" in send(people, people, person=str(ada.id))
    person = f"/organise/events/{hybrid.slug}/attendees/{ben.id}"
    assert "Group is full (places: 1)." in send(f"{person}/parts", person, part=str(part.id))
    assert "1 of 1 places taken" not in send(people, people, person=str(ada.id), leave="1")
    send(f"{person}/parts", person, part=str(part.id))
    assert again(ben).session_ids == frozenset({part.id})
    assert "no place is free there" in send(f"{person}/attendance", person)
    ada_page = f"/organise/events/{hybrid.slug}/attendees/{ada.id}"
    send(f"{ada_page}/attendance", ada_page)
    assert again(ada).attendance is Attendance.DIGITAL


def test_plain_german_is_chosen_like_a_language(client: FlaskClient, hybrid: EventFacts, clock: Clock) -> None:
    page = client.get(f"/events/{hybrid.slug}/register?lang=de-simple").text
    assert '<html lang="de" dir="ltr">' in page
    assert "Wie möchten Sie dabei sein?" in page
    assert 'lang="de" aria-current="true">Einfache Sprache' in page
    assert re.search(r'<input [^>]*checked[^>]*value="de-simple"', page)
    assert "Wie möchten Sie dabei sein?" not in client.get(f"/events/{hybrid.slug}/register?lang=de").text
    ada = confirm(hybrid, "Ada", clock(), attendance=Wish.ONSITE, language="de-simple")
    own = client.get(page_of(ada)).text
    assert ('<html lang="de" dir="ltr">' in own, "Lieber im Internet dabei sein" in own) == (True, True)
    calendar = client.get(f"/events/{hybrid.slug}/calendar.ics?lang=de-simple").text
    assert calendar == client.get(f"/events/{hybrid.slug}/calendar.ics?lang=de").text
