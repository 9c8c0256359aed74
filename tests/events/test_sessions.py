"""The sessions of an event: which there are once some are wanted, and what may not change by the way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from regservice.changes import sessions as session_changes
from regservice.changes.types import SessionsRefused
from regservice.events import rules, sessions
from regservice.events import service as events
from regservice.events.types import EventFacts, Format, SessionFacts, SessionKind, SessionValues
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
from regservice.registrations import session_places
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.facts import event_facts

TALK = SessionValues(title="Talk", kind=SessionKind.TALK)
GROUP = SessionValues(title="Group", kind=SessionKind.GROUP, for_everyone=False, capacity=4, place="Room 1")
LUNCH = SessionValues(title="Lunch", kind=SessionKind.BREAK)
SCREEN = SessionValues(title="Screen", kind=SessionKind.WATCH_TOGETHER, for_everyone=False)
WHOLE = SessionValues()


def with_parts(*parts: SessionValues) -> EventFacts:
    """An event whose sessions are these, numbered from 1."""
    found = tuple(
        SessionFacts(id=number, position=number, **vars(values)) for number, values in enumerate(parts, start=1)
    )
    return event_facts(sessions=found, format=rules.derived_format(found))


@pytest.mark.parametrize(
    ("there", "wanted", "expected"),
    [
        ([WHOLE], [], [(1, WHOLE)]),
        ([WHOLE], [(None, TALK)], [(1, TALK)]),
        ([WHOLE], [(None, TALK), (None, GROUP)], [(1, TALK), (None, GROUP)]),
        ([WHOLE], [(None, LUNCH), (None, GROUP)], [(None, LUNCH), (1, GROUP)]),
        ([WHOLE], [(None, SCREEN)], [(1, WHOLE), (None, SCREEN)]),
        ([WHOLE, SCREEN], [(2, SCREEN), (None, TALK)], [(2, SCREEN), (1, TALK)]),
        ([TALK, GROUP], [(2, GROUP), (1, TALK)], [(2, GROUP), (1, TALK)]),
        ([TALK, GROUP], [(2, GROUP)], [(2, GROUP)]),
        ([replace(TALK, format=Format.DIGITAL)], [], [(1, SessionValues(format=Format.DIGITAL))]),
        ([TALK, LUNCH], [(2, LUNCH)], [(1, WHOLE), (2, LUNCH)]),
        ([TALK], [(1, LUNCH)], [(None, WHOLE), (1, LUNCH)]),
        ([TALK], [(7, GROUP)], [(None, GROUP)]),
    ],
)
def test_there_is_always_one_session_that_people_take_part_by(
    there: list[SessionValues], wanted: list[Any], expected: list[Any]
) -> None:
    assert rules.arranged(with_parts(*there), wanted) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([TALK, GROUP], Format.ONSITE),
        ([TALK, replace(GROUP, format=Format.DIGITAL)], Format.MIXED),
        ([replace(TALK, format=Format.DIGITAL), SCREEN], Format.DIGITAL),
        ([replace(TALK, format=Format.HYBRID), LUNCH], Format.HYBRID),
        ([LUNCH], Format.ONSITE),
    ],
)
def test_breaks_and_screens_make_no_event_mixed(parts: list[SessionValues], expected: Format) -> None:
    assert with_parts(*parts).format is expected


def test_a_switch_of_the_whole_leaves_the_place_to_watch_together() -> None:
    assert rules.whole(with_parts(TALK, SCREEN, LUNCH), Format.DIGITAL) == {1: Format.DIGITAL, 3: Format.DIGITAL}


def test_sessions_are_kept_and_come_back_by_their_ids(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    [whole] = event.sessions
    timed = replace(TALK, starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=1))
    made = session_changes.arrange(event.id, [(None, timed), (None, GROUP)], by="test", now=clock())
    assert isinstance(made, EventFacts)
    assert [sessions.values_of(part) for part in made.parts] == [timed, GROUP]
    assert (made.parts[0].id, made.format, made.version) == (whole.id, Format.ONSITE, event.version + 1)
    talk, group = made.parts
    other = session_changes.arrange(event.id, [(group.id, GROUP), (talk.id, timed)], by="test", now=clock())
    assert isinstance(other, EventFacts)
    assert [(part.id, part.position) for part in other.parts] == [(group.id, 1), (talk.id, 2)]
    none = session_changes.arrange(event.id, [], by="test", now=clock())
    assert isinstance(none, EventFacts)
    assert [(part.kind, part.title) for part in none.sessions] == [(SessionKind.WHOLE, "")]


def test_the_same_sessions_again_change_nothing(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    first = session_changes.arrange(event.id, [(None, TALK)], by="test", now=clock())
    assert isinstance(first, EventFacts)
    again = session_changes.arrange(event.id, [(first.parts[0].id, TALK)], by="test", now=clock())
    assert again == first


def test_of_a_public_event_formats_are_switched_and_not_edited(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    made = session_changes.arrange(event.id, [(None, TALK)], by="test", now=clock())
    assert isinstance(made, EventFacts)
    digital = replace(TALK, format=Format.DIGITAL)
    answer = session_changes.arrange(event.id, [(made.parts[0].id, digital)], by="test", now=clock())
    assert answer == SessionsRefused(code="format")
    assert events.get(event.id) == made


def test_nobodys_way_of_taking_part_changes_by_an_edit(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url="https://room.example.org/x")
    confirm(event, "Ada", clock())
    answer = session_changes.arrange(event.id, [(None, TALK)], by="test", now=clock())
    assert answer == SessionsRefused(code="people")
    assert events.get(event.id) == event


def test_a_session_stays_while_people_are_in_it(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    made = session_changes.arrange(event.id, [(None, TALK), (None, GROUP)], by="test", now=clock())
    assert isinstance(made, EventFacts)
    talk, group = made.parts
    ada = confirm(event, "Ada", clock())
    session_places.choose(ada.id, group.id, by="test", now=clock())
    kept = [(talk.id, sessions.values_of(talk))]
    assert session_changes.arrange(event.id, kept, by="test", now=clock()) == SessionsRefused(code="taken")
    session_places.leave(ada.id, group.id, by="test", now=clock())
    assert isinstance(session_changes.arrange(event.id, kept, by="test", now=clock()), EventFacts)


DOCUMENT = """
slug: abend
title: Abend
format: onsite
join_url: https://example.org/room
sessions:
  - {title: Begrüßung, starts_at: 2027-09-24T17:00, ends_at: 2027-09-24T17:15}
  - {title: Pause, kind: break, place: Foyer}
  - {title: Gruppe 1, kind: group, format: digital, capacity: 12, for_everyone: false, join_url: https://example.org/1}
  - {title: Gruppe 2, kind: group, format: hybrid, for_everyone: false, join_url: ''}
"""


def test_a_document_with_sessions_goes_there_and_back(app: Flask, clock: Clock) -> None:
    assert exchange.import_text(DOCUMENT, by="test", now=clock()) == Imported(created=("abend",), updated=())
    event = events.find("abend")
    assert event is not None
    assert [(part.title, part.kind.value, part.format.value, part.join_url) for part in event.sessions] == [
        ("Begrüßung", "talk", "onsite", "https://example.org/room"),
        ("Pause", "break", "onsite", "https://example.org/room"),
        ("Gruppe 1", "group", "digital", "https://example.org/1"),
        ("Gruppe 2", "group", "hybrid", ""),
    ]
    assert event.format is Format.MIXED
    text = exchange.export_text("abend") or ""
    assert exchange.import_text(text, by="test", now=clock()) == Imported(created=(), updated=("abend",))
    assert events.find("abend") == event
    elsewhere = text.replace("slug: abend", "slug: woanders")
    assert exchange.import_text(elsewhere, by="test", now=clock()) == Imported(created=("woanders",), updated=())
    assert exchange.export_text("woanders") == elsewhere


@pytest.mark.parametrize(
    ("part", "named"),
    [
        ("{kind: talk}", "sessions.0.title"),
        ("{title: a, kind: whole}", "sessions.0.kind"),
        ("{title: a, format: mixed}", "sessions.0.format"),
        ("{title: a, capacity: -1}", "sessions.0.capacity"),
        ("{title: a, starts_at: 2027-09-24T18:00, ends_at: 2027-09-24T18:00}", "sessions.0.ends_at"),
        ("{title: a}, {title: a}", "sessions"),
        ("{title: a, join_url: 'javascript:alert(1)'}", "sessions.0.join_url"),
    ],
)
def test_a_wrong_session_is_named(app: Flask, clock: Clock, part: str, named: str) -> None:
    refused = exchange.import_text(f"title: x\nsessions: [{part}]", by="test", now=clock())
    assert isinstance(refused, ImportRefused)
    assert set(refused.errors) == {named}


def test_a_copy_has_the_sessions_without_times_and_rooms(app: Flask, clock: Clock) -> None:
    exchange.import_text(DOCUMENT, by="test", now=clock())
    event = events.find("abend")
    assert event is not None
    copied = events.copy(event.id, by="test", now=clock(), owner_id=None)
    assert [(part.title, part.starts_at, part.format, part.join_url) for part in copied.parts] == [
        ("Begrüßung", None, Format.ONSITE, ""),
        ("Pause", None, Format.ONSITE, ""),
        ("Gruppe 1", None, Format.ONSITE, ""),
        ("Gruppe 2", None, Format.ONSITE, ""),
    ]
