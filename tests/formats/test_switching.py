"""A switch by hand on real databases: once, to everyone concerned, with the numbers that its preview shows."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from regservice.changes import service as changes
from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format
from regservice.formats import service
from regservice.formats.models import SwitchEffectRow
from regservice.formats.types import Switched, SwitchPreview, SwitchRefused, Unchanged
from regservice.outbox import service as outbox
from regservice.outbox.types import MessageFacts
from regservice.registrations import desk, entries
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, Confirmed, RegistrationRequest
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, kinds_sent_to, make_event, register

ROOM = "https://room.example.org/dialogue"


def to_digital(event: EventFacts, clock: Clock, **more: object) -> Switched | Unchanged | SwitchRefused:
    arguments = {"reason": "Rising numbers", "join_url": ROOM, "by": "test", "now": clock()} | more
    return service.switch(event.id, Format.DIGITAL, **arguments)  # type: ignore[arg-type]


def decisions(event: EventFacts) -> list[MessageFacts]:
    return [message for message in outbox.ledger(event.id, limit=1000) if message.kind == "decision"]


def enter(event: EventFacts, name: str, clock: Clock) -> int:
    answer = desk.enter(event.id, RegistrationRequest(name=name, email="", language="de"), by="test", now=clock())
    assert isinstance(answer, Confirmed)
    return answer.registration.id


def filled(clock: Clock) -> EventFacts:
    """Three seats: two by mail in two languages, one by phone; one waits, one is pending, one has cancelled."""
    event = make_event(clock(), capacity=3)
    confirm(event, "Ada", clock())
    confirm(event, "Ben", clock(), language="en")
    gone = confirm(event, "Cem", clock())
    registrations.cancel(gone.id, clock())
    enter(event, "Dua", clock)
    confirm(event, "Eva", clock())
    register(event, "Finn", clock())
    return event


EFFECTS = {
    "mails": 2,
    "mails_de": 1,
    "mails_en": 1,
    "call_list": 1,
    # Who is called was sent no entry and gets no reminder.
    "calendar_updates": 2,
    "offers": 1,
    "attendance_changed": 5,
    "reminders_replanned": 2,
}


def test_a_switch_tells_everyone_concerned_once(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    assert to_digital(event, clock) == Switched(version=2, effects=EFFECTS)
    after = events.get(event.id)
    assert (after.format, after.format_version, after.join_url) == (Format.DIGITAL, 2, ROOM)
    people = registrations.of_event(event.id, tuple(State))
    assert {person.name: (person.state, person.attendance) for person in people} == {
        "Ada": (State.CONFIRMED, Attendance.DIGITAL),
        "Ben": (State.CONFIRMED, Attendance.DIGITAL),
        "Cem": (State.CANCELLED, Attendance.DIGITAL),
        "Dua": (State.CONFIRMED, Attendance.DIGITAL),
        "Eva": (State.OFFERED, Attendance.DIGITAL),
        "Finn": (State.PENDING, Attendance.DIGITAL),
    }
    assert [person.calendar_sequence for person in people] == [1, 1, 1, 1, 0, 0]
    assert sorted(message.recipient for message in decisions(event)) == ["ada@example.org", "ben@example.org"]
    assert decisions(event)[0].payload == {
        "outcome": "switched",
        "from": "onsite",
        "to": "digital",
        "before_place": "Town hall, Large hall, Market 1, 12345 Exampletown",
        "reason": "Rising numbers",
        "version": 2,
    }
    assert ("offer", "waiting") in kinds_sent_to(people[4])


def test_the_same_switch_again_changes_nothing(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    to_digital(event, clock)
    before = (events.get(event.id), outbox.ledger(event.id, limit=1000))
    assert to_digital(event, clock) == Unchanged(format=Format.DIGITAL, version=2)
    assert (events.get(event.id), outbox.ledger(event.id, limit=1000)) == before
    assert len(service.history(event.id)) == 1


def test_the_preview_counts_what_the_switch_does_and_keeps_nothing(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    before = (events.get(event.id), outbox.ledger(event.id, limit=1000), registrations.of_event(event.id, tuple(State)))
    preview = service.preview(event.id, Format.DIGITAL, reason="", join_url=ROOM, now=clock())
    after = (events.get(event.id), outbox.ledger(event.id, limit=1000), registrations.of_event(event.id, tuple(State)))
    assert before == after
    assert service.history(event.id) == []
    assert session().scalar(select(func.count()).select_from(SwitchEffectRow)) == 0
    real = to_digital(event, clock)
    assert isinstance(real, Switched)
    assert preview == SwitchPreview(effects=real.effects, calendar_versions=(1, 1))
    rows = session().scalar(select(func.count()).select_from(SwitchEffectRow))
    assert rows == sum(number for name, number in real.effects.items() if not name.startswith("mails_"))


def test_the_preview_names_what_blocks_beside_the_numbers(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    preview = service.preview(event.id, Format.DIGITAL, reason="", join_url=None, now=clock())
    assert preview == SwitchPreview(effects=EFFECTS, blocked=("no_join_url",), calendar_versions=(1, 1))
    assert to_digital(event, clock, join_url=None) == SwitchRefused(code="no_join_url")


def test_the_history_says_who_when_and_why(each_app: Flask, clock: Clock) -> None:
    event = filled(clock)
    to_digital(event, clock)
    clock.advance(hours=1)
    service.switch(event.id, Format.HYBRID, reason="Milder", join_url=None, by="organiser:1", now=clock())
    second, first = service.history(event.id)
    assert (first.version, first.from_format, first.to_format, first.trigger) == (2, "onsite", "digital", "hand")
    assert (second.version, second.decided_by, second.decided_at, second.reason, second.supersedes) == (
        3,
        "organiser:1",
        clock(),
        "Milder",
        first.id,
    )


def test_of_two_switches_only_the_latest_mail_leaves(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    to_digital(event, clock)
    service.switch(event.id, Format.HYBRID, reason="Test", join_url=None, by="test", now=clock())
    first, second = decisions(event)
    assert (first.state, second.state) == ("skipped", "waiting")
    # Ada never heard of the first one.
    assert (second.payload["from"], second.payload["to"]) == ("onsite", "hybrid")


def test_a_new_time_that_nobody_heard_of_comes_along_with_the_latest_of_two_switches(
    each_app: Flask, clock: Clock
) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    moved = replace(events.values_of(event), starts_at=STARTS_AT + timedelta(days=1), ends_at=None)
    assert isinstance(changes.edit(event.id, moved, by="test", now=clock()), EventFacts)
    to_digital(event, clock)
    service.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    last = decisions(event)[-1].payload
    assert (last["outcome"], last["before"]["starts_at"]) == ("stays", STARTS_AT.isoformat())


def test_back_before_anybody_heard_is_told_as_staying(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    confirm(event, "Ada", clock())
    to_digital(event, clock)
    service.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    assert [(message.state, message.payload["outcome"]) for message in decisions(event)] == [
        ("skipped", "switched"),
        ("waiting", "stays"),
    ]


def test_an_offer_that_is_out_keeps_its_time(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1)
    ada = confirm(event, "Ada", clock())
    ben = confirm(event, "Ben", clock())
    registrations.cancel(ada.id, clock())
    offered = registrations.find(ben.id)
    assert offered is not None
    clock.advance(hours=1)
    to_digital(event, clock)
    after = registrations.find(ben.id)
    assert after is not None
    assert (after.state, after.expires_at) == (State.OFFERED, offered.expires_at)
    assert ("decision", "waiting") in kinds_sent_to(ben)


def test_back_on_site_needs_a_seat_for_everyone(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, format=Format.DIGITAL, join_url=ROOM)
    for name in ("Ada", "Ben", "Cem"):
        confirm(event, name, clock())
    refused = service.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    assert refused == SwitchRefused(code="too_many_for_room", number=2)
    preview = service.preview(event.id, Format.ONSITE, reason="Test", join_url=None, now=clock())
    assert (preview.blocked, preview.without_seat, preview.effects["mails"]) == (("too_many_for_room",), 2, 3)
    # Hybrid: those who are digital stay digital.
    assert isinstance(
        service.switch(event.id, Format.HYBRID, reason="Test", join_url=None, by="test", now=clock()), Switched
    )


def test_hybrid_leaves_people_where_they_chose_to_be(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.HYBRID, join_url=ROOM, capacity=5)
    on_site = confirm(event, "Ada", clock(), attendance=Attendance.ONSITE)
    digital = confirm(event, "Ben", clock(), attendance=Attendance.DIGITAL)
    service.switch(event.id, Format.ONSITE, reason="Test", join_url=None, by="test", now=clock())
    service.switch(event.id, Format.HYBRID, reason="Test", join_url=None, by="test", now=clock())
    found = [registrations.find(person.id) for person in (on_site, digital)]
    assert [person.attendance for person in found if person] == [Attendance.ONSITE, Attendance.ONSITE]


def test_a_draft_is_changed_silently(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    draft = events.copy(event.id, by="test", now=clock(), owner_id=None)
    assert to_digital(draft, clock) == Switched(version=1, effects={})
    after = events.get(draft.id)
    assert (after.lifecycle, after.format, after.join_url) == (EventStatus.DRAFT, Format.DIGITAL, ROOM)
    assert service.history(draft.id) == []


def test_a_new_room_for_a_digital_event_is_kept_without_a_switch(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM)
    assert to_digital(event, clock, join_url="https://room.example.org/other") == Unchanged(
        format=Format.DIGITAL, version=1
    )
    assert events.get(event.id).join_url == "https://room.example.org/other"


def test_whoever_decided_on_an_old_page_hears_that_it_was_just_switched(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    assert isinstance(to_digital(event, clock, expected_version=1), Switched)
    late = service.switch(
        event.id, Format.HYBRID, reason="Test", join_url=None, by="test", now=clock(), expected_version=1
    )
    assert late == SwitchRefused(code="just_switched")


def test_two_switches_at_once_are_one(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    session().rollback()
    start, answers = threading.Barrier(2), []

    def press() -> None:
        with each_app.app_context():
            start.wait()
            answers.append(to_digital(event, clock, expected_version=1))
            session().close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(answer).__name__ for answer in answers) == ["SwitchRefused", "Switched"]
    assert [answer.code for answer in answers if isinstance(answer, SwitchRefused)] == ["just_switched"]
    assert events.get(event.id).format_version == 2
    assert [kind for kind, _ in kinds_sent_to(ada)].count("decision") == 1


def test_who_waited_for_the_other_sees_what_the_other_did(each_app: Flask, clock: Clock) -> None:
    """Also without the version that the person saw, as scripts and other systems call it."""
    event = make_event(clock())
    session().rollback()
    answers = []

    def press() -> None:
        with each_app.app_context():
            answers.append(to_digital(event, clock))
            session().close()

    second = threading.Thread(target=press)
    with transaction():
        events.lock(event.id)
        second.start()
        second.join(timeout=1)  # Long enough to come to the lock; it is released only when this transaction ends.
        answers.append(to_digital(event, clock))
    second.join()
    assert [type(answer).__name__ for answer in answers] == ["Switched", "Unchanged"]
    assert events.get(event.id).format_version == 2


def test_many_people_fit_into_one_switch(app: Flask, clock: Clock) -> None:
    """More rows than one statement of SQLite may hold values."""
    event = make_event(clock(), capacity=None)
    for number in range(3):
        confirm(event, f"Person {number}", clock())
    people = registrations.of_event(event.id, (State.CONFIRMED,))
    many = [entries.message(people[number % 3], "decision", f"many-{number}", clock()) for number in range(2_500)]
    with transaction():
        assert outbox.enqueue(*many, now=clock()) == 2_500


@pytest.mark.parametrize("to", [Format.DIGITAL, Format.HYBRID])
def test_reminders_are_planned_anew(each_app: Flask, clock: Clock, to: Format) -> None:
    event = make_event(clock())
    ada = confirm(event, "Ada", clock())
    with transaction():
        registrations.mark_planned([ada.id], 1)
    assert registrations.unplanned(event.id, 1, limit=9) == []
    service.switch(event.id, to, reason="", join_url=ROOM, by="test", now=clock())
    assert [person.id for person in registrations.unplanned(event.id, 1, limit=9)] == [ada.id]
