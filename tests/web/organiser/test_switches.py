"""One switch in the organiser's area: its mails, the list of calls, and entering what people said."""

import pytest
from flask.testing import FlaskClient

from regservice.events.types import EventFacts, Format, Speaker
from regservice.formats import service as formats
from regservice.registrations import desk, help_requests
from regservice.registrations import service as registrations
from regservice.registrations.types import Confirmed, RegistrationFacts, RegistrationRequest
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import forms_in
from tests.web.organiser.conftest import SignIn

ROOM = "https://room.example.org/dialogue"


@pytest.fixture
def event(app: object, clock: Clock) -> EventFacts:
    made = make_event(clock(), capacity=5)
    confirm(made, "Ada", clock())
    return made


@pytest.fixture
def zoe(event: EventFacts, clock: Clock) -> RegistrationFacts:
    """Has no address; the event went digital after she had her place."""
    answer = desk.enter(event.id, RegistrationRequest(name="Zoe <b>", email="", language="de"), by="x", now=clock())
    assert isinstance(answer, Confirmed)
    clock.advance(minutes=1)
    formats.switch(event.id, Format.DIGITAL, reason="Rising numbers", join_url=ROOM, by="organiser:1", now=clock())
    return answer.registration


def page(event: EventFacts) -> str:
    return f"/organise/events/{event.slug}/format/switches/2"


def said(organiser: FlaskClient, event: EventFacts, person: RegistrationFacts, answer: str) -> int:
    """Press the button for what a person said."""
    path = f"{page(event)}/calls/{person.id}"
    [hidden] = [hidden for action, hidden in forms_in(organiser.get(page(event)).text) if action.startswith(path)]
    return organiser.post(path, data=hidden | {"answer": answer}).status_code


def test_the_page_says_why_and_how_its_mails_stand(organiser: FlaskClient, event: EventFacts, zoe: object) -> None:
    text = organiser.get(f"{page(event)}?lang=en").text
    assert "Rising numbers" in text
    assert "will be sent: 1" in text
    assert "Zoe &lt;b&gt;" in text
    assert "not called yet" in text
    assert page(event) in organiser.get(f"/organise/events/{event.slug}/format").text


@pytest.mark.parametrize(
    ("answer", "state", "switch_answer", "told"),
    [
        ("reached", "confirmed", None, "Gespeichert."),
        ("joins", "confirmed", "joins", "nimmt digital teil."),
        ("help", "confirmed", "help", "Die Bitte um Hilfe wartet"),
        ("cancels", "cancelled", None, "die Anmeldung ist storniert."),
    ],
)
def test_what_a_person_said_is_done_and_told(
    organiser: FlaskClient,
    event: EventFacts,
    zoe: RegistrationFacts,
    answer: str,
    state: str,
    switch_answer: str,
    told: str,
) -> None:
    assert said(organiser, event, zoe, answer) == 303
    assert told in organiser.get(f"{page(event)}?lang=de").text
    found = registrations.find(zoe.id)
    assert found is not None
    assert (found.state, found.switch_answer) == (state, switch_answer)
    assert (help_requests.find_of(zoe.id) is not None) == (answer == "help")
    [call] = formats.calls_of(event.id, formats.history(event.id)[0])
    assert call.answer == answer


def test_nobody_reads_of_a_cancellation_that_came_too_late(
    event: EventFacts, zoe: RegistrationFacts, clock: Clock, sign_in: SignIn
) -> None:
    assert event.starts_at is not None
    clock.set(event.starts_at)
    organiser = sign_in()
    assert said(organiser, event, zoe, "cancels") == 303
    text = organiser.get(f"{page(event)}?lang=de").text
    assert ("ist storniert" in text, "oder die Veranstaltung hat begonnen" in text) == (False, True)
    found = registrations.find(zoe.id)
    assert found is not None
    assert found.state == "confirmed"


def test_the_calls_of_a_switch_can_be_printed(
    organiser: FlaskClient, event: EventFacts, zoe: RegistrationFacts
) -> None:
    assert f"{page(event)}/call-list" in organiser.get(page(event)).text
    printed = organiser.get(f"{page(event)}/call-list?lang=en").text
    assert [words in printed for words in ("Zoe &lt;b&gt;", zoe.code, "1 person", "Ada")] == [True, True, True, False]


def test_who_speaks_and_has_no_address_is_named_to_be_called(organiser: FlaskClient, clock: Clock) -> None:
    speakers = (Speaker(name="Nora Ohne"), Speaker(name="Iris Impuls", email="iris@example.org"))
    event = make_event(clock(), join_url=ROOM, speakers=speakers)
    formats.switch(event.id, Format.DIGITAL, reason="x", join_url=None, by="organiser:1", now=clock())
    text = organiser.get(f"{page(event)}?lang=en").text
    to_call = text[text.index("To be called") :]
    assert [words in to_call for words in ("Nora Ohne", "Iris Impuls", "Nobody has to be called")] == [
        True,
        False,
        False,
    ]


def test_what_cannot_be_said_is_refused(organiser: FlaskClient, event: EventFacts, zoe: RegistrationFacts) -> None:
    assert said(organiser, event, zoe, "maybe") == 400
    assert organiser.get(f"/organise/events/{event.slug}/format/switches/7").status_code == 404
