"""The three answers to a switch on a person's own page, and what the office makes of them."""

import pytest
from flask.testing import FlaskClient

from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.registrations import help_requests
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.forms import fill_in, forms_in

ROOM = "https://room.example.org/dialogue"


@pytest.fixture
def event(app: object, clock: Clock) -> EventFacts:
    return make_event(clock(), waiting_list=True)


@pytest.fixture
def ada(event: EventFacts, clock: Clock) -> RegistrationFacts:
    """Had her place on site when the event went digital."""
    person = confirm(event, "Ada", clock(), language="en")
    clock.advance(minutes=1)
    formats.switch(event.id, Format.DIGITAL, reason="Rising", join_url=ROOM, by="test", now=clock())
    return person


def page_of(person: RegistrationFacts, more: str = "") -> str:
    return f"/r/{registrations.personal_token(person)}{more}"


def state_of(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def test_the_page_asks_once_and_remembers(client: FlaskClient, ada: RegistrationFacts) -> None:
    assert "Does digital suit you?" in client.get(page_of(ada)).text
    answer = fill_in(client, page_of(ada), {"action": "digital"}, form=0)
    assert answer.status_code == 200
    assert "Thank you for telling us." in answer.text
    again = client.get(page_of(ada)).text
    assert ("Does digital suit you?" in again, "You take part digitally" in again) == (False, True)


@pytest.mark.parametrize("path", ["/digital", "/help", "/cannot"])
def test_looking_changes_nothing(client: FlaskClient, ada: RegistrationFacts, path: str) -> None:
    before = state_of(ada)
    for _ in range(2):
        assert client.get(page_of(ada, path)).status_code == 200
        assert client.head(page_of(ada, path)).status_code == 200
    assert state_of(ada) == before
    assert help_requests.find_of(ada.id) is None


def test_help_is_asked_for_and_somebody_takes_care(
    client: FlaskClient, organiser: FlaskClient, event: EventFacts, ada: RegistrationFacts
) -> None:
    empty = fill_in(client, page_of(ada, "/help"), {})
    assert (empty.status_code, "Please choose at least one." in empty.text) == (400, True)
    vague = fill_in(client, page_of(ada, "/help"), {"kinds": ["other"]})
    assert (vague.status_code, "Please write in a few words what would help you." in vague.text) == (400, True)
    sent = fill_in(client, page_of(ada, "/help"), {"kinds": ["device", "telephone"], "text": "Fridays <b>only</b>"})
    assert "You have asked for help" in sent.text
    assert "Borrow a device" in sent.text

    listed = organiser.get(f"/organise/events/{event.slug}/help?lang=en").text
    assert "Fridays &lt;b&gt;only&lt;/b&gt;" in listed
    assert "1 open request" in organiser.get("/organise/?lang=en").text
    assert "1 open request for help" in organiser.get(f"/organise/events/{event.slug}?lang=en").text
    request = help_requests.find_of(ada.id)
    assert request is not None
    path = f"/organise/events/{event.slug}/help"
    saved = fill_in(organiser, path, {f"help{request.id}-due_on": "17.11.2026"}, form=1)
    assert saved.status_code == 303
    assert "Kim Muster takes care of it and answers by Tuesday, 17 November 2026." in client.get(page_of(ada)).text
    assert fill_in(organiser, path, {}, form=2).status_code == 303
    assert "Your help is arranged" in client.get(page_of(ada)).text
    assert "open request" not in organiser.get("/organise/?lang=en").text


def test_a_day_that_is_none_is_refused_and_nothing_is_lost(
    client: FlaskClient, organiser: FlaskClient, event: EventFacts, ada: RegistrationFacts
) -> None:
    fill_in(client, page_of(ada, "/help"), {"kinds": ["device"]})
    request = help_requests.find_of(ada.id)
    assert request is not None
    path = f"/organise/events/{event.slug}/help?lang=en"
    answer = fill_in(organiser, path, {f"help{request.id}-due_on": "soon"}, form=1)
    assert (answer.status_code, "data-error-summary" in answer.text, 'value="soon"' in answer.text) == (400, True, True)


def test_who_cannot_gives_the_place_back(client: FlaskClient, ada: RegistrationFacts) -> None:
    answer = fill_in(client, page_of(ada, "/cannot"), {"action": "cannot"})
    assert answer.status_code == 200
    found = state_of(ada)
    assert (found.state, found.cancel_cause) == (State.CANCELLED, "format")


def test_a_request_of_another_event_is_not_found(
    client: FlaskClient, organiser: FlaskClient, event: EventFacts, ada: RegistrationFacts, clock: Clock
) -> None:
    fill_in(client, page_of(ada, "/help"), {"kinds": ["device"]})
    request = help_requests.find_of(ada.id)
    other = make_event(clock(), title="Another evening")
    assert request is not None
    _, hidden = forms_in(organiser.get(f"/organise/events/{event.slug}/help").text)[1]
    answer = organiser.post(f"/organise/events/{other.slug}/help/{request.id}/done", data=hidden)
    assert answer.status_code == 404
    found = help_requests.find(request.id)
    assert found is not None
    assert found.open


def test_on_site_nobody_is_asked_and_the_addresses_lead_to_the_page(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ben = confirm(event, "Ben", clock(), language="en")
    assert "Does digital suit you?" not in client.get(page_of(ben)).text
    for path in ("/digital", "/help"):
        assert "You have a place" in client.get(page_of(ben, path)).text
