"""A group that people wished for is taken off the programme: they are told which one, and choose another."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.changes import sessions as session_changes
from regservice.events import sessions
from regservice.events.types import EventFacts
from regservice.notices import service as notices
from regservice.notices import wanted
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import desk, session_places, wishes_gone
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts, RegistrationRequest
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, register
from tests.registrations.test_choosing import event_with, group
from tests.registrations.test_moving import again
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
GONE = "“Housing” does not take place any more"


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Three places, and two groups with one place each."""
    return event_with(clock, group("Housing"), group("Work", 5), capacity=3)


def without(event: EventFacts, title: str, clock: Clock) -> EventFacts:
    """The event once staff have taken this part away."""
    kept = [(part.id, sessions.values_of(part)) for part in event.parts if part.title != title]
    after = session_changes.arrange(event.id, kept, by="test", now=clock())
    assert isinstance(after, EventFacts)
    return after


def wishing(event: EventFacts, clock: Clock, *names: str) -> list[RegistrationFacts]:
    """People with a place who did not get the group that they wished for: it was full, and who was in it has left."""
    housing = event.parts[0].id
    people = [register(event, name, clock(), group=housing, language="en") for name in names]
    first = confirm(event, "First", clock(), group=housing)
    for person in people:
        registrations.confirm(person.id, clock())
    session_places.leave(first.id, housing, by="test", now=clock())
    registrations.cancel(first.id, clock())
    return [again(person) for person in people]


def told(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=500) if message.kind == "group_gone"]


def link(person: RegistrationFacts, more: str = "") -> str:
    return f"/r/{registrations.personal_token(person)}{more}"


def test_who_wished_for_it_is_told_which_one_went(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing"), group("Work", 5), capacity=3)
    [ada, ben] = wishing(event, clock, "Ada", "Ben")
    confirm(event, "Cem", clock())
    waits = confirm(event, "Dua", clock(), group=event.parts[0].id, language="en")
    assert (again(waits).state.value, wishes_gone.wishing(event.id)) == ("waitlisted", {event.parts[0].id: 3})
    without(event, "Housing", clock)
    found = {message.recipient: message for message in told(event)}
    assert sorted(found) == ["ada@example.org", "ben@example.org", "dua@example.org"]
    assert {message.due_at - clock() for message in found.values()} == {timedelta(minutes=10)}
    texts = {name: notices.compose(message, clock()).text for name, message in found.items()}
    assert [text.count("You wished for “Housing”.") for text in texts.values()] == [1, 1, 1]
    assert ["Please choose on your own page" in texts[person.email] for person in (ada, waits)] == [True, False]
    assert (again(ben).group_wish, again(ben).group_gone, wishes_gone.wishing(event.id)) == (None, "Housing", {})


def test_who_has_chosen_another_part_by_then_is_not_told(app: Flask, clock: Clock, event: EventFacts) -> None:
    [ada] = wishing(event, clock, "Ada")
    after = without(event, "Housing", clock)
    [message] = told(event)
    assert notices.still_wanted(message, clock()) is None
    session_places.choose_group(ada.id, after.parts[0].id, clock())
    assert (again(ada).group_gone, notices.still_wanted(message, clock())) == ("", wanted.ANSWERED)


def test_the_page_says_it_until_another_part_is_chosen(
    client: FlaskClient, organiser: FlaskClient, clock: Clock, event: EventFacts
) -> None:
    [ada] = wishing(event, clock, "Ada")
    listed = f"/organise/events/{event.slug}/attendees?lang=en"
    assert "wishes for: Housing" in organiser.get(listed).text
    parts = organiser.get(f"/organise/events/{event.slug}/parts?lang=en").text
    assert [parts.count("1 person wishes for it"), parts.count("1 person hears that it is gone")] == [1, 1]
    after = without(event, "Housing", clock)
    assert (GONE in client.get(link(ada)).text, "wished for: Housing (gone)" in organiser.get(listed).text) == (
        True,
        True,
    )
    session_places.choose_group(ada.id, after.parts[0].id, clock())
    assert (GONE in client.get(link(ada)).text, "(gone)" in organiser.get(listed).text) == (False, False)


def test_who_confirms_later_reads_it_with_the_place(app: Flask, clock: Clock, event: EventFacts) -> None:
    ada = register(event, "Ada", clock(), group=event.parts[0].id, language="en")
    without(event, "Housing", clock)
    assert told(event) == []
    registrations.confirm(ada.id, clock())
    [message] = [message for message in outbox.ledger_for_registration(ada.id) if message.kind == "confirmed"]
    text = notices.compose(message, clock()).text
    assert ("You wished for “Housing”." in text, "Please choose on your own page" in text) == (True, True)


def test_who_has_no_address_is_called(app: Flask, clock: Clock, event: EventFacts) -> None:
    housing = event.parts[0].id
    first = confirm(event, "First", clock(), group=housing)
    desk.enter(event.id, RegistrationRequest(name="Eva", email="", language="de", group=housing), by="x", now=clock())
    session_places.leave(first.id, housing, by="test", now=clock())
    after = without(event, "Housing", clock)
    assert ([line.name for line in wishes_gone.to_call(event, after, clock())], told(event)) == (["Eva"], [])
    assert wishes_gone.to_call(after, after, clock()) == []


def test_once_the_event_runs_nobody_is_told(app: Flask, clock: Clock, event: EventFacts) -> None:
    [ada] = wishing(event, clock, "Ada")
    clock.set(STARTS_AT)
    without(event, "Housing", clock)
    assert (told(event), again(ada).group_gone) == ([], "Housing")
