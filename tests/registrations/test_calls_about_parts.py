"""A part has another time or room: whom no mail tells stands on the call list of the part."""

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.db import transaction
from regservice.events import sessions
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues
from regservice.outbox import service as outbox
from regservice.outbox import store as outbox_store
from regservice.registrations import call_list, desk, own_programme, session_places
from regservice.registrations.types import Attendance, Confirmed, RegistrationFacts
from tests.conftest import Clock
from tests.factories import ENDS_AT, STARTS_AT, confirm, request_for
from tests.registrations.test_choosing import event_with, group

TALK = SessionValues(title="Talk", kind=SessionKind.TALK, starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=1))


def by_telephone(event: EventFacts, name: str, clock: Clock, **changes: object) -> RegistrationFacts:
    entered = desk.enter(event.id, request_for(name, email="", **changes), by="test", now=clock())
    assert isinstance(entered, Confirmed)
    return entered.registration


def arranged(event: EventFacts, clock: Clock, which: str, **changes: object) -> EventFacts:
    wanted = [
        (part.id, replace(sessions.values_of(part), **(changes if part.title == which else {})))  # type: ignore[arg-type]
        for part in event.parts
    ]
    answer = session_changes.arrange(event.id, wanted, by="test", now=clock())
    assert isinstance(answer, EventFacts)
    return answer


def in_group(event: EventFacts, person: RegistrationFacts, clock: Clock) -> None:
    group_id = next(part.id for part in event.parts if part.title == "Housing")
    session_places.choose(person.id, group_id, by="test", now=clock())


def names(event: EventFacts) -> dict[str, list[str]]:
    found = call_list.lines_of_parts(event)
    return {part.title: [line.name for line in found[part.id]] for part in event.parts}


def test_each_part_lists_those_who_take_part_and_whom_no_mail_reaches(each_app: Flask, clock: Clock) -> None:
    event = event_with(clock, TALK, group("Housing", 5))
    for name in ("Zoe", "Ada"):
        in_group(event, by_telephone(event, name, clock), clock)
    by_telephone(event, "Elsewhere", clock)
    ben, cem = confirm(event, "Ben", clock()), confirm(event, "Cem", clock())
    for person in (ben, cem):
        in_group(event, person, clock)
    with transaction():
        outbox_store.set_values(outbox.ledger_for_registration(ben.id)[0].id, address_is_bad=True)
    assert names(event) == {"Talk": ["Ada", "Ben", "Elsewhere", "Zoe"], "Housing": ["Ada", "Ben", "Zoe"]}


@pytest.mark.parametrize(
    ("which", "changes", "called"),
    [
        ("Housing", {"place": "Room 7"}, ["Ada"]),
        ("Housing", {"starts_at": STARTS_AT + timedelta(minutes=90)}, ["Ada"]),
        ("Housing", {"title": "Living"}, []),
        ("Housing", {"capacity": 9}, []),
        ("Talk", {"ends_at": STARTS_AT + timedelta(minutes=30)}, ["Ada", "Elsewhere"]),
    ],
)
def test_who_must_be_called_is_who_would_get_the_mail(
    app: Flask, clock: Clock, which: str, changes: dict[str, object], called: list[str]
) -> None:
    at = {"starts_at": STARTS_AT + timedelta(hours=1), "ends_at": ENDS_AT}
    event = event_with(clock, TALK, group("Housing", 5, place="Room 3", **at))
    in_group(event, by_telephone(event, "Ada", clock), clock)
    by_telephone(event, "Elsewhere", clock)
    in_group(event, confirm(event, "Ben", clock()), clock)
    after = arranged(event, clock, which, **changes)
    assert [line.name for line in own_programme.to_call(event, after, clock())] == called
    assert own_programme.to_call(event, after, STARTS_AT) == [], "once it runs nobody is told"


def test_a_new_room_is_no_call_for_who_takes_part_digitally(app: Flask, clock: Clock) -> None:
    room = "https://room.example.org/dialogue"
    talk = replace(TALK, format=Format.HYBRID, join_url=room)
    event = event_with(clock, talk, format=Format.HYBRID, join_url=room)
    by_telephone(event, "Ada", clock, attendance=Attendance.ONSITE)
    by_telephone(event, "Ben", clock, attendance=Attendance.DIGITAL)
    after = arranged(event, clock, "Talk", place="Room 7")
    assert [line.name for line in own_programme.to_call(event, after, clock())] == ["Ada"]
