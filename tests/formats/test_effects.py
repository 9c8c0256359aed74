"""What a switch means for whom: the dry run is the same code, so its numbers are the real ones, whatever there is."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from regservice.db import session, transaction
from regservice.events import service as events
from regservice.events import sessions
from regservice.events.types import EventFacts, Format, SessionKind, SessionValues, Speaker
from regservice.formats import effects
from regservice.formats import service as formats
from regservice.formats.models import SwitchEffectRow
from regservice.formats.types import CallAnswer, Meal, Switched, SwitchRefused, ToCall
from regservice.notices import samples, speaker_links
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from regservice.outbox import store as outbox_store
from regservice.outbox.types import MessageState
from regservice.registrations import call_list, desk, help_requests, moving, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.types import Attendance, CancelCause, HelpKind, HelpRequest, RegistrationRequest, Wish
from regservice.registrations.types import RegistrationState as State
from tests.conftest import Clock
from tests.factories import confirm, make_event, register

ROOM = "https://room.example.org/dialogue"
KEPT = {
    *effects.ALWAYS_COUNTED,
    "confirmed",
    "asked_first",
    "help_again",
    "access_again",
    "meals_cancelled",
    "meals_added",
}
LUNCH = SessionValues(title="Lunch", kind=SessionKind.MEAL)
TALK = SessionValues(title="Talk", kind=SessionKind.TALK)
FORMATS = st.sampled_from([Format.ONSITE, Format.DIGITAL, Format.HYBRID])
PERSON = st.fixed_dictionaries(
    {
        "how": st.sampled_from(["pending", "confirmed", "by_phone", "cancelled", "left"]),
        "language": st.sampled_from(["de", "en"]),
        "attendance": st.sampled_from([None, Wish.ONSITE, Wish.DIGITAL, Wish.EITHER]),
        "digital_too": st.booleans(),
    }
)
STORY = st.fixed_dictionaries(
    {
        "begins": FORMATS,
        "capacity": st.one_of(st.none(), st.integers(0, 4)),
        "digital_capacity": st.one_of(st.none(), st.integers(0, 4)),
        "people": st.lists(PERSON, max_size=7),
        "switches": st.lists(FORMATS, min_size=1, max_size=3),
        "lunch": st.booleans(),
    }
)


def tell(story: dict[str, Any], clock: Clock, number: int) -> None:
    """Play a story and compare each preview with the switch that follows it."""
    event = make_event(
        clock(),
        title=f"Evening {number}",
        format=story["begins"],
        join_url=ROOM,
        capacity=story["capacity"],
        digital_capacity=story["digital_capacity"],
    )
    if story["lunch"]:
        have_lunch(event, clock, story["begins"])
    for place, person in enumerate(story["people"]):
        _add(event, person, f"Person {number} {place}", clock)
    for to in story["switches"]:
        clock.advance(minutes=1)
        before = events.get(event.id)
        shown, read = samples.preview(event.id, to, reason="x", join_url=None, now=clock())
        assert events.get(event.id) == before, "a preview changes nothing"
        done = formats.switch(event.id, to, reason="x", join_url=None, by="test", now=clock())
        match done:
            case Switched(effects=done_effects):
                assert (shown.blocked, shown.effects) == ((), done_effects)
                # Counts by language and of those who speak have no rows of their own.
                counted = {name: number for name, number in done_effects.items() if name in KEPT and number}
                assert _rows(event, done.version) == counted
                assert _as_sampled(read, "decision") == _as_made(event, done.version)
                assert sum(_as_sampled(read, "decision").values()) == done_effects["mails"]
                switch = formats.find_switch(event.id, done.version)
                assert switch is not None
                assert shown.meals == formats.meals_of(events.get(event.id), switch, clock())
                assert shown.calendar_versions == effects.calendar_versions(switch)
                help_all(event, clock)
            case SwitchRefused(code=code, number=without_seat):
                assert (shown.blocked, shown.without_seat) == ((code,), without_seat)
            case _:
                assert (shown.blocked, shown.effects, before.format, read) == ((), {}, to, [])


def have_lunch(event: EventFacts, clock: Clock, format: Format = Format.ONSITE) -> None:
    """Let the event be a talk and a lunch."""
    parts = [(None, replace(part, format=format, join_url=ROOM)) for part in (TALK, LUNCH)]
    with transaction():
        events.lock(event.id)
        sessions.arrange(event.id, parts, by="test", now=clock())


def _as_sampled(read: list[samples.Sample], kind: str) -> Counter[tuple[str, str]]:
    """How many mails of a kind were foretold, by their subject and language."""
    found: Counter[tuple[str, str]] = Counter()
    for sample in read:
        if sample.kind == kind:
            found[sample.letter.subject, sample.language] += sample.number
    return found


def _as_made(event: EventFacts, version: int) -> Counter[tuple[str, str]]:
    """How many were made."""
    made = outbox.about(event.id, "decision", f"v{version}")
    return Counter((notices.compose(message, message.created_at).subject, message.language) for message in made)


def help_all(event: EventFacts, clock: Clock) -> None:
    """Whoever can be helped asks for it, and is helped."""
    for person in registrations.of_event(event.id, (State.CONFIRMED,)):
        asked = help_requests.ask(person.id, [HelpKind.SIGN_LANGUAGE], "", clock())
        if isinstance(asked, HelpRequest):
            help_requests.settle(asked.id, by="test", now=clock())


def _add(event: EventFacts, person: dict[str, Any], name: str, clock: Clock) -> None:
    given = {"language": person["language"], "attendance": person["attendance"]}
    match person["how"]:
        case "by_phone":
            desk.enter(event.id, RegistrationRequest(name=name, email="", **given), by="test", now=clock())
        case "pending":
            register(event, name, clock(), **given)
        case "confirmed":
            found = confirm(event, name, clock(), **given)
            waiting_list.set_digital_too(found.id, person["digital_too"], by="test", now=clock())
        case "cancelled" | "left" as how:
            found = confirm(event, name, clock(), **given)
            registrations.cancel(found.id, clock(), cause=CancelCause.FORMAT if how == "left" else None)
    # Limits on how often somebody registers are not what this is about.
    clock.advance(minutes=3)


def _rows(event: EventFacts, version: int) -> dict[str, int]:
    """How many rows of each effect a switch has."""
    switch = formats.find_switch(event.id, version)
    assert switch is not None
    found: dict[str, int] = {}
    for row in session().scalars(select(SwitchEffectRow).where(SwitchEffectRow.switch_id == switch.id)):
        found[row.effect] = found.get(row.effect, 0) + 1
    return found


class Stories:
    """Counts them, so that each has an event of its own."""

    told = 0


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=STORY)
def test_the_dry_run_is_right_about_any_event(app: Flask, clock: Clock, story: dict[str, Any]) -> None:
    Stories.told += 1
    tell(story, clock, Stories.told)


ALL_AT_ONCE = {
    "begins": Format.ONSITE,
    "capacity": 3,
    "digital_capacity": None,
    "people": [
        {"how": how, "language": language, "attendance": None, "digital_too": too}
        for how, language, too in [
            ("confirmed", "de", False),
            ("by_phone", "de", False),
            ("left", "en", False),
            ("confirmed", "en", False),
            ("confirmed", "de", True),
            ("confirmed", "de", False),
            ("by_phone", "de", False),
            ("pending", "de", False),
        ]
    ],
    "switches": [Format.DIGITAL, Format.ONSITE, Format.HYBRID],
    "lunch": True,
}


def test_the_dry_run_is_right_on_both_databases(each_app: Flask, clock: Clock) -> None:
    tell(ALL_AT_ONCE, clock, 0)


def test_what_the_caterer_and_those_who_help_must_hear(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=5, join_url=ROOM)
    have_lunch(event, clock)
    ada, ben = confirm(event, "Ada", clock()), confirm(event, "Ben", clock())

    def switch(to: Format) -> tuple[dict[str, int], tuple[Meal, ...], tuple[int, int] | None]:
        seen = formats.preview(event.id, to, reason="x", join_url=None, now=clock())
        done = formats.switch(event.id, to, reason="x", join_url=None, by="test", now=clock())
        assert isinstance(done, Switched)
        names = ("meals_cancelled", "meals_added", "help_again")
        return {name: done.effects[name] for name in names if name in done.effects}, seen.meals, seen.calendar_versions

    # Two days before Friday 20 November, at noon in Berlin.
    latest = datetime(2026, 11, 18, 11, tzinfo=UTC)
    called_off = (Meal(title="Lunch", portions=2, cancel_by=latest),)
    assert switch(Format.DIGITAL) == ({"meals_cancelled": 2}, called_off, (1, 1))
    [message, _] = outbox.about(event.id, "decision", "v2")
    programme = notices.compose(message, clock()).text.partition("Ihr Programm:")[2]
    assert ["Talk" in programme, "Lunch" in programme] == [True, False]
    assert "<del>Lunch</del> (entfällt)" in each_app.test_client().get(f"/events/{event.slug}?lang=de").text
    asked = help_requests.ask(ada.id, [HelpKind.SIGN_LANGUAGE], "", clock())
    assert isinstance(asked, HelpRequest)
    help_requests.settle(asked.id, by="test", now=clock())
    assert switch(Format.HYBRID) == ({"help_again": 1}, (), (2, 2))
    again = help_requests.find_of(ada.id)
    assert again is not None
    assert again.open
    help_requests.settle(asked.id, by="test", now=clock())
    assert moving.move(ben.id, Attendance.ONSITE, by="person", now=clock()) is not None
    assert switch(Format.ONSITE) == ({"meals_added": 1}, (), (3, 4))
    clock.set(latest + timedelta(seconds=1))
    late = (Meal(title="Lunch", portions=2, cancel_by=None),)
    assert switch(Format.DIGITAL) == ({"meals_cancelled": 2, "help_again": 1}, late, (4, 5))


def test_a_meal_that_stays_on_site_is_not_called_off_for_who_comes(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=5, join_url=ROOM)
    have_lunch(event, clock)
    confirm(event, "Ada", clock())
    talk, lunch = events.get(event.id).parts
    seen = formats.preview(event.id, {lunch.id: Format.DIGITAL}, reason="x", join_url=None, now=clock())
    assert (seen.effects["meals_cancelled"], [meal.portions for meal in seen.meals]) == (1, [1])
    # Nobody comes for a lunch alone.
    seen = formats.preview(event.id, {talk.id: Format.DIGITAL}, reason="x", join_url=None, now=clock())
    assert (seen.effects["meals_cancelled"], [meal.portions for meal in seen.meals]) == (1, [1])


def test_one_sample_of_each_kind_without_a_way_into_anybodys_page(each_app: Flask, clock: Clock) -> None:
    iris = Speaker(name="Iris", email="iris@example.org")
    event = make_event(clock(), capacity=2, waiting_list=True, speakers=(iris,))
    people = [confirm(event, name, clock(), language=language) for name, language in NAMES]
    seen, read = samples.preview(event.id, Format.HYBRID, reason="Flu", join_url=ROOM, now=clock())
    assert [(one.language, one.state, one.attendance, one.number) for one in read if one.kind == "decision"] == [
        ("de", "confirmed", "onsite", 2),
        ("en", "waitlisted", "onsite", 2),
    ]
    assert seen.effects["mails"] == 4
    tokens = [registrations.personal_token(person) for person in people]
    for one in read:
        whole = f"{one.letter.text}{one.letter.html}{one.letter.invitation}"
        assert [token for token in (*tokens, ROOM, speaker_links.link_of(event.id, iris)) if token in whole] == []
        assert samples.MASK in one.letter.text
    # The first of each kind alone is named.
    assert [name for name, _ in NAMES if any(name in one.letter.text for one in read)] == ["Ada", "Cem"]
    assert [message.kind for message in outbox.ledger(event.id) if message.kind == "decision"] == []


NAMES = [("Ada", "de"), ("Ben", "de"), ("Cem", "en"), ("Dora", "en")]


@pytest.fixture
def switched(each_app: Flask, clock: Clock) -> EventFacts:
    """An event that went digital, with one person by mail and two to be called."""
    event = make_event(clock(), capacity=5)
    confirm(event, "Ada", clock())
    for name in ("Zoe", "Änne"):
        request = RegistrationRequest(name=name, email="", language="de")
        desk.enter(event.id, request, by="test", now=clock())
    formats.switch(event.id, Format.DIGITAL, reason="x", join_url=ROOM, by="test", now=clock())
    return events.get(event.id)


def test_how_its_mails_stand_is_what_the_ledger_says(switched: EventFacts, clock: Clock) -> None:
    switch = formats.history(switched.id)[0]
    assert [(mail.recipient, mail.state.value) for mail in formats.mails_of(switched.id, switch)] == [
        ("ada@example.org", "waiting")
    ]
    outbox.hold(clock())
    assert [mail.state.value for mail in formats.mails_of(switched.id, switch)] == ["held"]


def test_who_must_be_called_and_what_they_said(switched: EventFacts, clock: Clock) -> None:
    switch = formats.history(switched.id)[0]
    aenne, zoe = formats.calls_of(switched.id, switch)
    assert ([aenne.line.name, zoe.line.name], zoe.answer, aenne.answer) == (["Änne", "Zoe"], None, None)
    assert formats.enter_call(
        switched.id, switch, zoe.line.registration_id, CallAnswer.JOINS, by="organiser:1", now=clock()
    )
    assert not formats.enter_call(switched.id, switch, 999, CallAnswer.JOINS, by="organiser:1", now=clock())
    [_, again] = formats.calls_of(switched.id, switch)
    assert again == ToCall(line=zoe.line, answer=CallAnswer.JOINS, answered_at=clock())


def test_every_list_of_calls_has_the_same_source(switched: EventFacts, clock: Clock) -> None:
    """A mailbox that does not exist is on the list to print and on that of the switch; what it said is kept."""
    switch = formats.history(switched.id)[0]
    [mail] = formats.mails_of(switched.id, switch)
    with transaction():
        outbox_store.set_values(mail.id, address_is_bad=True)
    calls = formats.calls_of(switched.id, switch)
    assert [call.line for call in calls] == call_list.lines(switched.id)
    assert [call.line.name for call in calls] == ["Ada", "Änne", "Zoe"]
    ada = calls[0].line.registration_id
    assert formats.enter_call(switched.id, switch, ada, CallAnswer.REACHED, by="organiser:1", now=clock())
    assert formats.calls_of(switched.id, switch)[0].answer is CallAnswer.REACHED


@pytest.mark.parametrize(("state", "called"), [(MessageState.FAILED, True), (MessageState.SENT, False)])
def test_whom_this_mail_was_refused_for_is_called(
    switched: EventFacts, clock: Clock, state: MessageState, called: bool
) -> None:
    """The relay refused the mail after all of it had been handed over, which says nothing against the address."""
    switch = formats.history(switched.id)[0]
    [mail] = formats.mails_of(switched.id, switch)
    with transaction():
        outbox_store.set_values(mail.id, state=state)
    assert ("Ada" in [call.line.name for call in formats.calls_of(switched.id, switch)]) is called
