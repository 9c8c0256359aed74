"""Rules that count people or look at the date alone: what they propose, when, and that they never decide by count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.accounts import service as accounts
from regservice.changes import service as changes
from regservice.events import service as events
from regservice.events.types import EventFacts, Format
from regservice.formats import rules, service
from regservice.formats.types import (
    Decision,
    FormatQuestion,
    FormatRule,
    Outcome,
    ProposalFacts,
    Reading,
    RuleKind,
    RuleMode,
    RuleRefused,
    RuleStanding,
    Stay,
    Switch,
    Switched,
    Trigger,
    WatchState,
)
from regservice.notices import service as notices
from regservice.outbox import service as outbox
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event, register
from tests.facts import event_facts

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
FEW = FormatRule(kind=RuleKind.TOO_FEW, people=3, decision_at=NOON)
MANY = FormatRule(kind=RuleKind.TOO_MANY, people=1, decision_at=NOON)
DATE = FormatRule(kind=RuleKind.DATE, decision_at=NOON)
ROOM = "https://room.example.org/dialogue"


def counted(value: float) -> Reading:
    return Reading(
        id=1, event_id=1, value=value, as_of=NOON, fetched_at=NOON, source="registrations", entered_by="service"
    )


@pytest.mark.parametrize(
    ("rule", "people", "met"),
    [
        (FEW, 2, True),
        (FEW, 3, False),
        (MANY, 1, False),
        (MANY, 2, True),
        (replace(MANY, people=0), 0, False),
        (replace(MANY, people=0), 1, True),
    ],
)
def test_counts_at_their_boundary(rule: FormatRule, people: int, met: bool) -> None:
    reading = counted(people)
    answer = rules.decide(rule, [reading], NOON)
    assert answer == (Switch if met else Stay)(reading=reading, compared=None)
    assert rules.watch(rule, [reading], NOON) is (WatchState.TRIGGERED if met else WatchState.CALM)


def test_the_date_needs_no_reading() -> None:
    assert rules.decide(DATE, [], NOON) == Switch(reading=None, compared=None)
    assert rules.watch(DATE, [], NOON) is WatchState.TRIGGERED


@pytest.mark.parametrize(
    ("rule", "capacity", "refused"),
    [
        (FEW, None, None),
        (MANY, 2, None),
        (MANY, None, ("kind", "no_limit")),
        (DATE, None, None),
        (replace(DATE, mode=RuleMode.AUTOMATIC), None, None),
        (replace(FEW, mode=RuleMode.AUTOMATIC), None, ("mode", "only_proposed")),
        (replace(MANY, mode=RuleMode.AUTOMATIC), 2, ("mode", "only_proposed")),
        (replace(FEW, people=None), None, ("people", "missing")),
        (replace(FEW, people=0), None, ("people", "out_of_range")),
        (replace(FEW, people=1), None, None),
        (replace(FEW, people=100_001), None, ("people", "out_of_range")),
        (replace(MANY, people=None), 2, ("people", "missing")),
        (replace(MANY, people=-1), 2, ("people", "out_of_range")),
        (replace(MANY, people=0), 2, None),
        (replace(DATE, decision_at=STARTS_AT - timedelta(days=3)), None, ("decision_at", "after_notice")),
    ],
)
def test_what_cannot_be_kept(rule: FormatRule, capacity: int | None, refused: tuple[str, str] | None) -> None:
    answer = rules.rule_refusal(rule, event_facts(capacity=capacity))
    assert answer == (RuleRefused(field=refused[0], code=refused[1]) if refused else None)


def test_a_rise_without_a_level_is_kept_and_said_to_jump() -> None:
    rise = FormatRule(kind=RuleKind.TREND, rise_pct=10, decision_at=NOON)
    assert rules.rule_refusal(rise, event_facts()) is None
    assert rules.jumps(rise)
    assert not rules.jumps(replace(rise, kind=RuleKind.LEVEL_AND_TREND, over=300))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (FEW, "confirmed people < 3"),
        (MANY, "people without a place on site > 1"),
        (DATE, "the date"),
    ],
)
def test_the_line_for_the_record(rule: FormatRule, text: str) -> None:
    assert rules.rule_text(rule) == text


def at_noon(clock: Clock, rule: FormatRule, people: int, *, capacity: int | None = 2) -> EventFacts:
    """An event for which so many people confirmed and one did not, at the moment of its rule."""
    event = make_event(clock(), capacity=capacity, join_url=ROOM)
    for name in ("Ada", "Ben", "Cem", "Dan", "Eva")[:people]:
        confirm(event, name, clock())
    register(event, "Pia Pending", clock())
    assert isinstance(service.save_rule(event.id, rule, by="organiser:1", now=clock()), FormatRule)
    clock.set(NOON)
    assert [service.decide_due(clock()), service.decide_due(clock())] == [1, 0]
    return event


def proposal_of(event: EventFacts) -> ProposalFacts:
    found = service.find_open_proposal(event.id)
    assert found is not None
    return found


@pytest.mark.parametrize(("people", "outcome"), [(2, Outcome.SWITCH), (3, Outcome.STAY)])
def test_too_few_people_are_proposed_to_meet_digitally(
    each_app: Flask, clock: Clock, people: int, outcome: Outcome
) -> None:
    event = at_noon(clock, FEW, people, capacity=5)
    proposal = proposal_of(event)
    assert proposal.reading is not None
    assert (proposal.outcome, proposal.to, proposal.carries_out_at) == (outcome, Format.DIGITAL, None)
    assert (proposal.reading.value, proposal.reading.source, proposal.reading.as_of) == (people, "registrations", NOON)
    # It is no reading of an indicator.
    assert service.readings(event.id) == []


@pytest.mark.parametrize(("people", "without_place", "outcome"), [(3, 1, Outcome.STAY), (4, 2, Outcome.SWITCH)])
def test_too_many_people_are_proposed_both_and_nobody_loses_a_place(
    each_app: Flask, clock: Clock, people: int, without_place: int, outcome: Outcome
) -> None:
    event = at_noon(clock, MANY, people)
    proposal = proposal_of(event)
    assert proposal.reading is not None
    assert (proposal.outcome, proposal.to, proposal.reading.value) == (outcome, Format.HYBRID, without_place)
    preview = service.preview(event.id, proposal.to, reason="", join_url=None, now=clock())
    answer = service.decide(event.id, Decision.SWITCH, reason="", by="organiser:1", now=clock())
    assert isinstance(answer, Switched)
    assert answer.effects == preview.effects
    assert events.get(event.id).format is Format.HYBRID
    [switch] = service.history(event.id)
    assert switch.reading is not None
    assert (switch.trigger, switch.to_format, switch.reading["value"]) == (
        Trigger.PROPOSAL,
        Format.HYBRID,
        without_place,
    )


@pytest.mark.parametrize(
    ("rule", "people", "also"),
    [(FEW, 2, True), (replace(FEW, people=2), 2, False), (MANY, 5, False), (DATE, 2, False)],
)
def test_where_too_few_come_the_mail_names_what_else_can_be_done(
    app: Flask, clock: Clock, rule: FormatRule, people: int, also: bool
) -> None:
    accounts.add_organiser("office@example.org", "Olga", by="test", now=clock())
    event = at_noon(clock, rule, people)
    assert proposal_of(event).is_about_too_few is also
    [message] = [message for message in outbox.ledger(event.id) if message.kind == "proposal"]
    lines = notices.compose(message, clock()).text.splitlines()
    page = "http://events.example.org/organise/events/dialogue-evening"
    assert [f"{page}/edit#venue_room" in lines, f"{page}/postpone" in lines] == [also, also]


def test_nobody_is_too_many_once_the_limit_is_gone(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, join_url=ROOM)
    for name in ("Ada", "Ben", "Cem"):
        confirm(event, name, clock())
    service.save_rule(event.id, MANY, by="organiser:1", now=clock())
    assert service.watch_state(event.id, clock()) is WatchState.TRIGGERED
    changes.edit(event.id, replace(events.values_of(event), capacity=None), by="test", now=clock())
    clock.set(NOON)
    service.decide_due(clock())
    assert proposal_of(event).outcome is Outcome.STAY


def test_a_date_carries_itself_out_after_its_hour(each_app: Flask, clock: Clock) -> None:
    event = at_noon(clock, replace(DATE, mode=RuleMode.AUTOMATIC), 1)
    proposal = proposal_of(event)
    assert (proposal.outcome, proposal.reading) == (Outcome.SWITCH, None)
    clock.advance(hours=1)
    assert service.decide_due(clock()) == 1
    assert events.get(event.id).format is Format.DIGITAL
    [switch] = service.history(event.id)
    assert (switch.reading, switch.rule_text, switch.authorised_by) == (None, "the date", "organiser:1")


def test_what_is_both_already_is_not_proposed_again(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), join_url=ROOM)
    service.save_rule(event.id, MANY, by="organiser:1", now=clock())
    service.switch(event.id, Format.HYBRID, reason="", join_url=None, by="test", now=clock())
    clock.set(NOON)
    assert service.decide_due(clock()) == 1
    [passed] = service.proposals_of(event.id)
    assert (passed.why, service.find_open_proposal(event.id)) == ("already_so", None)


def test_no_rule_sends_people_back_who_meet_digitally(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=1, join_url=ROOM)
    for name in ("Ada", "Ben", "Cem"):
        confirm(event, name, clock())
    service.save_rule(event.id, MANY, by="organiser:1", now=clock())
    service.switch(event.id, Format.DIGITAL, reason="", join_url=None, by="test", now=clock())
    clock.set(NOON)
    assert service.decide_due(clock()) == 1
    [passed] = service.proposals_of(event.id)
    assert (passed.why, service.find_open_proposal(event.id)) == ("already_digital", None)


@pytest.mark.parametrize(
    ("format", "to", "question"),
    [
        (Format.ONSITE, Format.DIGITAL, FormatQuestion.ONSITE_OR_DIGITAL),
        (Format.ONSITE, Format.HYBRID, FormatQuestion.ALSO_DIGITAL),
        (Format.HYBRID, Format.DIGITAL, FormatQuestion.ONLY_DIGITAL),
        (Format.MIXED, Format.DIGITAL, FormatQuestion.REST_DIGITAL),
        (Format.MIXED, Format.HYBRID, FormatQuestion.ALSO_DIGITAL),
        # Nothing is open any more, so nothing is promised.
        (Format.HYBRID, Format.HYBRID, None),
        (Format.DIGITAL, Format.DIGITAL, None),
    ],
)
def test_the_public_is_promised_what_is_still_open(format: Format, to: Format, question: FormatQuestion | None) -> None:
    rule = MANY if to is Format.HYBRID else FEW
    found = rules.announcement(event_facts(format=format), RuleStanding(rule=rule), NOON - timedelta(days=1))
    assert (found and found.question) == question


EMERGENCY = [
    # The last day of four days of notice before Friday 20 November is Monday the 16th, in Berlin.
    (datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC), FEW, False),
    (datetime(2026, 11, 16, 23, 0, tzinfo=UTC), FEW, True),
    # Two hours before the start people are on their way, whatever was promised.
    (STARTS_AT - timedelta(hours=2, seconds=1), None, False),
    (STARTS_AT - timedelta(hours=2), None, True),
    (STARTS_AT - timedelta(minutes=5), None, True),
    (STARTS_AT, None, True),
]


@pytest.mark.parametrize(("now", "rule", "expected"), EMERGENCY)
def test_what_breaks_the_promised_notice_is_an_emergency(
    now: datetime, rule: FormatRule | None, expected: bool
) -> None:
    assert rules.is_emergency(event_facts(), rule, now) is expected
