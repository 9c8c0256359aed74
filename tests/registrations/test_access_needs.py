"""What people need to take part is asked again after a switch, and stays on the list until somebody has cleared it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from regservice.accounts import service as accounts
from regservice.accounts.types import OrganiserFacts, Role
from regservice.changes import questions
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format, Question, QuestionKind
from regservice.formats import effects
from regservice.formats import service as formats
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices import wanted
from regservice.outbox import service as outbox
from regservice.registrations import access_needs, access_rules, desk
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationFacts, RegistrationRequest, TooLate
from regservice.registrations.types import RegistrationState as State
from tests.changes.test_service import values
from tests.conftest import Clock
from tests.factories import DIALOGUE, ENDS_AT, confirm, register
from tests.facts import MADE_AT, event_facts, registration_facts
from tests.forms import fill_in
from tests.web.organiser.conftest import organiser, sign_in

__all__ = ["organiser", "sign_in"]
ROOM = "https://room.example.org/dialogue"
ASKED = Question(key="access", label="What do you need to take part?", kind=QuestionKind.ACCESS)
ASKED_BESIDES = replace(ASKED, key="food", kind=QuestionKind.TEXT)
NEED = "An induction loop near the desk"
SECOND = timedelta(seconds=1)


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Olga's event on site, whose form asks what people need."""
    olga = accounts.add_organiser("olga@rathaus.example.org", "Olga", role=Role.ADMIN, by="test", now=clock())
    assert isinstance(olga, OrganiserFacts)
    values = replace(DIALOGUE, capacity=5, questions=(ASKED, ASKED_BESIDES))
    made = events.create(values, by="test", now=clock(), owner_id=olga.id, join_url=ROOM)
    assert isinstance(made, EventFacts)
    published = events.publish(made.id, by="test", now=clock())
    assert isinstance(published, EventFacts)
    return published


def switch(event: EventFacts, to: Format, clock: Clock) -> Switched:
    seen = formats.preview(event.id, to, reason="Storm", join_url=None, now=clock())
    answer = formats.switch(event.id, to, reason="Storm", join_url=None, by="test", now=clock())
    assert isinstance(answer, Switched), answer
    assert seen.effects == answer.effects
    return answer


def with_need(event: EventFacts, clock: Clock, name: str = "Ada", need: str = NEED) -> RegistrationFacts:
    return confirm(event, name, clock(), language="en", answers={"access": need})


def page_of(person: RegistrationFacts, more: str = "") -> str:
    return f"/r/{registrations.personal_token(person)}{more}"


