"""A place on site is held for who takes part digitally: they stay digital until they say that they come.

On real databases: what their calendar, page and mails say while it is held, after a yes and after no answer, and that
no place is given twice.
"""

from dataclasses import dataclass, replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import returning
from regservice.formats import service as formats
from regservice.formats.return_types import Seating
from regservice.formats.types import Switched
from regservice.notices import service as notices
from regservice.notices import wanted
from regservice.notices.types import Letter, Method
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import event_changes, keeping, moving, questions, rules, showing
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    CancelCause,
    Full,
    Moved,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    TooLate,
    Wish,
)
from tests.conftest import Clock, OutsideClient
from tests.factories import confirm, make_event
from tests.formats.test_keeping import drawn_later
from tests.formats.test_returning import ROOM
from tests.forms import fill_in, forms_in

YES, NO = QuestionAnswer.YES, QuestionAnswer.NO
ONSITE, DIGITAL = Attendance.ONSITE, Attendance.DIGITAL


@dataclass
class Story:
    """Three came when there was room; back on site there is one place, whose winner gave it up: it is held for Bo."""

    event: EventFacts
    bo: RegistrationFacts
    # Whose lot comes after Bo's.
    next: RegistrationFacts
    before: RegistrationFacts
    clock: Clock
    client: FlaskClient


@pytest.fixture
def story(each_app: Flask, clock: Clock) -> Story:
    event = make_event(clock(), capacity=3, digital_capacity=None)
    people = {name: confirm(event, name, clock(), language="en") for name in ("Ann", "Ben", "Cem")}
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    clock.advance(hours=1)
    smaller = replace(events.values_of(events.get(event.id)), capacity=1)
    assert isinstance(changes.edit(event.id, smaller, by="test", now=clock()), EventFacts)
    assert isinstance(returning.switch(event.id, Seating.LOTTERY, reason="Calm", by="test", now=clock()), Switched)
    first, second = drawn_later(events.get(event.id), people)
    [winner] = people.keys() - {first, second}
    before = facts_of(people[first])
    registrations.cancel(people[winner].id, clock())
    each_app.test_client_class = OutsideClient
    bo, after = facts_of(people[first]), facts_of(people[second])
    return Story(events.get(event.id), bo, after, before, clock, each_app.test_client())


def facts_of(person: RegistrationFacts) -> RegistrationFacts:
    found = registrations.find(person.id)
    assert found is not None
    return found


def free(story: Story) -> tuple[int | None, int | None]:
    """On site and digital; what the public page is made from counts as they do."""
    counted = registrations.all_places(story.event)
    shown = showing.find_shown(story.event.slug)
    assert shown is not None
    assert shown.places[ONSITE] == counted[ONSITE]
    return counted[ONSITE].free, counted[DIGITAL].free


def last(person: RegistrationFacts, kind: str) -> MessageFacts:
    return [each for each in outbox.ledger_for_registration(person.id) if each.kind == kind][-1]


def kinds(person: RegistrationFacts) -> list[str]:
    return [each.kind for each in outbox.ledger_for_registration(person.id)]


def letter(story: Story, kind: str) -> Letter:
    return notices.compose(last(story.bo, kind), story.clock())


def page_of(person: RegistrationFacts) -> str:
    return f"/r/{registrations.personal_token(person)}"


def entry(story: Story) -> tuple[bool, bool, int]:
    """Whether the calendar on their page leads to the hall and to the digital room, and its SEQUENCE."""
    data = story.client.get(page_of(story.bo) + "/calendar.ics").data
    [event] = Calendar.from_ical(data).walk("VEVENT")
    return "Town hall" in event["location"], "conference" in event, event["sequence"]


def say(story: Story, said: QuestionAnswer) -> object:
    return questions.answer(story.bo.id, Question.TAKE_PLACE, said, by="person", now=story.clock())


def over(story: Story) -> None:
    """Nobody answers until the time is over."""
    until = rules.held_on_site_until(facts_of(story.bo))
    assert until is not None
    story.clock.set(until)
    assert keeping.end_due(story.clock()) == 1


