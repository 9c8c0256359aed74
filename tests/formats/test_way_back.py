"""Back on site after a switch to digital: until people were promised to know, with a reason, once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from regservice.events import rules as event_rules
from regservice.events import service as events
from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts
from regservice.formats import service as formats
from regservice.formats import switching_back
from regservice.formats.types import FormatRule, RuleKind, Switched, SwitchFacts, SwitchRefused
from tests.conftest import Clock
from tests.factories import STARTS_AT, confirm, make_event
from tests.facts import event_facts, switch_facts

ROOM = "https://room.example.org/dialogue"
NOON = datetime(2026, 11, 10, 11, 0, tzinfo=UTC)
FOUR_DAYS = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON, notice_days=4)


def session(identity: int, format: Format) -> SessionFacts:
    return SessionFacts(id=identity, position=identity, title=f"Part {identity}", format=format, join_url=ROOM)


def switch_of(*session_ids: int, back: bool = False) -> SwitchFacts:
    return switch_facts(session_ids=session_ids, goes_back=back)


DIGITAL = event_facts(format=Format.DIGITAL, sessions=(session(1, Format.DIGITAL), session(2, Format.DIGITAL)))
MIXED = event_facts(format=Format.MIXED, sessions=(session(1, Format.DIGITAL), session(2, Format.ONSITE)))
ONSITE, BOTH = Format.ONSITE, Format.HYBRID


@pytest.mark.parametrize(
    ("event", "targets", "switches", "expected"),
    [
        (DIGITAL, {1: ONSITE, 2: ONSITE}, (switch_of(1, 2),), True),
        (DIGITAL, {1: BOTH}, (switch_of(1, 2),), True),
        (DIGITAL, {1: ONSITE}, (switch_of(2),), False),  # It was digital from the beginning.
        (DIGITAL, {1: ONSITE, 2: ONSITE}, (), False),
        (DIGITAL, {1: Format.DIGITAL}, (switch_of(1),), False),
        (MIXED, {1: ONSITE}, (switch_of(1),), True),
        (MIXED, {2: BOTH}, (switch_of(1, 2),), False),  # It takes place on site.
        (MIXED, {1: Format.DIGITAL, 2: Format.DIGITAL}, (switch_of(1),), False),
    ],
)
def test_what_leads_back(
    event: EventFacts, targets: dict[int, Format], switches: tuple[SwitchFacts, ...], expected: bool
) -> None:
    assert switching_back.goes_back(event, targets, switches) is expected


SUMMER, WINTER = datetime(2026, 10, 27, 9, 0, tzinfo=UTC), datetime(2027, 3, 30, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("starts_at", "notice_days", "over_at"),
    [
        # Friday the 20th, four days: the whole Monday in Berlin.
        (STARTS_AT, 4, datetime(2026, 11, 16, 23, 0, tzinfo=UTC)),
        # Without a promise the day before the event is the last one.
        (STARTS_AT, None, datetime(2026, 11, 19, 23, 0, tzinfo=UTC)),
        (STARTS_AT, 0, datetime(2026, 11, 20, 23, 0, tzinfo=UTC)),
        # Tuesday after clocks went back in the night to Sunday 25 October: that Sunday has 25 hours.
        (SUMMER, 2, datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
        (SUMMER, 3, datetime(2026, 10, 24, 22, 0, tzinfo=UTC)),
        # And after they went forward in the night to Sunday 28 March, which has 23.
        (WINTER, 2, datetime(2027, 3, 28, 22, 0, tzinfo=UTC)),
        (WINTER, 3, datetime(2027, 3, 27, 23, 0, tzinfo=UTC)),
    ],
)
def test_the_last_moment(starts_at: datetime, notice_days: int | None, over_at: datetime) -> None:
    event = replace(DIGITAL, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    rule = replace(FOUR_DAYS, notice_days=notice_days) if notice_days is not None else None
    moments = (over_at - SECOND, over_at, over_at + SECOND)
    assert [switching_back.is_too_late(event, rule, moment) for moment in moments] == [False, True, True]
    said = [
        switching_back.refusal(event, {1: ONSITE}, (switch_of(1),), rule, "It is calm", moment) for moment in moments
    ]
    assert said == [None, "back_too_late", "back_too_late"]


@pytest.mark.parametrize(
    ("event", "switches", "reason", "expected"),
    [
        (DIGITAL, (switch_of(1),), "It is calm", None),
        (DIGITAL, (switch_of(1),), " \n", "reason_missing"),
        (DIGITAL, (switch_of(1), switch_of(1, back=True)), "It is calm", "back_before"),
        (DIGITAL, (switch_of(1), switch_of(2, back=True)), "It is calm", "back_before"),
        (DIGITAL, (), "", None),
        (replace(DIGITAL, lifecycle=EventStatus.DRAFT), (switch_of(1),), "", None),
    ],
)
def test_once_and_with_a_reason(
    event: EventFacts, switches: tuple[SwitchFacts, ...], reason: str, expected: str | None
) -> None:
    assert switching_back.refusal(event, {1: ONSITE}, switches, FOUR_DAYS, reason, NOON) == expected


def switch(event: EventFacts, to: Format, clock: Clock, reason: str = "Test") -> Switched | str:
    answer = formats.switch(event.id, to, reason=reason, join_url=ROOM, by="test", now=clock())
    assert isinstance(answer, Switched | SwitchRefused)
    return answer if isinstance(answer, Switched) else answer.code


@pytest.mark.parametrize("back", [ONSITE, BOTH])
def test_an_event_goes_back_once_and_to_digital_whenever_it_must(each_app: Flask, clock: Clock, back: Format) -> None:
    event = make_event(clock(), capacity=2)
    confirm(event, "Ada", clock())
    assert formats.way_back(events.get(event.id), clock()) is None
    assert isinstance(switch(event, Format.DIGITAL, clock), Switched)
    assert switch(event, back, clock, reason=" ") == "reason_missing"
    assert isinstance(switch(event, back, clock), Switched)
    assert isinstance(switch(event, Format.DIGITAL, clock), Switched)
    assert [switch(event, format, clock) for format in (ONSITE, BOTH)] == ["back_before"] * 2
    preview = formats.preview(event.id, ONSITE, reason="Test", join_url=None, now=clock())
    assert (preview.blocked, preview.effects) == (("back_before",), {})
    assert [each.goes_back for each in formats.history(event.id)] == [False, True, False]
    found = formats.way_back(events.get(event.id), clock())
    assert found is not None
    assert found.refused == "back_before"


def test_the_promise_of_the_rule_holds_for_going_back(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), capacity=2)
    saved = formats.save_rule(
        event.id, replace(FOUR_DAYS, decision_at=clock() + timedelta(days=1)), by="t", now=clock()
    )
    assert isinstance(saved, FormatRule)
    assert isinstance(switch(event, Format.DIGITAL, clock), Switched)
    clock.set(datetime(2026, 11, 16, 23, 0, tzinfo=UTC))
    assert switch(event, ONSITE, clock) == "back_too_late"
    clock.set(datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC))
    assert isinstance(switch(event, ONSITE, clock), Switched)


def test_what_was_digital_from_the_beginning_is_no_way_back(each_app: Flask, clock: Clock) -> None:
    event = make_event(clock(), format=Format.DIGITAL, join_url=ROOM)
    clock.set(STARTS_AT - timedelta(hours=1))
    assert isinstance(switch(event, ONSITE, clock, reason=""), Switched)
    assert event_rules.whole(events.get(event.id), ONSITE)
