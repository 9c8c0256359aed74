"""The list of people: found, sorted, counted, taken out of the service."""

from datetime import timedelta

import pytest
from flask import Flask

from regservice.events import service as events
from regservice.events.types import Format, Question, QuestionKind
from regservice.formats import service as formats
from regservice.limits.service import TooMany
from regservice.registrations import attendee_list, desk, service, session_places
from regservice.registrations.attendee_list import DoorLine
from regservice.registrations.sorting import name_key
from regservice.registrations.types import Attendance, RegistrationRequest
from regservice.registrations.types import RegistrationState as State
from tests.conftest import START, Clock
from tests.factories import confirm, make_event, register
from tests.registrations.test_choosing import event_with, group


def enter(event_id: int, name: str, clock: Clock, **more: object) -> None:
    request = RegistrationRequest(name=name, email="", language="de", **more)  # type: ignore[arg-type]
    desk.enter(event_id, request, by="test", now=clock())


def test_names_are_in_german_order():
    names = ["Zoe", "ÄRMEL", "Arnold", "anton", "Özil", "Otto", "Straße", "Strasse", "Łukasz", "Lena", "Meier-Abt"]
    assert sorted(names, key=name_key) == [
        "anton",
        "ÄRMEL",
        "Arnold",
        "Lena",
        "Łukasz",
        "Meier-Abt",
        "Otto",
        "Özil",
        "Strasse",
        "Straße",
        "Zoe",
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["Änne Öz", "Kim Muster", "Zoe Adam"]),
        ("anne", ["Änne Öz"]),
        ("ÄNNE oz", ["Änne Öz"]),
        ("muster kim", ["Kim Muster"]),
        ("zoe.adam@", ["Zoe Adam"]),
        ("%", []),
        ("_", []),
        ("kim zoe", []),
    ],
)
def test_people_are_found_by_name_and_address(each_app: Flask, clock: Clock, text: str, names: list[str]):
    event = make_event(clock(), capacity=5)
    for name in ("Zoe Adam", "Kim Muster"):
        confirm(event, name, clock())
    confirm(event, "Änne Öz", clock(), email="anything@example.org")
    found = attendee_list.search(event.id, text=text)
    assert ([person.name for person in found.people], found.total) == (names, len(names))


def test_a_person_is_found_by_the_code_in_any_case(app: Flask, clock: Clock):
    event = make_event(clock())
    person = confirm(event, "Kim Muster", clock())
    assert attendee_list.search(event.id, text=person.code.lower()).people == (person,)


def test_a_page_holds_fifty(app: Flask, clock: Clock):
    event = make_event(clock(), capacity=None)
    for number in range(51):
        enter(event.id, f"Person {number:02}", clock)
    first, second = (attendee_list.search(event.id, page=page) for page in (1, 2))
    assert (len(first.people), first.total, [person.name for person in second.people]) == (50, 51, ["Person 50"])


def test_who_waits_is_listed_by_turn_and_states_are_counted(each_app: Flask, clock: Clock):
    event = make_event(clock(), capacity=1)
    for name in ("Kim", "Zoe", "Alex"):
        confirm(event, name, clock())
        clock.advance(minutes=1)
    register(event, "Pat", clock())
    waiting = attendee_list.search(event.id, states=(State.WAITLISTED,))
    assert [person.name for person in waiting.people] == ["Zoe", "Alex"]
    counted = {state: number for state, number in attendee_list.counts(event.id).items() if number}
    assert counted == {State.CONFIRMED: 1, State.WAITLISTED: 2, State.PENDING: 1}


def test_the_door_knows_names_and_codes_of_people_with_a_place(each_app: Flask, clock: Clock):
    event = make_event(clock(), capacity=2)
    zoe, anne = confirm(event, "Zoe", clock()), confirm(event, "Änne", clock())
    confirm(event, "Waits", clock())
    assert attendee_list.door_lines(event) == [
        DoorLine(name="Änne", code=anne.code),
        DoorLine(name="Zoe", code=zoe.code),
    ]


