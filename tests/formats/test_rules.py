"""What a rule says, boundary by boundary, without application and database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from regservice.events.types import EventFacts, EventStatus, Format, SessionFacts, Venue
from regservice.formats import rules, switch_rules
from regservice.formats.types import (
    FormatRule,
    Reading,
    RuleKind,
    RuleMode,
    RuleRefused,
    Stay,
    Switch,
    Undecided,
    WatchState,
)

NOON = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)  # Monday, 12:00 in Berlin.
LEVEL = FormatRule(kind=RuleKind.LEVEL, over=300, decision_at=NOON)
TREND = FormatRule(kind=RuleKind.TREND, rise_pct=10, decision_at=NOON)
BOTH = FormatRule(kind=RuleKind.LEVEL_AND_TREND, over=300, rise_pct=10, decision_at=NOON)
SECOND = timedelta(seconds=1)
WEEK = timedelta(days=7)


def at(as_of: datetime, value: float, id: int = 0) -> Reading:
    return Reading(
        id=id or int(as_of.timestamp()),
        event_id=1,
        value=value,
        as_of=as_of,
        fetched_at=as_of,
        source="hand",
        entered_by="",
    )


def pair(then: float, now: float) -> list[Reading]:
    return [at(NOON - WEEK, then), at(NOON, now)]


def said(rule: FormatRule, readings: list[Reading], now: datetime = NOON) -> str:
    match rules.decide(rule, readings, now):
        case Switch():
            return "switch"
        case Stay():
            return "stay"
        case Undecided(why=why):
            return why


@pytest.mark.parametrize(
    ("rule", "readings", "expected"),
    [
        (LEVEL, [], "missing"),
        (LEVEL, [at(NOON, 300)], "switch"),
        (LEVEL, [at(NOON, 299.9)], "stay"),
        (TREND, pair(300, 330), "switch"),
        (TREND, pair(300, 329.9), "stay"),
        (TREND, pair(0, 0), "stay"),
        (TREND, pair(0, 0.1), "switch"),
        (TREND, [at(NOON, 900)], "compare_missing"),
        (BOTH, pair(300, 330), "switch"),
        (BOTH, pair(270, 299), "stay"),
        (BOTH, pair(400, 430), "stay"),
        (BOTH, [at(NOON, 430)], "compare_missing"),
    ],
)
def test_level_and_trend(rule: FormatRule, readings: list[Reading], expected: str) -> None:
    assert said(rule, readings) == expected


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), "switch"),
        (timedelta(hours=48) - SECOND, "switch"),
        (timedelta(hours=48), "stale"),
        (timedelta(days=30), "stale"),
        (-SECOND, "missing"),
    ],
)
def test_a_reading_counts_for_48_hours_and_never_before_its_time(age: timedelta, expected: str) -> None:
    assert said(LEVEL, [at(NOON - age, 300)]) == expected


@pytest.mark.parametrize(
    ("age", "expected"), [(WEEK - SECOND, "compare_missing"), (WEEK, "switch"), (2 * WEEK, "switch")]
)
def test_a_trend_compares_with_the_newest_reading_at_least_a_week_older(age: timedelta, expected: str) -> None:
    assert said(TREND, [at(NOON - age, 100), at(NOON, 200)]) == expected


def test_the_newest_reading_is_compared_with_the_newest_of_the_old_ones() -> None:
    known = [at(NOON - 3 * WEEK, 1), at(NOON - WEEK, 2), at(NOON - timedelta(days=3), 3), at(NOON, 4)]
    assert rules.decide(TREND, list(reversed(known)), NOON) == Switch(reading=known[3], compared=known[1])


def test_a_correction_replaces_the_reading_of_the_same_time() -> None:
    assert said(LEVEL, [at(NOON, 400, id=1), at(NOON, 200, id=2)]) == "stay"


def test_a_week_by_the_wall_clock_survives_the_night_of_the_clock_change() -> None:
    # Summer time began on 29 March 2026: between these two noons lie 167 hours.
    noon, week_before = datetime(2026, 3, 30, 10, tzinfo=UTC), datetime(2026, 3, 23, 11, tzinfo=UTC)
    readings = [at(week_before, 100), at(noon, 200)]
    assert isinstance(rules.decide(TREND, readings, noon, "Europe/Berlin"), Switch)
    assert rules.decide(TREND, readings, noon, "UTC") == Undecided(why="compare_missing", reading=readings[1])


def days(*values: float) -> list[Reading]:
    return [at(NOON + timedelta(days=day), value) for day, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((), WatchState.CALM),
        ((239,), WatchState.CALM),
        ((240,), WatchState.WATCHING),
        ((300,), WatchState.WATCHING),
        ((300, 300), WatchState.TRIGGERED),
        ((300, 299, 300), WatchState.WATCHING),
        ((300, 300, 240), WatchState.TRIGGERED),
        ((300, 300, *[239] * 7), WatchState.TRIGGERED),
        ((300, 300, *[239] * 8), WatchState.CALM),
        ((300, 300, *[239] * 6, 240, 239), WatchState.TRIGGERED),
    ],
)
def test_the_watch_light_goes_up_by_two_readings_and_down_after_seven_low_days(
    values: tuple[float, ...], expected: WatchState
) -> None:
    assert rules.watch(LEVEL, days(*values), NOON + timedelta(days=30)) is expected


def test_the_light_does_not_count_one_reading_twice_or_look_ahead() -> None:
    twice = [at(NOON, 300, id=1), at(NOON, 300, id=2)]
    assert rules.watch(LEVEL, twice, NOON) is WatchState.WATCHING
    assert rules.watch(LEVEL, days(300, 300), NOON) is WatchState.WATCHING


# Friday 20 November 2026, 16:00 in Berlin; four days before is Monday the 16th.
EVENT = EventFacts(
    id=1,
    slug="dialogue",
    owner_id=None,
    programme_id=None,
    lifecycle=EventStatus.PUBLISHED,
    sessions=(SessionFacts(id=1, position=1, title="", format=Format.ONSITE),),
    format=Format.ONSITE,
    format_version=1,
    schedule_version=1,
    version=1,
    calendar_sequence=0,
    calendar_changed_at=NOON,
    status_reason="",
    created_at=NOON,
    title="Dialogue",
    starts_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
    venue=Venue(name="Town hall"),
)
LAST_MOMENT = datetime(2026, 11, 16, 22, 59, 59, tzinfo=UTC)  # 23:59:59 in Berlin.


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, None),
        ({"decision_at": LAST_MOMENT}, None),
        ({"decision_at": LAST_MOMENT + SECOND}, RuleRefused(field="decision_at", code="after_notice")),
        ({"notice_days": 0, "decision_at": datetime(2026, 11, 20, 14, 59, 59, tzinfo=UTC)}, None),
        (
            {"notice_days": 0, "decision_at": datetime(2026, 11, 20, 15, tzinfo=UTC)},
            RuleRefused(field="decision_at", code="after_notice"),
        ),
        ({"over": None}, RuleRefused(field="over", code="missing")),
        ({"over": float("nan")}, RuleRefused(field="over", code="not_a_number")),
        ({"rise_pct": None}, RuleRefused(field="rise_pct", code="missing")),
        ({"rise_pct": 0}, RuleRefused(field="rise_pct", code="not_positive")),
        ({"compare_days": 0}, RuleRefused(field="compare_days", code="out_of_range")),
        ({"notice_days": -1}, RuleRefused(field="notice_days", code="out_of_range")),
    ],
)
def test_a_rule_keeps_the_promised_notice_in_local_days(
    changes: dict[str, object], expected: RuleRefused | None
) -> None:
    assert rules.rule_refusal(replace(BOTH, **changes), EVENT) == expected  # type: ignore[arg-type]


def test_without_a_start_there_is_no_notice_to_keep() -> None:
    assert rules.rule_refusal(BOTH, replace(EVENT, starts_at=None)) == RuleRefused(field="decision_at", code="no_start")


@pytest.mark.parametrize(
    ("event", "to", "join_url", "expected"),
    [
        (EVENT, Format.DIGITAL, "https://room.example.org/x", None),
        (EVENT, Format.DIGITAL, None, "no_join_url"),
        (EVENT, Format.HYBRID, None, "no_join_url"),
        (EVENT, Format.MIXED, None, "unknown_format"),
        (EVENT, Format.DIGITAL, "javascript:alert(1)", "bad_join_url"),
        (replace(EVENT, lifecycle=EventStatus.DRAFT), Format.DIGITAL, None, None),
        (replace(EVENT, lifecycle=EventStatus.CANCELLED), Format.DIGITAL, None, "cancelled"),
        (replace(EVENT, lifecycle=EventStatus.POSTPONED), Format.DIGITAL, None, "postponed"),
    ],
)
def test_what_stands_in_the_way_of_a_switch(
    event: EventFacts, to: Format, join_url: str | None, expected: str | None
) -> None:
    assert switch_rules.switch_refusal(event, {1: to}, join_url, NOON) == expected


TWO = replace(EVENT, sessions=(*EVENT.sessions, replace(EVENT.sessions[0], id=2, position=2)))


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ({1: Format.DIGITAL}, None),
        ({1: Format.ONSITE, 2: Format.HYBRID}, None),
        ({}, "unknown_session"),
        ({3: Format.DIGITAL}, "unknown_session"),
        ({1: Format.DIGITAL, 3: Format.DIGITAL}, "unknown_session"),
        ({1: Format.DIGITAL, 2: Format.MIXED}, "unknown_format"),
    ],
)
def test_a_switch_names_sessions_of_its_event(targets: dict[int, Format], expected: str | None) -> None:
    assert switch_rules.switch_refusal(TWO, targets, "https://room.example.org/x", NOON) == expected


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (Format.DIGITAL, {1: Format.DIGITAL, 2: Format.DIGITAL}),
        (Format.ONSITE, {}),
        ({2: Format.HYBRID}, {2: Format.HYBRID}),
        ({1: Format.ONSITE, 2: Format.DIGITAL}, {2: Format.DIGITAL}),
    ],
)
def test_a_switch_changes_sessions_that_were_different(
    to: Format | dict[int, Format], expected: dict[int, Format]
) -> None:
    assert switch_rules.changed_by(TWO, switch_rules.targets_of(TWO, to)) == expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (NOON, NOON),
        # Monday 20:00 in Berlin: the mails wait for 8:00.
        (datetime(2026, 11, 16, 19, tzinfo=UTC), datetime(2026, 11, 17, 7, tzinfo=UTC)),
        # The night before the event, a second more and a second less than a day before.
        (datetime(2026, 11, 18, 22, tzinfo=UTC), datetime(2026, 11, 19, 7, tzinfo=UTC)),
        (datetime(2026, 11, 19, 22, tzinfo=UTC), datetime(2026, 11, 19, 22, tzinfo=UTC)),
    ],
)
def test_mails_of_an_automatic_rule_keep_the_night(now: datetime, expected: datetime) -> None:
    assert switch_rules.mails_leave_at(EVENT, now) == expected


def test_an_automatic_rule_that_lost_its_notice_only_proposes() -> None:
    automatic = replace(LEVEL, mode=RuleMode.AUTOMATIC)
    moved = replace(EVENT, starts_at=datetime(2026, 11, 18, 15, tzinfo=UTC))
    switch = rules.Outcome.SWITCH
    assert rules.carries_out_at(automatic, switch, EVENT, NOON) == NOON + timedelta(minutes=60)
    assert rules.carries_out_at(automatic, switch, moved, NOON) is None
    assert rules.carries_out_at(LEVEL, switch, EVENT, NOON) is None
