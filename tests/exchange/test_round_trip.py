"""Events as YAML: there and back without loss, and clear refusals."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as some

from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.document import Invalid, checked, document_from, values_from
from regservice.events.shapes import CONTROL, EventShape
from regservice.events.types import (
    AgendaItem,
    Contact,
    DialIn,
    Document,
    EventFacts,
    EventStatus,
    EventValues,
    Format,
    Image,
    Question,
    QuestionKind,
    RegistrationMode,
    SessionFacts,
    Speaker,
    Venue,
    WorkingGroup,
)
from regservice.exchange import saving
from regservice.exchange import service as exchange
from regservice.exchange.service import Imported, ImportRefused
from tests.conftest import Clock
from tests.factories import DIALOGUE, make_event

letters = some.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn", "Co"))
line = some.text(letters, max_size=30).map(str.strip)
word = line.filter(bool)
text = some.lists(line, max_size=4).map(lambda lines: "\n".join(lines).strip()).filter(lambda t: not CONTROL.search(t))
instant = some.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=some.just(UTC))  # noqa: DTZ001
maybe_instant = some.none() | instant
web = some.sampled_from(["https://example.org/a?b=c&d=%20#e", "http://example.net:8080/ü"])
seats = some.none() | some.integers(0, 500)


def tuples(of: some.SearchStrategy[Any]) -> some.SearchStrategy[Any]:
    return some.lists(of, max_size=3).map(tuple)


questions = some.lists(
    some.builds(
        Question,
        key=some.from_regex(r"[a-z]{1,8}", fullmatch=True),
        label=word,
        kind=some.sampled_from(QuestionKind),
        required=some.booleans(),
        choices=some.lists(word, min_size=1, max_size=3).map(tuple),
    ),
    max_size=3,
    unique_by=lambda question: question.key,
).map(tuple)
event_values = some.builds(
    EventValues,
    title=word,
    summary=text,
    description=text,
    starts_at=maybe_instant,
    ends_at=maybe_instant,
    timezone=some.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    venue=some.builds(Venue, name=line, room=line, street=line, postal_code=some.just("01067"), city=line),
    capacity=seats,
    digital_capacity=seats,
    waiting_list=some.booleans(),
    registration_mode=some.sampled_from([RegistrationMode.FORM, RegistrationMode.EXTERNAL]),
    registration_address=some.just("") | web,
    registration_opens_at=maybe_instant,
    registration_closes_at=maybe_instant,
    contact=some.builds(Contact, name=line, role=line, email=some.just("a@example.org"), phone=some.just("030 1")),
    speakers=tuples(some.builds(Speaker, name=word, role=line, organisation=line)),
    agenda=tuples(
        some.builds(
            AgendaItem,
            title=word,
            kind=line,
            starts_at=maybe_instant,
            ends_at=maybe_instant,
            speakers=tuples(word),
            place=line,
        )
    ),
    groups=tuples(some.builds(WorkingGroup, name=word, room=line, capacity=seats)),
    questions=questions,
    documents=tuples(some.builds(Document, label=word, url=web, format=line)),
    target_groups=tuples(word),
    image=some.none() | some.builds(Image, url=web, alt=line, caption=line, credit=line),
    host=line,
    access=text,
    town=line,
    retention_days=some.integers(0, 400),
    assumptions=tuples(word),
    dial_in=some.just(DialIn()) | some.just(DialIn(number="0800 123 456", meeting_id="12 34", pin="98#")),
    join_opens_min=some.integers(0, 240),
)


def facts_of(values: EventValues, **more: Any) -> EventFacts:
    session = SessionFacts(id=1, position=1, title="", format=Format.HYBRID, join_url="https://example.org/room")
    given_values = {entry.name: getattr(values, entry.name) for entry in fields(EventValues)}
    return EventFacts(
        **given_values,
        **{
            "id": 1,
            "slug": "abend",
            "owner_id": None,
            "programme_id": None,
            "lifecycle": EventStatus.DRAFT,
            "sessions": (session,),
            "format": Format.HYBRID,
            "format_version": 1,
            "schedule_version": 1,
            "version": 1,
            "calendar_sequence": 0,
            "calendar_changed_at": datetime(2026, 1, 1, tzinfo=UTC),
            "status_reason": "",
            "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        | more,
    )


@settings(deadline=None, max_examples=150)
@given(event_values)
def test_there_and_back_without_loss(values: EventValues) -> None:
    written = exchange.to_yaml(document_from(facts_of(values)))
    members = checked(exchange.read_yaml(written), EventShape())
    assert values_from(members, EventValues(title="")) == values
    assert (members["slug"], members["format"], members["join_url"]) == (
        "abend",
        Format.HYBRID,
        "https://example.org/room",
    )


def test_a_published_event_comes_back_the_same_in_an_empty_service(app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.HYBRID, join_url="https://example.org/room")
    exported = exchange.export_text(event.slug)
    assert exported is not None
    again = exchange.import_text(exported.replace(event.slug, "elsewhere"), by="test", now=clock())
    assert again == Imported(created=("elsewhere",), updated=())
    copy = events.find("elsewhere")
    assert copy is not None
    assert events.values_of(copy) == events.values_of(event)
    assert (copy.lifecycle, copy.format, copy.join_url) == (event.lifecycle, event.format, event.join_url)
    assert exchange.export_text("elsewhere") == exported.replace(event.slug, "elsewhere")


def test_importing_the_same_again_changes_nothing(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    exported = exchange.export_text(event.slug) or ""
    assert exchange.import_text(exported, by="test", now=clock()) == Imported(created=(), updated=(event.slug,))
    assert events.find(event.slug) == event


def test_all_that_is_named_with_the_new_date_of_a_postponed_event_counts(each_app: Flask, clock: Clock) -> None:
    room = "https://room.example.org/a"
    event = make_event(clock(), format=Format.HYBRID, join_url=room)
    changes.postpone(event.id, reason="Storm", by="test", now=clock())
    part = {"title": "Talk", "kind": "talk", "format": "hybrid", "join_url": "https://room.example.org/b"}
    members = {"status": "published", "starts_at": "2026-11-21T15:00:00Z", "ends_at": None}

    def patch(**more: Any) -> EventFacts:
        named = checked(members | more, EventShape(), partial=True)
        return saving.change_event(event.id, named, by="test", now=clock())

    with pytest.raises(Invalid, match="switch its format"):
        patch(format="digital")
    with pytest.raises(Invalid, match="not set up"):
        patch(room_system="jitsi")
    again = patch(join_url="https://room.example.org/b", sessions=[part])
    assert (again.lifecycle, again.starts_at) == (EventStatus.PUBLISHED, datetime(2026, 11, 21, 15, tzinfo=UTC))
    assert (again.join_url, [each.title for each in again.parts]) == ("https://room.example.org/b", ["Talk"])


def test_what_was_comes_back_as_what_was(app: Flask, clock: Clock) -> None:
    event = make_event(clock())
    clock.advance(days=365)
    text = (exchange.export_text(event.slug) or "").replace(event.slug, "elsewhere")
    assert exchange.import_text(text, by="test", now=clock()) == Imported(created=("elsewhere",), updated=())


def test_a_programme_goes_with_its_events(app: Flask, clock: Clock) -> None:
    text = """