def test_while_a_place_is_held_nothing_changes_for_the_person(story: Story) -> None:
    assert (story.bo.state, story.bo.attendance) == (RegistrationState.CONFIRMED, DIGITAL)
    assert (story.bo.calendar_sequence, story.bo.planned_version) == (
        story.before.calendar_sequence,
        story.before.planned_version,
    )
    assert entry(story) == (False, True, story.before.calendar_sequence)
    assert "moved" not in kinds(story.bo)
    asking = letter(story, "take_place")
    assert (asking.method, asking.invitation) == (None, None)
    assert "Where: digital" in asking.text
    page = story.client.get(page_of(story.bo)).text
    said = ("A place on site is held for you", "You can join here from", "Your code at the door")
    assert [words in page for words in said] == [True, True, False]
    assert [words in page for words in ("You take part on site", "All places on site are taken")] == [False, False]
    assert keeping.unconfirmed(story.event.id) == 0


def test_who_says_yes_comes_and_the_calendar_says_so_once(story: Story) -> None:
    answer = fill_in(story.client, page_of(story.bo), {"said": "yes"})
    assert (answer.status_code, "Your code at the door" in answer.text) == (200, True)
    assert facts_of(story.bo).attendance is ONSITE
    told = letter(story, "moved")
    assert told.invitation is not None
    assert (told.method, told.invitation.location, told.invitation.conference_url, told.invitation.sequence) == (
        Method.REQUEST,
        story.event.place,
        None,
        story.before.calendar_sequence + 1,
    )
    assert entry(story) == (True, False, story.before.calendar_sequence + 1)
    assert free(story) == (0, None)
    assert notices.still_wanted(last(story.bo, "take_place"), story.clock()) == wanted.ANSWERED
    # A second click finds nothing to say any more, and the time that was set takes nothing back.
    assert say(story, NO) == TooLate(why="question_over")
    story.clock.advance(days=3)
    assert keeping.end_due(story.clock()) == 0
    assert facts_of(story.bo).attendance is ONSITE


def test_without_an_answer_nothing_changes_and_the_next_is_held_the_place(story: Story) -> None:
    over(story)
    assert facts_of(story.bo).attendance is DIGITAL
    assert entry(story) == (False, True, story.before.calendar_sequence)
    assert "moved" not in kinds(story.bo)
    assert notices.still_wanted(last(story.bo, "take_place"), story.clock()) == wanted.NOT_ASKED
    assert (rules.held_on_site_until(facts_of(story.bo)), free(story)) == (None, (0, None))
    assert rules.held_on_site_until(facts_of(story.next)) is not None
    assert say(story, YES) == TooLate(why="question_over")
    assert rules.drew_no_place(facts_of(story.bo)) is False


def test_who_says_no_is_not_asked_again(story: Story) -> None:
    say(story, NO)
    assert (facts_of(story.bo).attendance, "moved" in kinds(story.bo)) == (DIGITAL, False)
    registrations.cancel(story.next.id, story.clock())
    assert rules.held_on_site_until(facts_of(story.bo)) is None
    # Nobody else waits, so the place is free for whoever wants it.
    assert free(story) == (1, None)


def test_the_place_that_is_held_is_given_to_nobody_else(story: Story) -> None:
    assert free(story) == (0, None)
    late = confirm(story.event, "Dua", story.clock(), attendance=Wish.ONSITE)
    assert late.state is RegistrationState.WAITLISTED
    assert isinstance(moving.move(story.next.id, ONSITE, by="test", now=story.clock()), Full)
    none = replace(events.values_of(story.event), capacity=0)
    assert event_changes.without_seat(story.event, replace(story.event, capacity=none.capacity)) == 1
    # Where everybody comes, whom a place is held for is one of them.
    assert event_changes.without_seat(story.event, replace(story.event, format=Format.ONSITE, capacity=2)) == 0


def test_the_digital_place_is_theirs_until_they_come(story: Story) -> None:
    two = replace(events.values_of(story.event), digital_capacity=2)
    assert isinstance(changes.edit(story.event.id, two, by="test", now=story.clock()), EventFacts)
    story.event = events.get(story.event.id)
    assert free(story) == (0, 0)
    late = confirm(story.event, "Dua", story.clock(), attendance=Wish.DIGITAL)
    assert late.state is RegistrationState.WAITLISTED
    say(story, YES)
    assert facts_of(late).state is RegistrationState.OFFERED
    assert free(story) == (0, 0)


@pytest.mark.parametrize("way", ["answer", "move"])
def test_the_office_enters_on_the_telephone_that_they_come(story: Story, way: str) -> None:
    if way == "answer":
        questions.answer(story.bo.id, Question.TAKE_PLACE, YES, by="organiser:1", now=story.clock())
    else:
        assert isinstance(moving.move(story.bo.id, ONSITE, by="organiser:1", now=story.clock()), Moved)
    found = facts_of(story.bo)
    assert (found.attendance, found.calendar_sequence) == (ONSITE, story.before.calendar_sequence + 1)
    assert (rules.held_until(found), free(story)) == (None, (0, None))
    assert notices.still_wanted(last(story.bo, "take_place"), story.clock()) is not None
    story.clock.advance(days=3)
    assert (keeping.end_due(story.clock()), facts_of(story.bo).attendance) == (0, ONSITE)


