"""Back on site with fewer places than people, on the pages: the choices, the question to people, the draw."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import returning
from regservice.formats import service as formats
from regservice.formats.return_types import Seating
from regservice.registrations import desk, keeping, questions
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Question, QuestionAnswer, RegistrationFacts, RegistrationState
from tests.conftest import Clock
from tests.factories import confirm, make_event, request_for
from tests.forms import forms_in

PAGE = "/organise/events/dialogue-evening/format"
ENGLISH = {"Accept-Language": "en"}
ROOM = "https://room.example.org/x"
BACK = {"switch-to": "onsite", "switch-join_url": ROOM, "switch-reason": "It is <calm>"}
NAMES = ("Ada", "Ben", "Cem", "Dua")


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Digital; Ada and Ben came before the switch, Cem and Dua after it; three places on site."""
    made = make_event(clock(), capacity=3, digital_capacity=None)
    for name in NAMES[:2]:
        confirm(made, name, clock(), language="en")
    clock.advance(hours=1)
    formats.switch(made.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    clock.advance(hours=1)
    for name in NAMES[2:]:
        confirm(events.get(made.id), name, clock(), language="en")
    return events.get(made.id)


def choices(client: FlaskClient) -> TestResponse:
    hidden = next(fields for address, fields in forms_in(client.get(PAGE).text) if address == PAGE + "/check")
    return client.post(PAGE + "/check", data=hidden | BACK, headers=ENGLISH)


def press(client: FlaskClient, page: TestResponse, action: str, **values: str) -> TestResponse:
    """The form of the page that goes there, sent as it stands."""
    hidden = next(
        fields
        for address, fields in forms_in(page.text)
        if address == PAGE + action and values.items() <= fields.items()
    )
    written = re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL)
    texts = {name: unescape(text) for name, text in written}
    return client.post(PAGE + action, data=hidden | texts, headers=ENGLISH)


def people(event: EventFacts) -> dict[str, RegistrationFacts]:
    return {person.name: person for person in registrations.of_event(event.id, (RegistrationState.CONFIRMED,))}


def test_with_too_few_places_the_page_names_the_choices(event: EventFacts, organiser: FlaskClient) -> None:
    page = choices(organiser)
    assert page.status_code == 200
    assert "1 person would have no place." in page.text
    shown = re.findall(r"<h3[^>]*>(.*?)</h3>", page.text)
    assert shown == ["A larger room", "On site and digital", "Ask who would stay digital", "Draw lots"]
    assert events.get(event.id) == event


def test_both_forms_take_one_press(event: EventFacts, organiser: FlaskClient) -> None:
    assert press(organiser, choices(organiser), "/switch").status_code == 303
    assert events.get(event.id).format is Format.HYBRID
    assert formats.history(event.id)[0].reason == "It is <calm>"
    assert {person.attendance for person in people(event).values()} == {Attendance.DIGITAL}


def test_people_are_asked_answer_on_their_page_and_are_counted(
    event: EventFacts, organiser: FlaskClient, clock: Clock
) -> None:
    desk.enter(event.id, request_for("Fon", email=""), by="test", now=clock())
    asked = press(organiser, choices(organiser), "/stay-digital")
    assert asked.status_code == 303
    shown = organiser.get(PAGE, headers=ENGLISH).text
    assert "4 people are asked by mail. 1 person has no e-mail address; please call them." in shown
    ada = people(event)["Ada"]
    own = f"/r/{registrations.personal_token(ada)}"
    page = organiser.get(own).text
    assert "Would you stay digital?" in page
    for said, words in (("no", "You said: I would like to come."), ("yes", "You said: I stay digital.")):
        answer = organiser.post(own + "/answer", data=token_of(page) | {"question": "stay_digital", "said": said})
        assert (answer.status_code, words in answer.text) == (200, True)
    shown = organiser.get(PAGE, headers=ENGLISH).text
    assert "Stay digital: 1. Would like to come: 0. No answer yet: 4." in shown
    assert people(event)["Ben"].question_answer is None, "a GET writes nothing"


def test_whom_no_mail_reaches_is_on_a_list_to_print_until_staff_enter_the_answer(
    event: EventFacts, organiser: FlaskClient, clock: Clock
) -> None:
    desk.enter(event.id, request_for("Fon <b>", email=""), by="test", now=clock())
    address = "/organise/events/dialogue-evening/call-list/stay_digital"
    before = organiser.get(address, headers=ENGLISH).text
    assert ("Nobody has to be called about this." in before, "Fon" in before) == (True, False)
    press(organiser, choices(organiser), "/stay-digital")
    shown = (organiser.get(PAGE, headers=ENGLISH).text, choices(organiser).text)
    assert [f'href="{address}"' in page for page in shown] == [True, True]
    sheet = organiser.get(address, headers=ENGLISH).text
    columns = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', sheet)
    assert columns == ["Name", "Telephone", "Reached", "Stays digital", "Comes"]
    rows = re.findall(r'<th scope="row"><a href="([^"]+)"><bdi>(.*?)</bdi>', sheet)
    person = people(event)["Fon <b>"]
    own = f"/organise/events/dialogue-evening/attendees/{person.id}"
    assert rows == [(own, "Fon &lt;b&gt;")]
    hidden = next(fields for address, fields in forms_in(organiser.get(own).text) if address == own + "/answer")
    assert organiser.post(own + "/answer", data=hidden | {"said": "yes"}).status_code == 303
    assert people(event)["Fon <b>"].question_answer is QuestionAnswer.YES
    assert "Fon" not in organiser.get(address, headers=ENGLISH).text
    assert organiser.get("/organise/events/dialogue-evening/call-list/other").status_code == 404


