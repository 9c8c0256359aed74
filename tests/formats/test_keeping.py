"""Who comes back to few places confirms in time, or the place goes on: on real databases, against a late click too."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.changes import service as changes
from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts
from regservice.formats import returning, switching_back
from regservice.formats import service as formats
from regservice.formats.draw import lot
from regservice.formats.return_types import Seating
from regservice.formats.types import Switched, SwitchRefused
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import keeping, questions, rules
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    TooLate,
)
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to
from tests.facts import event_facts
from tests.formats.test_returning import attendances, digital

SECOND = timedelta(seconds=1)
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
YES, NO = QuestionAnswer.YES, QuestionAnswer.NO


@pytest.mark.parametrize(
    ("confirm_by", "expected"),
    [
        (NOW + timedelta(hours=48) - SECOND, "confirm_by_too_soon"),
        (NOW + timedelta(hours=48), None),
        (STARTS_AT - SECOND, None),
        (STARTS_AT, "confirm_by_too_late"),
    ],
)
def test_how_much_time_people_have(confirm_by: datetime, expected: str | None) -> None:
    assert switching_back.confirm_by_refusal(event_facts(), confirm_by, NOW) == expected


@pytest.mark.parametrize(
    ("confirm_by", "expected"),
    [
        (NOW, NOW - timedelta(hours=24)),
        # A day before would be in the night: in the morning then.
        (NOW.replace(hour=22), NOW.replace(hour=7)),
        (NOW.replace(hour=6), NOW.replace(hour=7) - timedelta(hours=24)),
    ],
)
def test_when_people_are_reminded(confirm_by: datetime, expected: datetime) -> None:
    assert switching_back.reminds_at(event_facts(), confirm_by) == expected


def back(clock: Clock) -> tuple[EventFacts, dict[str, RegistrationFacts], datetime]:
    """Three of six come, and have four days to say so."""
    event, people = digital(clock)
    by = clock() + timedelta(days=4)
    answer = returning.switch(event.id, Seating.LOTTERY, reason="Calm", by="test", now=clock(), confirm_by=by)
    assert isinstance(answer, Switched)
    return events.get(event.id), people, by


def coming(people: dict[str, RegistrationFacts]) -> list[str]:
    return [name for name, way in attendances(people).items() if way is Attendance.ONSITE]


def held(people: dict[str, RegistrationFacts]) -> list[str]:
    """For whom a place on site is held beside their digital one."""
    found = {person.id: person for person in registrations.with_ids([each.id for each in people.values()])}
    return [name for name, person in people.items() if rules.held_on_site_until(found[person.id])]


def say(
    person: RegistrationFacts, said: QuestionAnswer, clock: Clock, question: Question = Question.KEEP_PLACE
) -> object:
    return questions.answer(person.id, question, said, by="person", now=clock())


def test_too_little_time_is_refused_and_nothing_happens(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    soon = clock() + timedelta(hours=47)
    answer = returning.switch(event.id, Seating.LOTTERY, reason="Calm", by="test", now=clock(), confirm_by=soon)
    assert answer == SwitchRefused(code="confirm_by_too_soon")
    assert coming(people) == []


def test_only_who_comes_is_asked(each_app: Flask, clock: Clock) -> None:
    _event, people, by = back(clock)
    found = {person.id: person for person in registrations.with_ids([each.id for each in people.values()])}
    asked = [name for name, person in people.items() if found[person.id].answer_by == by]
    assert asked == coming(people)
    assert all(("keep_place", "waiting") in kinds_sent_to(people[name]) for name in asked)
    [decision] = [each for each in outbox.ledger_for_registration(people["Ada"].id) if each.kind == "decision"][-1:]
    text = notices.compose(decision, clock()).text
    assert ("Bitte bestätigen Sie bis" in text, "brauchen Sie nichts zu tun" in text) == (True, False)


def drawn_later(event: EventFacts, people: dict[str, RegistrationFacts]) -> list[str]:
    """Who drew no place on site, in the order of their lots."""
    seating = formats.history(event.id)[0].seating
    assert seating is not None
    names = {person.id: name for name, person in people.items()}
    return [names[each] for each in sorted(seating["without"], key=lambda each: lot(seating["seed"], each))]


def test_who_confirms_keeps_the_place_and_who_does_not_takes_part_digitally(each_app: Flask, clock: Clock) -> None:
    event, people, by = back(clock)
    first, *others = coming(people)
    drawn = drawn_later(event, people)
    say(people[first], YES, clock)
    assert ("keep_place", "skipped") in kinds_sent_to(people[first])
    clock.set(by - SECOND)
    assert keeping.end_due(clock()) == 0
    clock.set(by)
    assert keeping.end_due(clock()) == len(others)
    assert keeping.end_due(clock()) == 0
    assert (coming(people), set(held(people))) == ([first], set(drawn[:2]))
    states = {each.state for each in registrations.with_ids([each.id for each in people.values()])}
    assert states == {RegistrationState.CONFIRMED}
    [moved] = [each for each in outbox.ledger_for_registration(people[others[0]].id) if each.kind == "moved"]
    letter = notices.compose(moved, clock())
    assert "Sie haben nicht rechtzeitig bestätigt" in letter.text
    assert letter.method is not None
    assert letter.method.value == "REQUEST"
    assert say(people[others[0]], YES, clock) == TooLate(why="question_over")


def test_the_place_goes_to_who_drew_none_and_then_to_who_waits(each_app: Flask, clock: Clock) -> None:
    event, people, by = back(clock)
    waiting = confirm(event, "Gil", clock(), attendance="onsite")
    assert waiting.state is RegistrationState.WAITLISTED
    drawn = drawn_later(event, people)
    clock.set(by)
    keeping.end_due(clock())
    assert (coming(people), set(held(people))) == ([], set(drawn))
    asked = registrations.with_ids([people[name].id for name in drawn])
    assert all(each.answer_by is not None and each.answer_by > by for each in asked)
    [told] = [each for each in outbox.ledger_for_registration(people[drawn[0]].id) if each.kind == "take_place"]
    assert "Jetzt ist einer frei geworden" in notices.compose(told, clock()).text
    say(people[drawn[0]], YES, clock, Question.TAKE_PLACE)
    clock.set(max(each.answer_by for each in asked if each.answer_by))
    keeping.end_due(clock())
    # Two more places, and who drew none has been asked: now the line is served.
    assert coming(people) == [drawn[0]]
    assert [each.name for each in registrations.of_event(event.id, (RegistrationState.OFFERED,))] == ["Gil"]


def test_who_drew_none_loses_the_digital_place_in_no_case(each_app: Flask, clock: Clock) -> None:
    event, people, _by = back(clock)
    drawn = drawn_later(event, people)
    say(people[coming(people)[0]], NO, clock)
    assert held(people) == [drawn[0]]
    full = replace(events.values_of(event), digital_capacity=1)
    assert isinstance(changes.edit(event.id, full, by="test", now=clock()), EventFacts | object)
    say(people[drawn[0]], NO, clock, Question.TAKE_PLACE)
    found = registrations.find(people[drawn[0]].id)
    assert found is not None
    assert (found.state, found.attendance) == (RegistrationState.CONFIRMED, Attendance.DIGITAL)
    # They have said that they do not come: the next is asked.
    assert held(people) == [drawn[1]]


def test_who_says_no_takes_part_digitally_at_once(each_app: Flask, clock: Clock) -> None:
    _event, people, _by = back(clock)
    first = coming(people)[0]
    say(people[first], NO, clock)
    assert first not in coming(people)
    [moved] = [each for each in outbox.ledger_for_registration(people[first].id) if each.kind == "moved"]
    assert "nicht rechtzeitig" not in notices.compose(moved, clock()).text


def test_with_no_digital_place_free_who_does_not_come_is_not_registered_any_more(each_app: Flask, clock: Clock) -> None:
    event, people, by = back(clock)
    full = replace(events.values_of(event), digital_capacity=3)
    assert isinstance(changes.edit(event.id, full, by="test", now=clock()), EventFacts)
    first, *others = coming(people)
    say(people[first], NO, clock)
    clock.set(by)
    # Among them is the one who was held the place of the first.
    assert keeping.end_due(clock()) == len(others) + 1
    found = registrations.with_ids([each.id for each in people.values()])
    # They had nowhere to go: whoever is held one of their places keeps the digital one until they come.
    gone = [each.id for each in found if each.state is RegistrationState.CANCELLED]
    assert gone == [people[name].id for name in (first, *others)]
    places = registrations.all_places(events.get(event.id))
    assert [(each.taken, each.free) for each in places.values()] == [(2, 1), (3, 0)]


def test_a_postponed_event_takes_no_place_away(each_app: Flask, clock: Clock) -> None:
    event, people, by = back(clock)
    before = coming(people)
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    clock.set(by)
    assert keeping.end_due(clock()) == 0
    assert coming(people) == before


@pytest.mark.parametrize("round", range(6))
def test_a_late_click_and_the_end_at_once_leave_one_answer(each_app: Flask, clock: Clock, round: int) -> None:
    _event, people, by = back(clock)
    first = coming(people)[0]
    clock.set(by)
    start, said = threading.Barrier(2), dict[str, object]()
    session().rollback()

    def press(name: str, act: Callable[[], object]) -> None:
        with each_app.app_context():
            start.wait()
            said[name] = act()
            session().close()

    acts = {"click": lambda: say(people[first], YES, clock), "end": lambda: keeping.end_due(clock())}
    threads = [threading.Thread(target=press, args=each) for each in acts.items()]
    for thread in threads[:: 1 if round % 2 else -1]:
        thread.start()
    for thread in threads:
        thread.join()
    kept = first in coming(people)
    mails = [kind for kind, _ in kinds_sent_to(people[first])].count("moved")
    if isinstance(said["click"], TooLate):
        assert (kept, mails, said["end"]) == (False, 1, 3)
    else:
        assert (kept, mails, said["end"]) == (True, 0, 2)
