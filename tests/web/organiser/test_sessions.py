"""The parts of an event through the organiser's pages."""

from flask.testing import FlaskClient

from regservice.db import transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.registrations import desk, session_places
from regservice.registrations.types import Confirmed
from tests.conftest import Clock
from tests.factories import DIALOGUE, make_event, request_for
from tests.forms import forms_in
from tests.registrations.test_choosing import event_with, group

PARTS = "/organise/events/dialogue-evening/parts"


PART = {"title": "Talk", "kind": "talk", "format": "onsite", "people": "everyone"}


def send(client: FlaskClient, page: str, **values: str):
    """Send the last form of a page with these values."""
    action, hidden = forms_in(client.get(page).text)[-1]
    return client.post(action, data=hidden | PART | values)


def add(client: FlaskClient, title: str, **values: str):
    return send(client, f"{PARTS}/new", title=title, **values)


def parts(event: EventFacts) -> list[tuple[str, str, str]]:
    return [(part.title, part.kind.value, part.format.value) for part in events.get(event.id).parts]


def test_parts_are_added_put_in_order_and_taken_away(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    assert "one whole" in organiser.get(PARTS + "?lang=en").text
    for title in ("Talk", "Opening"):
        assert add(organiser, title).status_code == 303
    second = events.get(event.id).parts[1].id
    answer = organiser.get(PARTS).text
    assert answer.index("Talk") < answer.index("Opening")
    _, filled = next(form for form in forms_in(answer) if form[0].endswith(f"/{second}/earlier"))
    assert organiser.post(f"{PARTS}/{second}/earlier", data=filled).status_code == 303
    assert parts(event) == [("Opening", "talk", "onsite"), ("Talk", "talk", "onsite")]
    _, filled = next(form for form in forms_in(organiser.get(PARTS).text) if form[0].endswith(f"/{second}/remove"))
    assert organiser.post(f"{PARTS}/{second}/remove", data=filled).status_code == 303
    assert parts(event) == [("Talk", "talk", "onsite")]


def test_a_part_has_its_time_in_the_zone_of_the_event(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    answer = add(
        organiser,
        "Group",
        kind="group",
        starts_time="22:00",
        ends_time="00:30",
        place="Room 1",
        people="some",
        capacity="12",
    )
    assert answer.status_code == 303
    [part] = events.get(event.id).parts
    assert (str(part.starts_at), str(part.ends_at)) == ("2026-11-20 21:00:00+00:00", "2026-11-20 23:30:00+00:00")
    assert (part.place, part.for_everyone, part.capacity) == ("Room 1", False, 12)
    edit = f"{PARTS}/{part.id}"
    page = organiser.get(edit).text
    assert all(f'value="{shown}"' in page for shown in ("2026-11-20", "22:00", "00:30", "Room 1", "12"))
    assert send(organiser, edit, title="Group A", starts_time="22:00", ends_time="").status_code == 303
    assert (events.get(event.id).parts[0].title, events.get(event.id).parts[0].ends_at) == ("Group A", None)


def test_what_is_wrong_is_said_at_its_field(organiser: FlaskClient, clock: Clock):
    event = make_event(clock())
    add(organiser, "Talk")
    for values, named in (
        ({"title": ""}, "title"),
        ({"title": "Talk"}, "title"),
        ({"title": "A", "starts_time": "16:00", "ends_time": "15:00"}, "ends_time"),
        ({"title": "A", "ends_time": "15:00"}, "starts_time"),
        ({"title": "A", "capacity": "many"}, "capacity"),
        ({"title": "A", "join_url": "javascript:alert(1)"}, "join_url"),
    ):
        answer = send(organiser, f"{PARTS}/new", **values)
        assert answer.status_code == 400, values
        assert f'href="#{named}"' in answer.text, values
    assert len(events.get(event.id).parts) == 1


def test_a_draft_chooses_the_format_of_each_part_and_a_public_event_switches_it(organiser: FlaskClient, clock: Clock):
    draft = events.create(DIALOGUE, by="test", now=clock())
    assert isinstance(draft, EventFacts)
    add(organiser, "Talk", format="hybrid")
    add(organiser, "Group", format="digital")
    assert events.get(draft.id).format is Format.MIXED
    assert 'name="format"' not in organiser.get("/organise/events/dialogue-evening/edit").text
    edit, more = "/organise/events/dialogue-evening/edit", {"registration_mode": "form", "retention_days": "30"}
    assert send(organiser, edit, **more).status_code == 302
    assert parts(draft) == [("Talk", "talk", "hybrid"), ("Group", "talk", "digital")]
    with transaction():
        events.set_lifecycle(draft.id, EventStatus.PUBLISHED, reason="", by="test", now=clock())
    assert events.get(draft.id).lifecycle is EventStatus.PUBLISHED
    part = events.get(draft.id).parts[0]
    assert 'name="format"' not in organiser.get(f"{PARTS}/{part.id}").text
    assert send(organiser, f"{PARTS}/{part.id}", format="onsite", title="Speech").status_code == 303
    assert parts(draft)[0] == ("Speech", "talk", "hybrid")


def test_the_public_page_shows_the_parts_and_where_they_are(organiser: FlaskClient, client: FlaskClient, clock: Clock):
    make_event(clock(), format=Format.ONSITE)
    add(organiser, "Talk", starts_time="16:15", ends_time="17:00", place="Small hall")
    page = client.get("/events/dialogue-evening?lang=en").text
    assert "16:15 to 17:00" in page
    assert "Small hall" in page
    assert page.count("<strong>Talk</strong>") == 1


def test_whom_no_mail_tells_of_a_new_room_is_named_and_stands_on_a_sheet(organiser: FlaskClient, clock: Clock):
    event = event_with(clock, group("Housing", 5, place="Room 3"), group("Work", 5))
    housing = event.parts[0].id
    for name, email in (("Ada Telefon", ""), ("Ben Post", "ben@example.org")):
        entered = desk.enter(event.id, request_for(name, email=email), by="test", now=clock())
        assert isinstance(entered, Confirmed)
        session_places.choose(entered.registration.id, housing, by="test", now=clock())
    changed = {"title": "Housing", "kind": "group", "people": "some", "place": "Room 7"}
    assert send(organiser, f"{PARTS}/{housing}?lang=en", **changed).status_code == 303
    shown = organiser.get(PARTS + "?lang=en").text
    assert "No mail tells 1 person of the change: please call." in shown
    assert shown.count("Call list: 1 person") == 1
    sheet = organiser.get(f"{PARTS}/{housing}/call-list?lang=en").text
    assert [words in sheet for words in ("Ada Telefon", "Ben Post", "Housing, On site, Room 7")] == [True, False, True]
    assert send(organiser, f"{PARTS}/{housing}?lang=en", **changed, capacity="9").status_code == 303
    assert "No mail tells" not in organiser.get(PARTS + "?lang=en").text
    assert organiser.get(f"{PARTS}/99/call-list").status_code == 404