def token_of(page: str) -> dict[str, str]:
    """What a form of this page carries that is not about the question."""
    fields = next(fields for address, fields in forms_in(page) if address.endswith("/answer"))
    return {name: value for name, value in fields.items() if name not in ("question", "said")}


def test_who_said_yes_stays_digital_and_nobody_draws(event: EventFacts, organiser: FlaskClient, clock: Clock) -> None:
    press(organiser, choices(organiser), "/stay-digital")
    early = people(event)["Ada"]
    questions.answer(early.id, Question.STAY_DIGITAL, QuestionAnswer.YES, by="person", now=clock())
    step = press(organiser, choices(organiser), "/return/check", how="volunteers")
    assert ("<bdi>Ada</bdi>" in step.text, "3 people come." in step.text) == (True, True)
    assert press(organiser, step, "/return").status_code == 303
    found = {name: person.attendance.value for name, person in people(event).items()}
    assert found == {"Ada": "digital", "Ben": "onsite", "Cem": "onsite", "Dua": "onsite"}
    page = organiser.get(f"/r/{registrations.personal_token(early)}").text
    assert "Would you stay digital?" not in page


def test_the_draw_shows_names_to_the_organiser_and_is_carried_out_as_shown(
    event: EventFacts, organiser: FlaskClient
) -> None:
    step = press(organiser, choices(organiser), "/return/check", how="lottery")
    [loser] = re.findall(r"<bdi>(.*?)</bdi>", step.text)
    assert loser in ("Cem", "Dua")
    own = f"/r/{registrations.personal_token(people(event)[loser])}"
    assert events.get(event.id) == event
    assert press(organiser, step, "/return").status_code == 303
    assert [name for name, person in people(event).items() if person.attendance is Attendance.DIGITAL] == [loser]
    page = organiser.get(own).text
    # They registered for a digital event, so nobody asks whether that suits them.
    assert ("Does digital suit you?" in page, "takes place digitally" in page) == (False, False)
    kept = formats.history(event.id)[0].seating
    assert kept is not None
    shown = organiser.get(PAGE + "/switches/3", headers=ENGLISH).text
    assert kept["seed"] in shown


def test_what_changed_meanwhile_is_shown_anew_and_nothing_happens(
    event: EventFacts, organiser: FlaskClient, clock: Clock
) -> None:
    step = press(organiser, choices(organiser), "/return/check", how="lottery")
    press(organiser, choices(organiser), "/stay-digital")
    questions.answer(people(event)["Ada"].id, Question.STAY_DIGITAL, QuestionAnswer.YES, by="person", now=clock())
    late = press(organiser, step, "/return")
    assert (late.status_code, "Other people would stay digital than you saw" in late.text) == (409, True)
    assert events.get(event.id).format is Format.DIGITAL


def test_without_a_reason_or_too_late_nothing_happens(event: EventFacts, organiser: FlaskClient, clock: Clock) -> None:
    step = press(organiser, choices(organiser), "/return/check", how="lottery")
    hidden = next(fields for address, fields in forms_in(step.text) if address == PAGE + "/return")
    empty = organiser.post(PAGE + "/return", data=hidden | {"reason": " "}, headers=ENGLISH)
    assert (empty.status_code, "Please enter a reason." in empty.text) == (409, True)
    assert events.get(event.id).format is Format.DIGITAL


def test_an_answer_after_the_decision_says_so(client: FlaskClient, event: EventFacts, clock: Clock) -> None:
    own = f"/r/{registrations.personal_token(people(event)['Ada'])}"
    stale = client.post(own + "/answer", data={"question": "stay_digital", "said": "yes"})
    assert stale.status_code in (400, 409)
    assert people(event)["Ada"].question_answer is None
    assert client.post(own + "/answer", data={"question": "other", "said": "yes"}).status_code == 400


