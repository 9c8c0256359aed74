"""What a switch means for whom: the dry run is the same code, so its numbers are the real ones, whatever there is."""

from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from regservice.db import session
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import effects
from regservice.formats import service as formats
from regservice.formats.models import SwitchEffectRow
from regservice.formats.types import CallAnswer, Switched, SwitchRefused, ToCall
from regservice.outbox import service as outbox
from regservice.registrations import desk, waiting_list
from regservice.registrations import service as registrations
from regservice.registrations.types import CancelCause, RegistrationRequest, Wish
from tests.conftest import Clock
from tests.factories import confirm, make_event, register

ROOM = "https://room.example.org/dialogue"
KEPT = {*effects.ALWAYS_COUNTED, "confirmed", "asked_first"}
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
    for place, person in enumerate(story["people"]):
        _add(event, person, f"Person {number} {place}", clock)
    for to in story["switches"]:
        clock.advance(minutes=1)
        before = events.get(event.id)
        shown = formats.preview(event.id, to, reason="x", join_url=None, now=clock())
        assert events.get(event.id) == before, "a preview changes nothing"
        done = formats.switch(event.id, to, reason="x", join_url=None, by="test", now=clock())
        match done:
            case Switched(effects=done_effects):
                assert (shown.blocked, shown.effects) == ((), done_effects)
                # Counts by language and of those who speak have no rows of their own.
                counted = {name: number for name, number in done_effects.items() if name in KEPT and number}
                assert _rows(event, done.version) == counted
            case SwitchRefused(code=code, number=without_seat):
                assert (shown.blocked, shown.without_seat) == ((code,), without_seat)
            case _:
                assert (shown.blocked, shown.effects, before.format) == ((), {}, to)


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
}


def test_the_dry_run_is_right_on_both_databases(each_app: Flask, clock: Clock) -> None:
    tell(ALL_AT_ONCE, clock, 0)


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
    zoe, aenne = formats.calls_of(switched.id, switch)
    assert ([zoe.name, aenne.name], zoe.answer, aenne.answer) == (["Zoe", "Änne"], None, None)
    assert formats.enter_call(switched.id, switch, zoe.registration_id, CallAnswer.JOINS, by="organiser:1", now=clock())
    assert not formats.enter_call(switched.id, switch, 999, CallAnswer.JOINS, by="organiser:1", now=clock())
    [again, _] = formats.calls_of(switched.id, switch)
    assert again == ToCall(
        registration_id=zoe.registration_id, name="Zoe", code=zoe.code, answer=CallAnswer.JOINS, answered_at=clock()
    )