@pytest.mark.parametrize(("format", "names"), [(Format.HYBRID, ["Zoe"]), (Format.DIGITAL, [])])
def test_nobody_waits_at_the_door_for_who_takes_part_digitally(
    app: Flask, clock: Clock, format: Format, names: list[str]
):
    event = make_event(clock(), format=format, join_url="https://room.example.org/1", digital_capacity=None)
    confirm(event, "Zoe", clock(), attendance=Attendance.ONSITE)
    confirm(event, "Ada", clock(), attendance=Attendance.DIGITAL)
    assert [line.name for line in attendee_list.door_lines(event)] == names


def test_the_table_has_everyone_but_pending_and_expired_with_the_answers(each_app: Flask, clock: Clock):
    questions = (
        Question(key="topics", label="Which topics?", kind=QuestionKind.CHOICES, choices=("a", "b")),
        Question(key="lunch", label="Lunch?", kind=QuestionKind.YES_NO),
    )
    event = make_event(clock(), capacity=1, questions=questions)
    kim = confirm(event, "Kim", clock(), answers={"topics": ["a", "b"], "lunch": "yes"})
    zoe = confirm(event, "Zoe", clock())
    gone = confirm(event, "Gone", clock())
    service.cancel(gone.id, clock())
    register(event, "Late", clock())
    behind = ("onsite", "2026-10-06 12:00", "onsite", "", "onsite", "1")
    assert list(attendee_list.table(event)) == [
        (*attendee_list.COLUMNS, "Which topics?", "Lunch?"),
        (kim.code, "Kim", "kim@example.org", "de", "confirmed", *behind, "a, b", "yes"),
        (zoe.code, "Zoe", "zoe@example.org", "de", "waitlisted", *behind, "", ""),
        (gone.code, "Gone", "gone@example.org", "de", "cancelled", *behind, "", ""),
    ]
    spoken = list(attendee_list.table(event, lambda kind, code: f"{kind}/{code}"))
    assert (spoken[0][4], spoken[1][4], spoken[1][12]) == ("column/status", "status/confirmed", "answer/yes")


def test_a_table_longer_than_a_chunk_is_whole(app: Flask, clock: Clock, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(attendee_list, "CHUNK", 2)
    event = make_event(clock(), capacity=None)
    for number in range(5):
        enter(event.id, f"Person {number}", clock)
    assert [line[1] for line in attendee_list.table(event)][1:] == [f"Person {number}" for number in range(5)]


def test_twenty_exports_a_day_for_an_organiser(each_app: Flask, clock: Clock):
    event = make_event(clock())

    def export(organiser_id: int) -> TooMany | None:
        return attendee_list.begin_export(event.id, organiser_id=organiser_id, format="csv", now=clock())

    assert [export(1) for _ in range(20)] == [None] * 20
    assert export(1) == TooMany(retry_after=timedelta(days=1))
    assert export(2) is None
    clock.set(START + timedelta(days=1))
    assert export(1) is None


def test_the_table_says_what_was_wished_and_chosen(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, group("Housing", 2), group("Work", 2))
    plain = make_event(clock(), capacity=None)
    ada = confirm(event, "Ada", clock())
    confirm(event, "Ben", clock())
    confirm(plain, "Cem", clock())
    session_places.choose_group(ada.id, event.parts[1].id, clock())
    assert [(line[7], line[-1]) for line in attendee_list.table(event)] == [
        ("wish", "parts"),
        ("onsite", "Work"),
        ("onsite", ""),
    ]
    assert next(iter(attendee_list.table(plain)))[-2:] == ("format", "format_version")


def test_a_list_from_before_a_switch_can_be_told_from_one_after_it(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), join_url="https://room.example.org/x")
    confirm(event, "Ada", clock())

    def said() -> list[tuple[str, ...]]:
        heading, *lines = attendee_list.table(events.get(event.id))
        at = heading.index("format")
        return [line[at : at + 2] for line in lines]

    before = said()
    formats.switch(event.id, Format.DIGITAL, reason="Storm", join_url=None, by="test", now=clock())
    assert (before, said()) == ([("onsite", "1")], [("digital", "2")])
