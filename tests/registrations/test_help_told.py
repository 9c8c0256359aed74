"""Who looks after people that need help hears of it: once a request, and with nothing about them in the mail."""

from datetime import timedelta

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices import wanted
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import help_requests
from regservice.registrations.types import HelpKind, HelpRequest, RegistrationFacts
from tests.conftest import Clock
from tests.factories import DIALOGUE, ENDS_AT, confirm

NEED = "I hear badly, please a sign language interpreter"


@pytest.fixture
def office(app: Flask, clock: Clock) -> list[OrganiserFacts]:
    """An owner, somebody who takes care of help, and a third one."""
    found = [
        accounts.add_organiser(f"{name.lower()}@rathaus.example.org", name, role=role, by="test", now=clock())
        for name, role in (("Olga", Role.ADMIN), ("Carla", Role.ORGANISER), ("Theo", Role.ORGANISER))
    ]
    return [one for one in found if isinstance(one, OrganiserFacts)]


@pytest.fixture
def event(office: list[OrganiserFacts], clock: Clock) -> EventFacts:
    """Digital by a switch, and Olga's."""
    room = "https://room.example.org/x"
    made = events.create(DIALOGUE, by="test", now=clock(), owner_id=office[0].id, join_url=room)
    assert isinstance(made, EventFacts)
    events.publish(made.id, by="test", now=clock())
    return switched(made, Format.DIGITAL, clock)


def switched(event: EventFacts, to: Format, clock: Clock) -> EventFacts:
    answer = formats.switch(event.id, to, reason="Storm", join_url=None, by="test", now=clock())
    assert isinstance(answer, Switched), answer
    return events.get(event.id)


def ask(person: RegistrationFacts, clock: Clock, text: str = NEED, by: str = "person") -> HelpRequest:
    asked = help_requests.ask(person.id, [HelpKind.SIGN_LANGUAGE], text, clock(), by=by)
    assert isinstance(asked, HelpRequest)
    return asked


def calls(event: EventFacts) -> list[MessageFacts]:
    found = [message for message in outbox.ledger(event.id, limit=500) if message.kind == "organiser_help"]
    return sorted(found, key=lambda message: message.id)


def called(event: EventFacts) -> list[str]:
    return [message.recipient.partition("@")[0] for message in calls(event)]


def test_the_owner_hears_of_a_request_once_however_often_it_is_changed(event: EventFacts, clock: Clock) -> None:
    ada, ben = (confirm(event, name, clock()) for name in ("Ada", "Ben"))
    ask(ada, clock)
    clock.advance(minutes=5)
    ask(ada, clock, "And a lift")
    assert called(event) == ["olga"]
    ask(ben, clock)
    assert called(event) == ["olga", "olga"]


@pytest.mark.parametrize(("has_left", "hears"), [(False, "carla"), (True, "olga")])
def test_a_settled_request_that_is_asked_again_is_told_to_who_took_care_of_it_else_to_the_owner(
    event: EventFacts, office: list[OrganiserFacts], clock: Clock, has_left: bool, hears: str
) -> None:
    asked = ask(confirm(event, "Ada", clock()), clock)
    help_requests.take_over(asked.id, owner_id=office[1].id, due_on=None, by="test", now=clock())
    help_requests.settle(asked.id, by="test", now=clock())
    if has_left:
        accounts.disable(office[1].id, by="test", now=clock())
    clock.advance(hours=1)
    help_requests.ask(asked.registration_id, [HelpKind.DEVICE], "", clock())
    assert called(event) == ["olga", hears]


def test_who_wrote_it_down_is_not_told(event: EventFacts, office: list[OrganiserFacts], clock: Clock) -> None:
    ask(confirm(event, "Ada", clock()), clock, by=f"organiser:{office[0].id}")
    ask(confirm(event, "Ben", clock()), clock, by=f"organiser:{office[2].id}")
    assert called(event) == ["olga"]


def test_a_switch_that_opens_settled_help_again_is_told_once_to_each_who_cares(
    event: EventFacts, office: list[OrganiserFacts], clock: Clock
) -> None:
    requests = [ask(confirm(event, name, clock()), clock) for name in ("Ada", "Ben", "Cem")]
    for asked, owner in zip(requests, (office[1], office[1], office[2]), strict=True):
        help_requests.take_over(asked.id, owner_id=owner.id, due_on=None, by="test", now=clock())
        help_requests.settle(asked.id, by="test", now=clock())
    before = len(calls(event))
    formats.preview(event.id, Format.HYBRID, reason="x", join_url=None, now=clock())
    assert len(calls(event)) == before, "looking calls nobody"
    event = switched(event, Format.HYBRID, clock)
    assert called(event)[before:] == ["carla", "theo"]
    [letter, _] = [notices.compose(message, clock()) for message in calls(event)[before:]]
    assert "neu" in letter.text


def test_the_mail_says_where_to_look_and_nothing_about_the_person(event: EventFacts, clock: Clock) -> None:
    ada = confirm(event, "Ada Vertraulich", clock())
    ask(ada, clock)
    [message] = calls(event)
    letter = notices.compose(message, clock())
    page = f"http://events.example.org/organise/events/{event.slug}/help"
    assert page in letter.text.split("\n")
    shown = f"{letter.subject} {letter.text} {letter.html} {message.payload}"
    assert [word for word in ("Vertraulich", ada.email, NEED, "sign", "Gebärden") if word in shown] == []


def test_it_is_not_sent_any_more_once_it_is_settled_or_the_event_is_off(event: EventFacts, clock: Clock) -> None:
    asked, other = (ask(confirm(event, name, clock()), clock) for name in ("Ada", "Ben"))
    first, second = calls(event)
    assert [notices.still_wanted(message, clock()) for message in (first, second)] == [None, None]
    help_requests.settle(asked.id, by="test", now=clock())
    assert [notices.still_wanted(message, clock()) for message in (first, second)] == [wanted.HELPED, None]
    changes.cancel_event(event.id, reason="Storm", by="test", now=clock())
    assert notices.still_wanted(second, clock()) == wanted.EVENT_CANCELLED
    assert other.open


def test_it_is_not_sent_after_the_event(event: EventFacts, clock: Clock) -> None:
    ask(confirm(event, "Ada", clock()), clock)
    [message] = calls(event)
    clock.set(ENDS_AT - timedelta(seconds=1))
    assert notices.still_wanted(message, clock()) is None
    clock.set(ENDS_AT)
    assert notices.still_wanted(message, clock()) == wanted.TOO_LATE
