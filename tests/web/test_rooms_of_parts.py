"""Parts with a digital room of their own: one link leads to the part that is on, and nobody finds another's room."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import service as registrations
from regservice.registrations import session_places
from regservice.registrations.types import RegistrationFacts
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, make_event
from tests.web.test_personal import link

TALK_ROOM, HOUSING_ROOM, WORK_ROOM = (f"https://meet.example.org/{name}-raum" for name in ("talk", "housing", "work"))
MIDDLE = STARTS_AT + timedelta(hours=1)
OPENS, SECOND = STARTS_AT - timedelta(minutes=30), timedelta(seconds=1)


def part(
    title: str, room: str, starts_at: datetime | None, ends_at: datetime | None, **changes: object
) -> SessionValues:
    values: dict[str, object] = {"kind": SessionKind.GROUP, "format": Format.DIGITAL, "for_everyone": False}
    at = {"starts_at": starts_at, "ends_at": ends_at}
    return SessionValues(title=title, join_url=room, **{**values, **at, **changes})  # type: ignore[arg-type]


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    made = make_event(clock(), format=Format.DIGITAL, join_url=TALK_ROOM, digital_capacity=None)
    parts = (
        part("Talk", TALK_ROOM, STARTS_AT, MIDDLE, kind=SessionKind.TALK, for_everyone=True),
        part("Housing", HOUSING_ROOM, MIDDLE, ENDS_AT),
        part("Work", WORK_ROOM, MIDDLE, ENDS_AT),
    )
    arranged = session_changes.arrange(made.id, [(None, values) for values in parts], by="test", now=clock())
    assert isinstance(arranged, EventFacts)
    return arranged


def put_into(event: EventFacts, name: str, number: int, clock: Clock) -> RegistrationFacts:
    person = confirm(event, name, clock())
    session_places.choose(person.id, event.parts[number].id, by="test", now=clock())
    found = registrations.find(person.id)
    assert found is not None
    return found


def leads_to(client: FlaskClient, path: str) -> str:
    return client.get(path).headers.get("Location", "")


@pytest.mark.parametrize(
    ("now", "room"),
    [
        (OPENS - SECOND, ""),
        (OPENS, TALK_ROOM),
        (MIDDLE - SECOND, TALK_ROOM),
        (MIDDLE, HOUSING_ROOM),
        (ENDS_AT - SECOND, HOUSING_ROOM),
        (ENDS_AT, ""),
    ],
)
def test_the_one_link_leads_to_the_part_that_is_on(
    client: FlaskClient, event: EventFacts, clock: Clock, now: datetime, room: str
) -> None:
    ada = put_into(event, "Ada", 1, clock)
    clock.set(now)
    assert leads_to(client, link(ada) + "/join") == room


def test_between_two_parts_it_leads_to_the_next_one(client: FlaskClient, app: Flask, clock: Clock) -> None:
    made = make_event(clock(), format=Format.DIGITAL, join_url=TALK_ROOM, digital_capacity=None)
    gap = timedelta(minutes=15)
    parts = (
        part("Talk", TALK_ROOM, STARTS_AT, MIDDLE - gap, kind=SessionKind.TALK, for_everyone=True),
        part("Housing", HOUSING_ROOM, MIDDLE, ENDS_AT - gap, for_everyone=True),
    )
    session_changes.arrange(made.id, [(None, values) for values in parts], by="test", now=clock())
    ada = confirm(made, "Ada", clock())
    for now, room in ((MIDDLE - gap, HOUSING_ROOM), (ENDS_AT - SECOND, HOUSING_ROOM)):
        clock.set(now)
        assert leads_to(client, link(ada) + "/join") == room


def test_without_times_it_is_the_room_of_the_event(client: FlaskClient, app: Flask, clock: Clock) -> None:
    made = make_event(clock(), format=Format.DIGITAL, join_url=TALK_ROOM, digital_capacity=None)
    parts = (part("Talk", TALK_ROOM, None, None, for_everyone=True), part("Other", WORK_ROOM, None, None))
    session_changes.arrange(made.id, [(None, values) for values in parts], by="test", now=clock())
    ada = confirm(made, "Ada", clock())
    clock.set(STARTS_AT)
    assert leads_to(client, link(ada) + "/join") == TALK_ROOM


def test_nobody_finds_the_room_of_a_part_that_is_not_theirs(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada, ben = put_into(event, "Ada", 1, clock), put_into(event, "Ben", 2, clock)
    housing, work = event.parts[1].id, event.parts[2].id
    assert leads_to(client, f"{link(ada)}/join/{housing}") == "", "not before the rooms open"
    clock.set(MIDDLE)
    assert leads_to(client, f"{link(ada)}/join/{housing}") == HOUSING_ROOM
    assert leads_to(client, f"{link(ada)}/join/{work}") == ""
    assert leads_to(client, f"{link(ben)}/join/{work}") == WORK_ROOM
    own = f"{link(ada)}/join/{housing}"
    assert (own in client.get(link(ada)).text, f"/join/{work}" in client.get(link(ada)).text) == (True, False)


def test_the_rooms_of_parts_stand_on_no_page_and_in_no_mail(
    client: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = put_into(event, "Ada", 1, clock)
    slug, now = event.slug, clock()
    pages = ["/", f"/events/{slug}", f"/events/{slug}/calendar.ics", "/calendar.ics", f"/api/v1/events/{slug}"]
    letters = [notices.compose(message, now) for message in outbox.ledger(event.id) if message.kind != "optin_again"]
    clock.set(MIDDLE)
    texts = [client.get(path).text for path in (*pages, link(ada), f"{link(ada)}/calendar.ics")]
    texts += [f"{letter.text} {letter.html} {letter.invitation!r}" for letter in letters]
    assert [text for text in texts if "-raum" in text] == []
    assert "-raum" in leads_to(client, link(ada) + "/join"), "where it is, it would be found"
