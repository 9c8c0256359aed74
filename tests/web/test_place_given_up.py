"""The place on site is struck through for those for whom it was given up, and for nobody else."""

from dataclasses import replace

import pytest
import vobject
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionFacts, SessionKind, SessionValues
from regservice.formats import service as formats
from regservice.registrations import rules
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts, Wish
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.facts import event_facts, registration_facts

ROOM = "https://room.example.org/dialogue"
ONSITE, DIGITAL, HYBRID = Format.ONSITE, Format.DIGITAL, Format.HYBRID
STRUCK = "<del>Town hall, Large hall, Market 1, 12345 Exampletown</del> (not there)"


def page_of(person: RegistrationFacts) -> str:
    return f"/r/{registrations.personal_token(person)}"


@pytest.mark.parametrize(
    ("version", "talk", "group", "expected"),
    [
        (1, DIGITAL, DIGITAL, False),
        (2, DIGITAL, DIGITAL, True),
        (2, DIGITAL, HYBRID, False),
        (2, HYBRID, HYBRID, False),
        (2, ONSITE, DIGITAL, False),
    ],
)
def test_the_place_is_off_when_a_switch_made_all_of_a_persons_parts_digital(
    version: int, talk: Format, group: Format, expected: bool
) -> None:
    parts = (
        SessionFacts(id=1, position=1, kind=SessionKind.TALK, format=talk),
        SessionFacts(id=2, position=2, kind=SessionKind.GROUP, format=group, for_everyone=False),
        SessionFacts(id=3, position=3, kind=SessionKind.GROUP, format=ONSITE, for_everyone=False),
    )
    event = event_facts(sessions=parts, format=Format.MIXED, format_version=version)
    ada = registration_facts(session_ids=frozenset({2}))
    assert rules.place_is_off(event, ada) is expected


@pytest.mark.parametrize(
    ("before", "after", "struck"), [(ONSITE, HYBRID, 0), (ONSITE, DIGITAL, 1), (HYBRID, DIGITAL, 1)]
)
def test_a_hybrid_event_keeps_its_hall_for_who_takes_part_digitally(
    client: FlaskClient, app: Flask, clock: Clock, before: Format, after: Format, struck: int
) -> None:
    event = make_event(clock(), format=before, join_url=ROOM, capacity=None)
    formats.switch(event.id, after, reason="Flu", join_url=ROOM, by="test", now=clock())
    ada = confirm(events.get(event.id), "Ada", clock(), language="en", attendance=Wish.DIGITAL)
    page = client.get(page_of(ada)).text
    assert (page.count("Digital, on the internet"), page.count(STRUCK), page.count("<del>")) == (1, struck, struck)
    entry = vobject.readOne(client.get(f"{page_of(ada)}/calendar.ics").text).vevent
    assert entry.summary.value == ("Now digital: Dialogue evening" if struck else "Dialogue evening")
    assert client.get(f"/events/{event.slug}?lang=en").text.count(STRUCK) == struck


def test_who_comes_for_one_part_is_not_told_to_stay_away_by_another(
    client: FlaskClient, app: Flask, clock: Clock, mixed: EventFacts
) -> None:
    ada = confirm(mixed, "Ada", clock(), language="en")
    for page in ("", "/join", "/cannot"):
        assert client.get(page_of(ada) + page).text.count("<del>") == 0


@pytest.fixture
def mixed(app: Flask, clock: Clock) -> EventFacts:
    event = make_event(clock(), join_url=ROOM, capacity=None)
    talk = SessionValues(title="Talk", kind=SessionKind.TALK, join_url=ROOM)
    made = session_changes.arrange(
        event.id, [(None, talk), (None, replace(talk, title="Walk"))], by="test", now=clock()
    )
    assert isinstance(made, EventFacts)
    targets = {part.id: DIGITAL for part in made.parts if part.title == "Talk"}
    formats.switch(event.id, targets, reason="Flu", join_url=ROOM, by="test", now=clock())
    return events.get(event.id)