@pytest.mark.parametrize(
    ("day", "clock_time", "status", "words"),
    [
        ("", "", 303, ""),
        ("2026-11-18", "12:00", 303, ""),
        ("18.11.2026", "12.00", 303, ""),
        ("2026-11-18", "", 400, "Please enter the day and the time by which people have to confirm"),
        ("soon", "12:00", 400, "Please enter the day and the time by which people have to confirm"),
        ("2026-10-07", "12:00", 409, "People need at least 48 hours to confirm."),
        ("2026-11-20", "16:00", 409, "The time to confirm has to be before the start."),
    ],
)
def test_people_can_be_asked_to_confirm(
    event: EventFacts, organiser: FlaskClient, day: str, clock_time: str, status: int, words: str
) -> None:
    step = press(organiser, choices(organiser), "/return/check", how="lottery")
    hidden = next(fields for address, fields in forms_in(step.text) if address == PAGE + "/return")
    sent = hidden | {"reason": "Calm", "confirm_on": day, "confirm_at": clock_time}
    answer = organiser.post(PAGE + "/return", data=sent, headers=ENGLISH)
    assert (answer.status_code, words in answer.text) == (status, True)
    if status != 303:
        assert (events.get(event.id).format, f'value="{clock_time}"' in answer.text) == (Format.DIGITAL, True)
        return
    ada = people(event)["Ada"]
    page = organiser.get(f"/r/{registrations.personal_token(ada)}").text
    assert (ada.answer_by is not None, "Do you come?" in page) == (bool(day), bool(day))


def test_who_has_to_confirm_and_reads_no_mail_is_called_and_keeps_the_place(
    event: EventFacts, organiser: FlaskClient, clock: Clock
) -> None:
    desk.enter(event.id, request_for("Fon", email=""), by="test", now=clock())
    changes.edit(event.id, replace(events.values_of(event), capacity=9), by="test", now=clock())
    by = clock() + timedelta(days=3)
    returning.switch(event.id, Seating.VOLUNTEERS, reason="Calm", by="test", now=clock(), confirm_by=by)
    address = "/organise/events/dialogue-evening/call-list/keep_place"
    for page in (PAGE, PAGE + "/switches/3"):
        shown = organiser.get(page, headers=ENGLISH).text
        assert ("5 people still have to confirm that they come." in shown, f'href="{address}"' in shown) == (True, True)
    sheet = organiser.get(address, headers=ENGLISH).text
    columns = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', sheet)
    assert columns == ["Name", "Telephone", "Reached", "Comes", "Stays digital"]
    [own] = re.findall(r'<th scope="row"><a href="([^"]+)"><bdi>Fon</bdi>', sheet)
    hidden = next(fields for form, fields in forms_in(organiser.get(own).text) if form == own + "/answer")
    assert organiser.post(own + "/answer", data=hidden | {"said": "yes"}).status_code == 303
    assert "4 people still have to confirm" in organiser.get(PAGE, headers=ENGLISH).text
    assert "Fon" not in organiser.get(address, headers=ENGLISH).text
    clock.set(by)
    assert keeping.end_due(clock()) == 4
    assert people(event)["Fon"].attendance is Attendance.ONSITE
    assert "still have to confirm" not in organiser.get(PAGE, headers=ENGLISH).text


def test_whom_a_place_is_held_for_and_no_mail_reaches_is_called_and_comes_with_a_yes(
    event: EventFacts, organiser: FlaskClient, clock: Clock
) -> None:
    for name in ("Fon", "Gil"):
        desk.enter(event.id, request_for(name, email=""), by="test", now=clock())
    for name in NAMES[2:]:
        registrations.cancel(people(event)[name].id, clock())
    returning.switch(event.id, Seating.LOTTERY, reason="Calm", by="test", now=clock())
    found = people(event)
    [drew, none] = sorted(("Fon", "Gil"), key=lambda name: found[name].attendance is Attendance.DIGITAL)
    address, overview = "/organise/events/dialogue-evening/call-list/take_place", PAGE.removesuffix("/format")
    assert "has to be called: a place is held" not in organiser.get(overview, headers=ENGLISH).text
    registrations.cancel(found[drew].id, clock())
    assert "1 person has to be called: a place is held" in organiser.get(overview, headers=ENGLISH).text
    assert "still has to confirm" not in organiser.get(PAGE, headers=ENGLISH).text
    sheet = organiser.get(address, headers=ENGLISH).text
    columns = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', sheet)
    assert columns == ["Name", "Telephone", "Reached", "Comes", "Stays digital"]
    [own] = re.findall(rf'<th scope="row"><a href="([^"]+)"><bdi>{none}</bdi>', sheet)
    page = organiser.get(own, headers=ENGLISH).text
    assert ("A place is held for this person until" in page, "they take part digitally" in page) == (True, True)
    assert people(event)[none].attendance is Attendance.DIGITAL
    hidden = next(fields for form, fields in forms_in(page) if form == own + "/answer")
    assert organiser.post(own + "/answer", data=hidden | {"said": "yes"}).status_code == 303
    assert people(event)[none].attendance is Attendance.ONSITE
    assert "has to be called: a place is held" not in organiser.get(overview, headers=ENGLISH).text
    assert none not in organiser.get(address, headers=ENGLISH).text
