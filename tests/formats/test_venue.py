"""The rule about a place that is not confirmed by a date: asked for this place and these hours, and only proposed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, EventValues, Format, Venue
from regservice.formats import rules, service, venue
from regservice.formats.types import (
    Decision,
    FormatRule,
    Outcome,
    Reading,
    RuleKind,
    RuleMode,
    RuleRefused,
    Stay,
    Switch,
    Switched,
    VenueConfirmed,
    WatchState,
)
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from tests.conftest import Clock
from tests.factories import confirm, make_event
from tests.facts import event_facts

# A week before the event, by its clock.
WEEK_BEFORE = datetime(2026, 11, 13, 11, 0, tzinfo=UTC)
RULE = FormatRule(kind=RuleKind.VENUE_UNCONFIRMED, decision_at=WEEK_BEFORE, notice_days=7)
ROOM = "https://room.example.org/dialogue"


def said(value: float) -> Reading:
    return Reading(
        id=1, event_id=1, value=value, as_of=WEEK_BEFORE, fetched_at=WEEK_BEFORE, source="venue", entered_by="service"
    )


def test_a_place_that_is_not_confirmed_is_a_reason_to_go_digital() -> None:
    assert rules.decide(RULE, [said(0)], WEEK_BEFORE) == Switch(reading=said(0), compared=None)
    assert rules.decide(RULE, [said(1)], WEEK_BEFORE) == Stay(reading=said(1), compared=None)
    assert rules.watch(RULE, [said(0)], WEEK_BEFORE) is WatchState.TRIGGERED
    assert (RULE.to, rules.rule_text(RULE)) == (Format.DIGITAL, "the place is not confirmed")


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (RULE, None),
        (replace(RULE, mode=RuleMode.AUTOMATIC), ("mode", "venue_only_proposed")),
        (replace(RULE, mode=RuleMode.ALERT), ("kind", "not_severity")),
        (replace(RULE, decision_at=WEEK_BEFORE + timedelta(days=1)), ("decision_at", "after_notice")),
    ],
)
def test_what_can_be_kept(rule: FormatRule, refused: tuple[str, str] | None) -> None:
    answer = rules.rule_refusal(rule, event_facts())
    assert answer == (RuleRefused(field=refused[0], code=refused[1]) if refused else None)


def ruled(clock: Clock) -> EventFacts:
    accounts.add_organiser("office@example.org", "Olga", by="test", now=clock())
    event = make_event(clock(), join_url=ROOM)
    confirm(event, "Ada", clock())
    assert isinstance(service.save_rule(event.id, RULE, by="organiser:1", now=clock()), FormatRule)
    return event


def test_without_a_word_from_the_place_digital_is_proposed(each_app: Flask, clock: Clock) -> None:
    event = ruled(clock)
    assert service.watch_state(event.id, clock()) is WatchState.TRIGGERED
    clock.set(WEEK_BEFORE - timedelta(seconds=1))
    assert service.decide_due(clock()) == 0
    clock.set(WEEK_BEFORE)
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    proposal = service.find_open_proposal(event.id)
    assert proposal is not None
    assert proposal.reading is not None
    assert (proposal.outcome, proposal.reading.value, proposal.carries_out_at) == (Outcome.SWITCH, 0, None)
    assert service.readings(event.id) == []
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "proposal"]
    assert "Der Raum vor Ort war nicht bestätigt." in notices.compose(message, clock()).text
    # A word that comes too late is for the person to weigh.
    venue.confirm(event.id, by="organiser:1", now=clock())
    assert isinstance(service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock()), Switched)
    [switch] = service.history(event.id)
    assert (switch.rule_text, switch.reading and switch.reading["feed"]) == ("the place is not confirmed", "venue")


def test_with_a_confirmed_place_it_stays(each_app: Flask, clock: Clock) -> None:
    event = ruled(clock)
    first = venue.confirm(event.id, by="organiser:1", now=clock())
    assert first == VenueConfirmed(by="organiser:1", at=clock())
    clock.advance(hours=1)
    assert venue.confirm(event.id, by="organiser:2", now=clock()) == first
    assert service.watch_state(event.id, clock()) is WatchState.CALM
    clock.set(WEEK_BEFORE)
    service.decide_due(clock())
    proposal = service.find_open_proposal(event.id)
    assert proposal is not None
    assert proposal.outcome is Outcome.STAY


def test_a_confirmation_is_taken_back(each_app: Flask, clock: Clock) -> None:
    event = ruled(clock)
    venue.take_back(event.id, by="organiser:1", now=clock())
    venue.confirm(event.id, by="organiser:1", now=clock())
    venue.take_back(event.id, by="organiser:1", now=clock())
    assert venue.confirmed(event) is None


HOUR = timedelta(hours=1)


def later(before: EventValues) -> EventValues:
    assert before.starts_at is not None
    assert before.ends_at is not None
    return replace(before, starts_at=before.starts_at + HOUR, ends_at=before.ends_at + HOUR)


@pytest.mark.parametrize(
    ("change", "holds"),
    [
        (lambda before: replace(before, title="Another title", capacity=10), True),
        (lambda before: replace(before, venue=replace(before.venue, room="Small room")), False),
        (lambda before: replace(before, venue=Venue(name="Library")), False),
        (later, False),
    ],
    ids=["title", "room", "house", "hour"],
)
def test_when_the_place_or_the_hours_change_it_has_to_be_confirmed_anew(
    each_app: Flask, clock: Clock, change, holds: bool
) -> None:
    event = ruled(clock)
    venue.confirm(event.id, by="organiser:1", now=clock())
    before = events.values_of(events.get(event.id))
    assert isinstance(changes.edit(event.id, change(before), by="test", now=clock()), EventFacts)
    assert (venue.confirmed(events.get(event.id)) is not None) is holds
    # And once more, for what holds now.
    venue.confirm(event.id, by="organiser:1", now=clock())
    assert venue.confirmed(events.get(event.id)) is not None