@pytest.mark.parametrize("way", ["answer", "move"])
def test_who_came_and_goes_back_to_digital_is_held_nothing_any_more(story: Story, way: str) -> None:
    if way == "answer":
        say(story, YES)
    else:
        moving.move(story.bo.id, ONSITE, by="person", now=story.clock())
    moving.move(story.bo.id, DIGITAL, by="person", now=story.clock())
    assert (facts_of(story.bo).attendance, rules.held_until(facts_of(story.bo))) == (DIGITAL, None)
    assert rules.held_on_site_until(facts_of(story.next)) is not None
    assert free(story) == (0, None)


def test_an_event_without_the_choice_holds_nothing(story: Story) -> None:
    formats.switch(story.event.id, Format.DIGITAL, reason="Flu again", join_url=ROOM, by="test", now=story.clock())
    found = facts_of(story.bo)
    assert (found.attendance, rules.held_until(found)) == (DIGITAL, None)
    assert notices.still_wanted(last(story.bo, "take_place"), story.clock()) == wanted.NOT_ASKED
    assert say(story, YES) == TooLate(why="question_over")
    assert last(story.bo, "decision").payload["to"] == "digital"


def test_where_everybody_comes_again_the_held_place_is_one_of_theirs(story: Story) -> None:
    room = replace(events.values_of(story.event), capacity=2)
    assert isinstance(changes.edit(story.event.id, room, by="test", now=story.clock()), EventFacts)
    answer = formats.switch(story.event.id, Format.ONSITE, reason="Calm", join_url=None, by="test", now=story.clock())
    assert isinstance(answer, Switched), answer
    story.event = events.get(story.event.id)
    places = registrations.all_places(story.event)[ONSITE]
    assert (facts_of(story.bo).attendance, places.taken, places.free) == (ONSITE, 2, 0)
    story.clock.advance(days=3)
    assert (keeping.end_due(story.clock()), facts_of(story.bo).attendance) == (0, ONSITE)


def test_a_postponed_event_leaves_them_in_the_order_of_the_draw(story: Story) -> None:
    changes.postpone(story.event.id, reason="Storm", by="test", now=story.clock())
    until = facts_of(story.bo).answer_by
    assert until is not None
    story.clock.set(until)
    assert keeping.end_due(story.clock()) == 0
    found = facts_of(story.bo)
    assert (found.attendance, rules.held_until(found), rules.drew_no_place(found)) == (DIGITAL, None, True)


def test_who_could_come_does_not_leave_because_of_the_format(story: Story) -> None:
    registrations.cancel(story.bo.id, story.clock(), cause=CancelCause.FORMAT)
    assert facts_of(story.bo).cancel_cause is None
    assert rules.held_on_site_until(facts_of(story.next)) is not None


def test_who_drew_no_place_reads_that_they_are_in_line_and_need_do_nothing(story: Story) -> None:
    told = notices.compose(last(story.next, "decision"), story.clock()).text
    page = story.client.get(page_of(story.next)).text
    for said in (told, page):
        expected = "we offer it in the order of the draw and tell you when it is your turn. You need not do anything"
        assert (expected in " ".join(said.split()), "Yours is the next lot." in said) == (True, True)
        assert "while a place is free there" not in said
    assert [action for action, _ in forms_in(page) if action.endswith("/attendance")] == []


def test_lots_before_ones_own_are_counted(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=3, digital_capacity=None)
    people = {name: confirm(event, name, clock(), language="en") for name in ("Ann", "Ben", "Cem")}
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    smaller = replace(events.values_of(events.get(event.id)), capacity=1)
    changes.edit(event.id, smaller, by="test", now=clock())
    clock.advance(hours=1)
    returning.switch(event.id, Seating.LOTTERY, reason="Calm", by="test", now=clock())
    first, second = (people[name] for name in drawn_later(events.get(event.id), people))
    texts = [notices.compose(last(person, "decision"), clock()).text for person in (first, second)]
    assert ["Yours is the next lot." in text for text in texts] == [True, False]
    assert ["1 lot is before yours." in text for text in texts] == [False, True]
