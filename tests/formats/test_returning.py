"""Back on site with fewer places than people, on real databases: what people said, a draw, and one mail each."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.audit import service as audit
from regservice.changes import service as changes
from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import returning, volunteers
from regservice.formats import service as formats
from regservice.formats.draw import draw
from regservice.formats.return_types import Asked, Seating
from regservice.formats.types import Switched, SwitchRefused
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.registrations import questions, rules, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.types import (
    Attendance,
    CancelCause,
    Question,
    QuestionAnswer,
    RegistrationFacts,
    RegistrationState,
    TooLate,
)
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to, make_event

ROOM = "https://room.example.org/dialogue"
EARLY, LATE = ("Ada", "Ben"), ("Cem", "Dua", "Eva", "Finn")


def digital(clock: Clock, *, capacity: int = 3) -> tuple[EventFacts, dict[str, RegistrationFacts]]:
    """Ada and Ben came before the switch to digital, four more after it; there are three places on site."""
    event = make_event(clock(), capacity=capacity, digital_capacity=None)
    people = {name: confirm(event, name, clock()) for name in EARLY}
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    clock.advance(hours=1)
    people |= {name: confirm(events.get(event.id), name, clock()) for name in LATE}
    clock.advance(hours=1)
    return events.get(event.id), people


def attendances(people: dict[str, RegistrationFacts]) -> dict[str, Attendance]:
    found = {person.id: person for person in registrations.with_ids([person.id for person in people.values()])}
    return {name: found[person.id].attendance for name, person in people.items()}


def go_back(event: EventFacts, how: Seating, clock: Clock) -> Switched | str:
    answer = returning.switch(event.id, how, reason="Calm", by="organiser:1", now=clock(), expected_version=2)
    assert isinstance(answer, Switched | SwitchRefused)
    return answer if isinstance(answer, Switched) else f"{answer.code} {answer.number}"


def say(person: RegistrationFacts, said: QuestionAnswer, clock: Clock) -> object:
    return questions.answer(person.id, Question.STAY_DIGITAL, said, by="person", now=clock())


def test_everybody_who_would_come_is_asked_once(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    assert volunteers.ask(event.id, by="test", now=clock()) == Asked(mailed=6, to_call=0)
    late = confirm(event, "Gil", clock())
    assert volunteers.ask(event.id, by="test", now=clock()) == Asked(mailed=1, to_call=0)
    assert [kinds_sent_to(person).count(("stay_digital", "waiting")) for person in (people["Ada"], late)] == [1, 1]
    say(people["Ada"], QuestionAnswer.YES, clock)
    say(people["Ben"], QuestionAnswer.NO, clock)
    found = volunteers.answers(event)
    assert (found.asked, found.yes, found.no, found.unanswered) == (7, 1, 1, 5)
    # Who has answered needs no mail that did not leave.
    assert ("stay_digital", "skipped") in kinds_sent_to(people["Ada"])


def test_who_said_so_stays_digital_and_the_others_come(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    volunteers.ask(event.id, by="test", now=clock())
    assert go_back(event, Seating.VOLUNTEERS, clock) == "too_many_for_room 3"
    for name in ("Ada", "Cem"):
        say(people[name], QuestionAnswer.YES, clock)
    assert go_back(event, Seating.VOLUNTEERS, clock) == "too_many_for_room 1"
    say(people["Dua"], QuestionAnswer.YES, clock)
    seen = returning.preview(event.id, Seating.VOLUNTEERS, reason="Calm", now=clock())
    done = go_back(event, Seating.VOLUNTEERS, clock)
    assert isinstance(done, Switched)
    assert (done.effects, done.effects["mails"], done.effects["attendance_changed"]) == (seen.effects, 6, 3)
    staying = {"Ada", "Cem", "Dua"}
    assert {name for name, way in attendances(people).items() if way is Attendance.DIGITAL} == staying
    assert events.get(event.id).format is Format.HYBRID
    told = {
        name: mail_of(person)["seating"] if name in staying else mail_of(person).get("seating")
        for name, person in people.items()
    }
    assert told == {"Ada": "stays", "Cem": "stays", "Dua": "stays", "Ben": None, "Eva": None, "Finn": None}
    assert say(people["Ada"], QuestionAnswer.NO, clock) == TooLate(why="question_over")


def test_who_chose_digital_while_there_was_a_choice_is_not_asked_and_stays_digital(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock(), format=Format.HYBRID, join_url=ROOM, capacity=3, digital_capacity=None)
    people = {
        name: confirm(event, name, clock(), attendance=way) for name, way in (("Ada", "onsite"), ("Ben", "digital"))
    }
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url=None, by="test", now=clock())
    assert volunteers.ask(event.id, by="test", now=clock()) == Asked(mailed=1, to_call=0)
    assert isinstance(go_back(event, Seating.VOLUNTEERS, clock), Switched)
    assert attendances(people) == {"Ada": Attendance.ONSITE, "Ben": Attendance.DIGITAL}


def mail_of(person: RegistrationFacts) -> dict[str, object]:
    [decision] = [
        message
        for message in outbox.ledger_for_registration(person.id)
        if message.kind == "decision" and message.state == "waiting"
    ]
    return decision.payload


def test_who_left_because_of_the_format_is_asked_before_the_later_ones_draw(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    registrations.cancel(people["Ben"].id, clock(), cause=CancelCause.FORMAT)
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock())
    done = go_back(event, Seating.LOTTERY, clock)
    assert isinstance(done, Switched)
    assert (seen.effects, done.effects["asked_first"], done.effects["offers"]) == (done.effects, 1, 0)
    found = registrations.find(people["Ben"].id)
    assert found is not None
    assert (found.state, kinds_sent_to(found)[-1]) == (RegistrationState.OFFERED, ("offer", "waiting"))
    coming = [name for name, way in attendances(people).items() if way is Attendance.ONSITE and name in LATE]
    assert len(coming) == 1, "three places: Ada has one, one is kept for Ben, one is drawn"


def test_the_later_ones_draw_and_it_can_be_repeated_from_what_is_kept(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock())
    assert returning.preview(event.id, Seating.LOTTERY, reason="Other", now=clock()).seated == seen.seated
    assert isinstance(go_back(event, Seating.LOTTERY, clock), Switched)
    kept = formats.history(event.id)[0]
    assert kept.goes_back
    assert kept.seating is not None
    early, late = ([people[name].id for name in names] for names in (EARLY, LATE))
    again = draw(early, late, kept.seating["seats"], kept.seating["seed"])
    assert sorted(again.without) == kept.seating["without"]
    assert kept.seating["drew"] == sorted(late)
    on_site = {person.id for name, person in people.items() if attendances(people)[name] is Attendance.ONSITE}
    assert on_site == again.on_site
    assert set(early) < on_site
    told = {person.id: mail_of(person).get("seating") for person in people.values()}
    assert {number for number, word in told.items() if word == "drawn_out"} == set(again.without)
    assert {number for number, word in told.items() if word == "drawn_in"} == on_site - set(early)
    lines = [line.details for line in audit.history(f"event:{event.id}") if line.verb == "format.switched"]
    assert [line.get("seating") for line in lines].count(kept.seating) == 1
    states = {person.state for person in registrations.of_event(event.id, tuple(RegistrationState))}
    assert states == {RegistrationState.CONFIRMED}


def test_with_fewer_places_than_came_before_they_draw_among_themselves(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock, capacity=2)
    smaller = replace(events.values_of(event), capacity=1)
    changes.edit(event.id, smaller, by="test", now=clock())
    assert isinstance(go_back(event, Seating.LOTTERY, clock), Switched)
    found = [name for name, way in attendances(people).items() if way is Attendance.ONSITE]
    assert len(found) == 1
    assert set(found) < set(EARLY)


def test_who_was_placed_by_the_switch_itself_is_among_the_later_ones(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, digital_capacity=None)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())
    waiting_list.set_digital_too(ben.id, True, by="person", now=clock())
    clock.advance(hours=1)
    formats.switch(event.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    clock.advance(hours=1)
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock()).seated
    assert (seen.on_site, seen.drew, seen.earlier_drew) == ({ada.id}, (ben.id,), False)


def test_the_preview_says_when_even_those_draw_who_were_there_before(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock, capacity=2)
    smaller = replace(events.values_of(event), capacity=1)
    changes.edit(event.id, smaller, by="test", now=clock())
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock()).seated
    assert (seen.earlier_drew, len(seen.on_site), len(seen.drew)) == (True, 1, 6)
    assert seen.on_site <= {people[name].id for name in EARLY}


def test_a_draw_other_than_the_one_that_was_shown_is_not_carried_out(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock()).seated
    volunteers.ask(event.id, by="test", now=clock())
    say(people["Ada"], QuestionAnswer.YES, clock)
    arguments = {"reason": "Calm", "by": "test", "now": clock()}
    refused = returning.switch(event.id, Seating.LOTTERY, seen=seen.mark, **arguments)  # type: ignore[arg-type]
    assert refused == SwitchRefused(code="others_stay")
    assert events.get(event.id).format is Format.DIGITAL


def test_a_place_given_up_is_held_for_the_next_lot_and_nobody_comes_silently(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    assert isinstance(go_back(event, Seating.LOTTERY, clock), Switched)
    taken = {name for name, way in attendances(people).items() if way is Attendance.ONSITE}
    registrations.cancel(people[min(taken)].id, clock())
    assert {name for name, way in attendances(people).items() if way is Attendance.ONSITE} == taken
    found = registrations.with_ids([person.id for person in people.values()])
    [person] = [each for each in found if rules.held_on_site_until(each)]
    assert (person.state, person.question, person.question_answer) == (
        RegistrationState.CONFIRMED,
        Question.TAKE_PLACE,
        None,
    )


def test_too_late_nobody_is_asked_and_nobody_draws(each_app: Flask, clock: Clock) -> None:
    event, _people = digital(clock)
    clock.set(STARTS_AT - timedelta(hours=15))
    assert volunteers.ask(event.id, by="test", now=clock()) == SwitchRefused(code="back_too_late")
    assert go_back(event, Seating.LOTTERY, clock) == "back_too_late 0"


def test_the_question_does_not_leave_once_it_is_settled(each_app: Flask, clock: Clock) -> None:
    event, people = digital(clock)
    volunteers.ask(event.id, by="test", now=clock())
    [asking] = [each for each in outbox.ledger_for_registration(people["Ben"].id) if each.kind == "stay_digital"]
    assert notices.still_wanted(asking, clock()) is None
    formats.switch(event.id, Format.HYBRID, reason="Calm", join_url=None, by="test", now=clock())
    assert notices.still_wanted(asking, clock()) == "a newer decision was made"
    assert ("stay_digital", "skipped") in kinds_sent_to(people["Ben"])


@pytest.mark.parametrize("round", range(5))
def test_an_answer_and_the_draw_at_once_leave_what_was_shown_or_nothing(
    each_app: Flask, clock: Clock, round: int
) -> None:
    event, people = digital(clock)
    volunteers.ask(event.id, by="test", now=clock())
    seen = returning.preview(event.id, Seating.LOTTERY, reason="Calm", now=clock()).seated
    ada, start, said = people["Ada"], threading.Barrier(2), dict[str, object]()
    session().rollback()

    def press(name: str, act: Callable[[], object]) -> None:
        with each_app.app_context():
            start.wait()
            said[name] = act()
            session().close()

    def draw_lots() -> object:
        return returning.switch(event.id, Seating.LOTTERY, seen=seen.mark, reason="Calm", by="test", now=clock())

    acts = {"draw": draw_lots, "answer": lambda: say(ada, QuestionAnswer.YES, clock)}
    threads = [threading.Thread(target=press, args=each) for each in acts.items()]
    for thread in threads[:: 1 if round % 2 else -1]:
        thread.start()
    for thread in threads:
        thread.join()
    on_site = {person.id for name, person in people.items() if attendances(people)[name] is Attendance.ONSITE}
    if isinstance(said["draw"], Switched):
        assert (said["answer"], on_site) == (TooLate(why="question_over"), seen.on_site)
    else:
        assert (said["draw"], on_site) == (SwitchRefused(code="others_stay"), set())
