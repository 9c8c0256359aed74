"""Back on site with fewer places than people, by the API: the choices, the question, the draw, the time to confirm."""

from typing import Any

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import service as formats
from regservice.formats.draw import draw
from regservice.registrations import desk, questions
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Question, QuestionAnswer, RegistrationFacts, RegistrationState
from tests.conftest import Clock
from tests.factories import confirm, kinds_sent_to, make_event, request_for
from tests.web.api.conftest import Caller

ROOM = "https://room.example.org/x"
NAMES = ("Ada", "Ben", "Cem", "Dua")
LOTTERY = {"seating": "lottery", "reason": "Calm"}


@pytest.fixture
def event(app: Flask, clock: Clock) -> EventFacts:
    """Digital; Ada and Ben came before the switch, Cem and Dua after it; three places on site."""
    made = make_event(clock(), capacity=3, digital_capacity=None)
    for name in NAMES[:2]:
        confirm(made, name, clock())
    clock.advance(hours=1)
    formats.switch(made.id, Format.DIGITAL, reason="Flu", join_url=ROOM, by="test", now=clock())
    clock.advance(hours=1)
    for name in NAMES[2:]:
        confirm(events.get(made.id), name, clock())
    return events.get(made.id)


def answer(town_hall: Caller, event: EventFacts, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """What the API says below the format of the event."""
    said = town_hall("POST", f"/events/{event.slug}/format{path}", body)
    assert (said.status_code, said.json is not None) == (status, True), said.text
    found: dict[str, Any] = said.json
    return found


def people(event: EventFacts) -> dict[str, RegistrationFacts]:
    return {person.name: person for person in registrations.of_event(event.id, (RegistrationState.CONFIRMED,))}


def on_site(event: EventFacts) -> set[str]:
    return {name for name, person in people(event).items() if person.attendance is Attendance.ONSITE}


def say_yes(event: EventFacts, name: str, clock: Clock) -> None:
    person = people(event)[name]
    questions.answer(person.id, Question.STAY_DIGITAL, QuestionAnswer.YES, by="person", now=clock())


def test_a_switch_into_too_small_a_room_says_how_many_find_no_place(town_hall: Caller, event: EventFacts) -> None:
    body = {"format": "onsite", "reason": "Calm"}
    seen = answer(town_hall, event, "", body | {"dry_run": True})
    assert (seen["blocked"], seen["without_seat"]) == (["too_many_for_room"], 1)
    refused = answer(town_hall, event, "", body, 409)
    assert (refused["reason"], refused["without_seat"]) == ("too_many_for_room", 1)


def test_people_are_asked_once_and_counted(town_hall: Caller, event: EventFacts, clock: Clock) -> None:
    desk.enter(event.id, request_for("Fon", email=""), by="test", now=clock())
    assert answer(town_hall, event, "/stay-digital", {}) == {"mailed": 4, "to_call": 1}
    assert answer(town_hall, event, "/stay-digital", {}) == {"mailed": 0, "to_call": 0}
    say_yes(event, "Ada", clock)
    shown = town_hall("GET", f"/events/{event.slug}/format").json
    assert shown is not None
    assert shown["stay_digital"] == {"asked": 5, "yes": 1, "no": 0, "unanswered": 4}


def test_who_said_so_stays_digital_and_the_others_come(town_hall: Caller, event: EventFacts, clock: Clock) -> None:
    volunteers = {"seating": "volunteers", "reason": "Calm"}
    seen = answer(town_hall, event, "/return", volunteers | {"dry_run": True})
    assert (seen["blocked"], seen["without_seat"], seen["effects"]) == (["too_many_for_room"], 1, {})
    refused = answer(town_hall, event, "/return", volunteers, 409)
    assert (refused["reason"], refused["without_seat"]) == ("too_many_for_room", 1)
    answer(town_hall, event, "/stay-digital", {})
    say_yes(event, "Ada", clock)
    ada = people(event)["Ada"]
    seen = answer(town_hall, event, "/return", volunteers | {"dry_run": True})
    assert (seen["blocked"], seen["seats"], seen["coming"], seen["seed"], seen["drew"]) == ([], 3, 3, None, [])
    assert seen["staying"] == [{"number": ada.id, "name": "Ada", "code": ada.code}]
    done = answer(town_hall, event, "/return", volunteers)
    assert done == {"changed": True, "version": 3, "effects": seen["effects"]}
    assert on_site(event) == {"Ben", "Cem", "Dua"}


def test_a_draw_is_carried_out_as_it_was_shown_and_can_be_repeated(town_hall: Caller, event: EventFacts) -> None:
    seen = answer(town_hall, event, "/return", LOTTERY | {"dry_run": True})
    assert answer(town_hall, event, "/return", LOTTERY | {"dry_run": True}) == seen
    assert (events.get(event.id), on_site(event)) == (event, set())
    assert [line["name"] for line in seen["drew"]] == ["Cem", "Dua"]
    earlier = [people(event)[name].id for name in ("Ada", "Ben")]
    again = draw(earlier, [line["number"] for line in seen["drew"]], seen["seats"], seen["seed"])
    assert tuple(line["number"] for line in seen["without"]) == again.without
    answer(town_hall, event, "/return", LOTTERY | {"seen": seen["seen"], "version": 2})
    [loser] = [line["name"] for line in seen["without"]]
    assert on_site(event) == set(NAMES) - {loser}
    shown = town_hall("GET", f"/events/{event.slug}/format").json
    assert shown is not None
    assert (shown["history"][0]["seating"]["seed"], shown["stay_digital"]) == (seen["seed"], None)


def test_another_draw_or_another_format_than_the_program_saw_changes_nothing(
    town_hall: Caller, event: EventFacts, clock: Clock
) -> None:
    seen = answer(town_hall, event, "/return", LOTTERY | {"dry_run": True})
    answer(town_hall, event, "/stay-digital", {})
    say_yes(event, "Ada", clock)
    late = answer(town_hall, event, "/return", LOTTERY | {"seen": seen["seen"]}, 409)
    older = answer(town_hall, event, "/return", LOTTERY | {"version": 1}, 409)
    assert (late["reason"], older["reason"]) == ("others_stay", "just_switched")
    assert events.get(event.id).format is Format.DIGITAL


def test_people_can_be_asked_to_confirm_by_a_time(town_hall: Caller, event: EventFacts) -> None:
    body = LOTTERY | {"confirm_by": "2026-11-18T12:00:00+01:00"}
    seen = answer(town_hall, event, "/return", body | {"dry_run": True})
    assert answer(town_hall, event, "/return", body)["effects"] == seen["effects"]
    asked = {name for name, person in people(event).items() if person.answer_by is not None}
    assert asked == on_site(event)
    assert ("keep_place", "waiting") in kinds_sent_to(people(event)["Ada"])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"confirm_by": "2026-10-08T12:00:00+02:00"}, {"confirm_by"}),
        ({"confirm_by": "2026-11-20T16:00:00+01:00"}, {"confirm_by"}),
        ({"confirm_by": "2026-11-18T12:00:00"}, {"confirm_by"}),
        ({"confirm_by": "soon"}, {"confirm_by"}),
        ({"reason": " "}, {"reason"}),
        ({"seating": "dice"}, {"seating"}),
        ({"format": "hybrid"}, {"format"}),
    ],
)
def test_a_wrong_way_back_is_422(town_hall: Caller, event: EventFacts, change: dict[str, Any], named: set[str]) -> None:
    assert set(answer(town_hall, event, "/return", LOTTERY | change, 422)["errors"]) == named
    assert events.get(event.id).format is Format.DIGITAL


def test_a_dry_run_names_what_is_wrong_as_well(town_hall: Caller, event: EventFacts) -> None:
    body = LOTTERY | {"dry_run": True, "confirm_by": "2026-10-08T12:00:00+02:00"}
    assert answer(town_hall, event, "/return", body)["blocked"] == ["confirm_by_too_soon"]


def test_what_is_not_digital_or_too_late_does_not_go_back(town_hall: Caller, event: EventFacts, clock: Clock) -> None:
    place = make_event(clock(), title="At the place")
    for path, body in (("/stay-digital", {}), ("/return", LOTTERY)):
        assert answer(town_hall, place, path, body, 409)["reason"] == "not_digital"
        clock.set((event.starts_at or clock()).replace(hour=0))
        assert answer(town_hall, event, path, body, 409)["reason"] == "back_too_late"
