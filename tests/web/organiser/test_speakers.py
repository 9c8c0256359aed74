"""Who speaks, through the organiser's pages; their addresses stay inside."""

from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts
from regservice.events import people
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, Speaker
from regservice.notices import speaker_links
from tests.conftest import Clock
from tests.factories import make_event
from tests.forms import forms_in

PAGE = "/organise/events/dialogue-evening/speakers"
IRIS = Speaker(name="Iris Impuls", role="Dean", email="iris@example.org")


def send(client: FlaskClient, page: str, **values: str):
    """Send the last form of a page with these values."""
    action, hidden = forms_in(client.get(page).text)[-1]
    return client.post(action, data=hidden | values)


def speakers(event: EventFacts) -> tuple[Speaker, ...]:
    return events.get(event.id).speakers


def test_somebody_is_added_changed_and_taken_away(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    answer = send(organiser, f"{PAGE}/new", name="Iris Impuls", role="Dean", email="iris@example.org")
    assert answer.status_code == 303
    assert send(organiser, f"{PAGE}/new", name="Moritz", moderates="y").status_code == 303
    assert speakers(event) == (IRIS, Speaker(name="Moritz", moderates=True))
    assert send(organiser, f"{PAGE}/2", name="Moritz Leitung", moderates="y").status_code == 303
    assert speakers(event) == (IRIS, Speaker(name="Moritz Leitung", moderates=True))
    _, filled = next(form for form in forms_in(organiser.get(PAGE).text) if form[0].endswith("/1/remove"))
    assert organiser.post(f"{PAGE}/1/remove", data=filled).status_code == 303
    assert speakers(event) == (Speaker(name="Moritz Leitung", moderates=True),)


def test_what_cannot_be_used_is_said_at_its_field(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    answer = send(organiser, f"{PAGE}/new", name="", email="iris at example")
    assert answer.status_code == 400
    assert "Bitte geben Sie einen Namen ein." in answer.text
    assert "Bitte geben Sie eine E-Mail-Adresse ein, zum Beispiel name@example.org." in answer.text
    assert speakers(event) == ()
    assert organiser.get(f"{PAGE}/1").status_code == 404


def test_a_list_that_changed_meanwhile_is_not_written_over(organiser: FlaskClient, clock: Clock):
    event = make_event(clock(), speakers=(IRIS,))
    action, seen = forms_in(organiser.get(f"{PAGE}/1").text)[-1]
    _, gone = next(form for form in forms_in(organiser.get(PAGE).text) if form[0].endswith("/1/remove"))
    other = Speaker(name="Otto Other")
    people.set_speakers(event.id, [other], seen=events.get(event.id).version, by="test", now=clock())
    assert organiser.post(action, data=seen | {"name": "Iris"}).status_code == 409
    assert organiser.post(f"{PAGE}/1/remove", data=gone).status_code == 409
    assert speakers(event) == (other,)


def test_an_address_is_read_by_callers_with_a_token_and_nobody_else(organiser: FlaskClient, clock: Clock):
    make_event(clock(), speakers=(IRIS,))
    token = accounts.make_api_token("website", organiser_id=None, by="test", now=clock())
    public = organiser.application.test_client()
    inside = public.get("/api/v1/events/dialogue-evening", headers={"Authorization": f"Bearer {token}"}).get_json()
    outside = public.get("/api/v1/events/dialogue-evening").get_json()
    speaker = {"name": "Iris Impuls", "role": "Dean", "organisation": ""}
    assert inside["speakers"] == [speaker | {"email": "iris@example.org"}]
    assert outside["speakers"] == [speaker]
    for address in ("/", "/events/dialogue-evening", "/calendar.ics", "/events/dialogue-evening/calendar.ics"):
        answer = public.get(address)
        assert answer.status_code == 200
        assert "iris@example.org" not in answer.text
    assert "iris@example.org" not in organiser.get("/organise/events/dialogue-evening/press").text


def test_a_deputy_is_chosen_among_those_who_organise(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    dora = accounts.add_organiser("dora@example.org", "Dora Deputy", by="test", now=clock())
    assert isinstance(dora, OrganiserFacts)
    page = "/organise/events/dialogue-evening/format"
    action, hidden = next(form for form in forms_in(organiser.get(page).text) if form[0].endswith("/deputy"))
    assert organiser.post(action, data=hidden | {"deputy": str(dora.id)}).status_code == 303
    assert events.get(event.id).deputy_id == dora.id
    assert organiser.post(action, data=hidden | {"deputy": "999"}).status_code == 400
    assert organiser.post(action, data=hidden | {"deputy": ""}).status_code == 303
    assert events.get(event.id).deputy_id is None


def test_the_officer_can_pass_on_the_way_into_the_room(organiser: FlaskClient, app: Flask, clock: Clock) -> None:
    given = {"format": Format.DIGITAL, "join_url": "https://room.example.org/x"}
    event = make_event(clock(), speakers=(IRIS, Speaker(name="Moritz")), **given)
    listed = organiser.get(f"/organise/events/{event.slug}/speakers").text
    assert (speaker_links.link_of(event.id, IRIS) in listed, listed.count("/speak/")) == (True, 1)
    on_site = make_event(clock(), title="On site", speakers=(IRIS,))
    assert "/speak/" not in organiser.get(f"/organise/events/{on_site.slug}/speakers").text
