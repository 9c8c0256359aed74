"""The example events: weekdays and distances kept, nothing of real contacts, lists that are not empty."""

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from regservice import demo
from regservice.accounts import service as accounts
from regservice.audit.models import AuditEntry
from regservice.db import session
from regservice.demo.dates import moved, weeks_until
from regservice.events import programmes, rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, RegistrationMode
from regservice.registrations import service as registrations
from regservice.registrations.types import RegistrationState
from tests.conftest import Clock

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize("day", range(14))
def test_the_same_weekday_at_the_day_or_in_the_six_after_it(day: int) -> None:
    original = date(2022, 11, 18)
    earliest = date(2026, 11, 22) + timedelta(days=day)
    found = original + timedelta(weeks=weeks_until(original, earliest))
    assert found.weekday() == original.weekday()
    assert timedelta(0) <= found - earliest < timedelta(days=7)


def test_the_clock_on_the_wall_stays_over_a_change_to_summer_time() -> None:
    assert moved({"a": ["2022-09-20T18:00"], "b": "Am 2022-09-20T18:00 Uhr"}, 8) == {
        "a": ["2022-11-15T18:00:00"],
        "b": "Am 2022-09-20T18:00 Uhr",
    }


def found(slug: str) -> EventFacts:
    event = events.find(slug)
    assert event is not None
    return event


def local(instant: datetime | None) -> datetime:
    assert instant is not None
    return instant.astimezone(BERLIN)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 11, 22, 12, tzinfo=UTC),
        datetime(2027, 3, 20, 23, 30, tzinfo=UTC),
        datetime(2027, 10, 29, tzinfo=UTC),
    ],
)
def test_the_announced_ones_lie_ahead_with_weekday_and_distances(app: Flask, now: datetime) -> None:
    assert demo.load(now) == 7
    dialogue = found("guetersloh-dialogveranstaltung")
    start, deadline = local(dialogue.starts_at), local(dialogue.registration_closes_at)
    assert (start.strftime("%a %H:%M"), local(dialogue.ends_at).strftime("%a %H:%M")) == ("Fri 16:00", "Fri 19:00")
    assert deadline.strftime("%a %H:%M:%S") == "Sun 23:59:59"
    assert (start.date() - deadline.date()).days == 5
    assert deadline > now
    assert [local(item.starts_at).strftime("%a %H:%M") for item in dialogue.agenda] == [
        "Fri 16:00",
        "Fri 16:15",
        "Fri 17:00",
        "Fri 18:30",
    ]
    assert [(part.kind.value, local(part.starts_at).strftime("%a %H:%M")) for part in dialogue.parts] == [
        ("talk", "Fri 16:00"),
        ("talk", "Fri 16:15"),
        *[("group", "Fri 17:00")] * 7,
        ("talk", "Fri 18:30"),
    ]
    assert [part.title for part in dialogue.parts if part.kind == "group"] == [group.name for group in dialogue.groups]
    assert local(found("goeppingen-auftakt").starts_at).strftime("%a %H:%M") == "Sat 10:00"
    assert local(found("bensheim-folgeveranstaltung").starts_at).strftime("%a %H:%M") == "Tue 18:00"
    week = programmes.find("interkulturelle-woche")
    assert week is not None
    assert (week.starts_on.strftime("%a"), week.ends_on.strftime("%a"), week.ends_on - week.starts_on) == (
        "Fri",
        "Sun",
        timedelta(days=16),
    )
    parts = [(local(part.starts_at).date() - week.starts_on).days for part in programmes.public_events(week.id)]
    assert parts == [0, 5, 11]
    assert week.towns == ("Albstadt", "Balingen", "Hechingen")
    assert rules.status(found("monheim-inklusionstag"), now) is EventStatus.HELD


def test_each_keeps_its_own_way_of_registering(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    modes = {event.slug: (event.registration_mode, event.registration_address) for event in events.for_organiser()}
    assert modes == {
        "bensheim-folgeveranstaltung": (RegistrationMode.EMAIL, "integration@example.org"),
        "guetersloh-dialogveranstaltung": (RegistrationMode.FORM, "https://stadt.gt/integration"),
        "monheim-inklusionstag": (RegistrationMode.NONE, ""),
        "goeppingen-auftakt": (RegistrationMode.FORM, ""),
        "demo-eroeffnung": (RegistrationMode.NONE, ""),
        "demo-kochabend": (RegistrationMode.FORM, ""),
        "demo-vortrag": (RegistrationMode.FORM, ""),
    }


def test_lists_are_not_empty_and_nobody_is_real(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    people = [
        person
        for event in events.for_organiser()
        for person in registrations.of_event(event.id, tuple(RegistrationState))
    ]
    assert Counter(person.state.value for person in people) == {"confirmed": 21, "pending": 1, "waitlisted": 1}
    assert len([person for person in people if not person.email]) == 13
    assert {person.email.rpartition("@")[2] for person in people if person.email} == {"example.org", "example.net"}


def test_a_second_call_changes_nothing(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    before = session().query(AuditEntry).count()
    clock.advance(days=30)
    assert demo.load(clock()) == 0
    assert session().query(AuditEntry).count() == before


def test_the_organiser_has_no_password(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    organiser = accounts.find_organiser(demo.ORGANISER)
    assert organiser is not None
    assert not organiser.has_password


def test_no_mailbox_and_no_telephone_of_a_town() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in Path(demo.__file__).parent.iterdir() if file.is_file())
    assert set(re.findall(r"[\w.]+@([\w.]+)", text)) == {"example.org", "example.net"}
    assert set(re.findall(r"phone: ([\d ]+)", text)) == {"030 23125 000"}


def test_what_was_assumed_is_named(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    for event in events.for_organiser():
        assert "contact" in event.assumptions, event.slug


def test_commas_stay_inside_their_texts(app: Flask, clock: Clock) -> None:
    demo.load(clock())
    assert found("bensheim-folgeveranstaltung").target_groups == ("Alle, die mitmachen und unterstützen wollen",)
    week = programmes.find("interkulturelle-woche")
    assert week is not None
    assert week.target_groups == ("Alle, die schon lange oder erst seit kurzem hier leben",)