programme: {slug: woche, title: Woche, starts_on: 2027-09-24, ends_on: 2027-10-10, towns: [A, B]}
events:
  - {slug: eins, title: Eins, starts_at: 2027-09-24T17:00}
  - {slug: zwei, title: Zwei, starts_at: 2027-09-29T18:00}
"""
    assert exchange.import_text(text, by="test", now=clock()) == Imported(created=("eins", "zwei"), updated=())
    exported = exchange.export_text("woche") or ""
    assert exchange.import_text(exported, by="test", now=clock()) == Imported(created=(), updated=("eins", "zwei"))
    assert exchange.export_text("woche") == exported


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- a list", {"document"}),
        ("title: [", {"document"}),
        ("titel: x\ntitle: y", {"titel"}),
        ("events: [{title: a}, {titel: b}]", {"events.1.title", "events.1.titel"}),
        ("programme: {slug: woche}\nevents: []", {"programme.title", "programme.starts_on", "programme.ends_on"}),
        ("title: x\nvenue: {citty: y}", {"venue.citty"}),
        ("title: x\nagenda: [{kind: y}]", {"agenda.0.title"}),
        ("title: x\ntimezone: Europe/Bonn", {"timezone"}),
        ("title: x\nstarts_at: 2027-09-24", {"starts_at"}),
        ("title: x\nstatus: held", {"status"}),
        ("title: x\nregistration_mode: email\nregistration_address: https://example.org", {"registration_address"}),
        ("title: x\nregistration_address: 'javascript:alert(1)'", {"registration_address"}),
        ("title: x\ndocuments: [{label: y, url: 'javascript:alert(1)'}]", {"documents.0.url"}),
        ("title: x\ncontact: {email: nobody}", {"contact.email"}),
        ("title: x\nquestions: [{key: a, label: b}, {key: a, label: c}]", {"questions"}),
        ("title: x\nstatus: published", {"starts_at", "venue", "contact"}),
        ('title: "a\\0b"', {"title"}),
    ],
)
def test_a_wrong_document_names_what_is_wrong_and_changes_nothing(
    app: Flask, clock: Clock, text: str, named: set[str]
) -> None:
    refused = exchange.import_text(text, by="test", now=clock())
    assert isinstance(refused, ImportRefused)
    assert set(refused.errors) == named
    assert events.for_organiser() == []


def test_a_deadline_without_a_time_is_the_end_of_that_local_day() -> None:
    members = checked({"title": "x", "registration_closes_at": "2026-11-13"}, EventShape())
    closes_at = values_from(members, EventValues(title="")).registration_closes_at
    assert closes_at == datetime(2026, 11, 13, 22, 59, 59, tzinfo=UTC)


def test_what_is_not_named_stays() -> None:
    members = checked({"venue": {"room": "Small hall"}, "summary": None}, EventShape(), partial=True)
    assert values_from(members, replace(DIALOGUE, summary="x")) == replace(
        DIALOGUE, venue=replace(DIALOGUE.venue, room="Small hall")
    )