def again(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def to_clear(event: EventFacts) -> list[str]:
    return [person.name for person in access_needs.to_clear(event.id)]


def calls(event: EventFacts) -> list[str]:
    return [message.recipient for message in outbox.ledger(event.id, limit=500) if message.kind == "organiser_help"]


@pytest.mark.parametrize(
    ("person", "event", "now", "expected"),
    [
        ({}, {}, ENDS_AT - SECOND, True),
        ({}, {}, ENDS_AT, False),
        ({"needs_asked_at": None}, {}, MADE_AT, False),
        ({"state": State.CANCELLED}, {}, MADE_AT, False),
        ({}, {"lifecycle": EventStatus.CANCELLED}, MADE_AT, False),
        ({}, {"questions": ()}, MADE_AT, False),
        ({}, {"questions": (replace(ASKED, kind=QuestionKind.TEXT),)}, MADE_AT, False),
    ],
)
def test_a_person_can_say_it_until_the_end(
    person: dict[str, object], event: dict[str, object], now: object, expected: bool
) -> None:
    asked = registration_facts(**{"needs_asked_at": MADE_AT, **person})
    assert access_rules.may_say(event_facts(**{"questions": (ASKED,), **event}), asked, now) is expected  # type: ignore[arg-type]


def test_a_switch_asks_those_again_who_have_a_place_and_said_what_they_need(
    each_app: Flask, clock: Clock, event: EventFacts
) -> None:
    ada = with_need(event, clock)
    confirm(event, "Ben", clock(), answers={"food": "Nuts"})
    register(event, "Cem", clock(), answers={"access": NEED})
    left = with_need(event, clock, "Dua")
    registrations.cancel(left.id, clock())
    phone = RegistrationRequest(name="Eva", email="", language="de", answers={"access": "A ramp"})
    desk.enter(event.id, phone, by="test", now=clock())
    answer = switch(event, Format.DIGITAL, clock)
    assert (answer.effects["access_again"], to_clear(event)) == (2, ["Ada", "Eva"])
    row = formats.find_switch(event.id, answer.version)
    assert row is not None
    assert sorted(person.name for person in effects.people_with(row, "access_again")) == ["Ada", "Eva"]
    [message] = [message for message in outbox.ledger_for_registration(ada.id) if message.kind == "decision"]
    assert f"http://events.example.org{page_of(ada, '/needs')}" in notices.compose(message, clock()).text.split("\n")


def test_who_waited_at_the_switch_is_asked_once_they_have_a_place(
    client: FlaskClient, clock: Clock, event: EventFacts
) -> None:
    changes.edit(event.id, values(event, capacity=1, digital_capacity=1), by="test", now=clock())
    first = confirm(event, "Ben", clock())
    waiting, unconfirmed = with_need(event, clock), register(event, "Cem", clock(), answers={"access": NEED})
    answer = switch(event, Format.DIGITAL, clock)
    assert (to_clear(event), calls(event), "access_again" in answer.effects) == ([], [], False)
    registrations.cancel(first.id, clock())
    clock.advance(minutes=1)
    assert "We take care of it" not in client.get(page_of(waiting)).text
    registrations.accept(waiting.id, clock())
    assert (to_clear(event), calls(event)) == (["Ada"], ["olga@rathaus.example.org"])
    assert "What do you need to take part now?" in client.get(page_of(waiting)).text
    mails = [message for message in outbox.ledger_for_registration(waiting.id) if message.kind == "confirmed"]
    assert "/needs" in notices.compose(mails[0], clock()).text
    registrations.cancel(waiting.id, clock())
    registrations.confirm(unconfirmed.id, clock())
    assert to_clear(event) == ["Cem"], "who had not confirmed their address yet, too"


def test_of_several_who_have_a_place_at_once_the_office_hears_once(app: Flask, clock: Clock, event: EventFacts) -> None:
    changes.edit(event.id, values(event, capacity=1, digital_capacity=1), by="test", now=clock())
    confirm(event, "Ben", clock())
    waiting = [with_need(event, clock, name) for name in ("Ada", "Cem", "Dua")]
    switch(event, Format.DIGITAL, clock)
    changes.edit(event.id, values(event, digital_capacity=4), by="test", now=clock())
    for person in waiting:
        registrations.accept(person.id, clock())
        clock.advance(seconds=1)
    assert (to_clear(event), calls(event)) == (["Ada", "Cem", "Dua"], ["olga@rathaus.example.org"])


def test_nobody_is_asked_where_nothing_was_said(app: Flask, clock: Clock, event: EventFacts) -> None:
    ben = confirm(event, "Ben", clock(), answers={"food": "Nuts"})
    assert ("access_again" in switch(event, Format.DIGITAL, clock).effects, calls(event)) == (False, [])
    [message] = [message for message in outbox.ledger_for_registration(ben.id) if message.kind == "decision"]
    assert "/needs" not in notices.compose(message, clock()).text


def test_the_office_hears_of_it_once_a_switch_and_reads_neither_name_nor_need(
    app: Flask, clock: Clock, event: EventFacts
) -> None:
    ada = with_need(event, clock, "Ada Vertraulich")
    with_need(event, clock, "Ben Vertraulich")
    switch(event, Format.DIGITAL, clock)
    assert calls(event) == ["olga@rathaus.example.org"]
    [message] = [message for message in outbox.ledger(event.id, limit=500) if message.kind == "organiser_help"]
    letter = notices.compose(message, clock())
    assert f"http://events.example.org/organise/events/{event.slug}/help" in letter.text.split("\n")
    shown = f"{letter.subject} {letter.text} {letter.html} {message.payload}"
    assert [word for word in ("Vertraulich", ada.email, NEED, "2 ") if word in shown] == []
    assert notices.still_wanted(message, clock()) is None
    for person in access_needs.to_clear(event.id):
        access_needs.clear(person.id, by="test", now=clock())
    assert notices.still_wanted(message, clock()) == wanted.HELPED
    clock.advance(minutes=1)
    switch(event, Format.ONSITE, clock)
    assert (calls(event), len(to_clear(event))) == (["olga@rathaus.example.org"] * 2, 2), "and the way back asks anew"


def test_a_person_looks_at_it_and_changes_it(
    client: FlaskClient, organiser: FlaskClient, clock: Clock, event: EventFacts
) -> None:
    ada, ben = with_need(event, clock), with_need(event, clock, "Ben")
    assert "What do you need to take part now?" not in client.get(page_of(ada)).text
    switch(event, Format.DIGITAL, clock)
    before = again(ada)
    page = client.get(page_of(ada, "/needs"))
    assert (page.status_code, NEED in page.text, again(ada)) == (200, True, before)
    clock.advance(minutes=1)
    answer = fill_in(client, page_of(ada, "/needs"), {"answers-access": "Captions"})
    assert (answer.status_code, "We take care of it" in answer.text) == (200, True)
    assert (again(ada).answers, again(ada).needs_said_at) == ({"access": "Captions"}, clock())
    assert to_clear(event) == ["Ada", "Ben"]
    listed = organiser.get(f"/organise/events/{event.slug}/help?lang=en").text
    assert [listed.count(word) for word in ("Captions", NEED, "no answer yet")] == [1, 1, 1]
    address = f"/organise/events/{event.slug}/help"
    assert "cleared again" in organiser.get(f"/organise/events/{event.slug}?lang=en").text
    cleared = fill_in(organiser, address, {}, form=1)
    assert (cleared.status_code, to_clear(event)) == (303, ["Ben"])
    assert client.get(page_of(ada, "/needs")).text.count("answers-access") == 0, "there is nothing to clear any more"
    assert again(ben).needs_said_at is None


def test_who_needs_nothing_any_more_is_cleared(client: FlaskClient, clock: Clock, event: EventFacts) -> None:
    ada = confirm(event, "Ada", clock(), answers={"access": NEED, "food": "Nuts"})
    switch(event, Format.DIGITAL, clock)
    fill_in(client, page_of(ada, "/needs"), {"answers-access": ""})
    assert (to_clear(event), again(ada).answers) == ([], {"food": "Nuts"})


def test_too_late_changes_nothing(app: Flask, clock: Clock, event: EventFacts) -> None:
    ada = with_need(event, clock)
    switch(event, Format.DIGITAL, clock)
    clock.set(ENDS_AT)
    assert isinstance(access_needs.say(ada.id, {"access": "x"}, by="person", now=clock()), TooLate)
    assert again(ada).answers == {"access": NEED}


def test_a_need_that_is_changed_with_the_other_details_counts_as_said(
    client: FlaskClient, clock: Clock, event: EventFacts
) -> None:
    ada = with_need(event, clock)
    switch(event, Format.DIGITAL, clock)
    details = {"name": "Ada B", "language": "en", "answers-access": NEED}
    assert fill_in(client, page_of(ada, "/change"), details).status_code == 200
    assert (again(ada).name, again(ada).needs_said_at) == ("Ada B", None)
    fill_in(client, page_of(ada, "/change"), details | {"answers-access": "Captions"})
    assert again(ada).needs_said_at == clock()


def test_when_the_question_is_taken_away_who_is_open_stays_named(
    organiser: FlaskClient, event: EventFacts, clock: Clock
) -> None:
    ada = with_need(event, clock)
    switch(event, Format.DIGITAL, clock)
    seen = events.get(event.id).version
    taken = questions.arrange(event.id, [ASKED_BESIDES], seen=seen, agreed=1, by="test", now=clock())
    assert isinstance(taken, EventFacts)
    page = organiser.get(f"/organise/events/{event.slug}/help?lang=en").text
    assert ("Ada" in page, NEED in page, "The question was taken away since." in page) == (True, False, True)
    own = organiser.get(f"/r/{registrations.personal_token(ada)}?lang=en").text
    assert "What do you need to take part now?" not in own
    access_needs.clear(ada.id, by="test", now=clock())
    assert to_clear(event) == []
